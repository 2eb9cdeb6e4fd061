//! The sketch: a sample of a text's shingles, chosen by their hashes, so that two texts' samples are
//! samples of the same shingles.
//!
//! Kept are the hashes below a threshold (scaled MinHash, Irber and others 2022, after Broder 1997);
//! unlike the k smallest hashes this estimates containment as well as Jaccard. Short texts get a higher
//! threshold, so that they too keep enough hashes.

use super::ShingleSet;

/// Words in a shingle.
pub(super) const SHINGLE_WORDS: u8 = 3;

/// Long texts keep one hash in 2^2; texts with fewer hashes than [`MIN_SIZE`] at that level keep one
/// in two, or all.
const MAX_LEVEL: u8 = 2;

/// Number of hashes below which the next lower level is taken.
const MIN_SIZE: usize = 64;

/// Posting lists are kept for one hash in 2^3, and for at least this many of the smallest ones.
const POSTED_LEVEL: u8 = 3;
const MIN_POSTED: usize = 16;

/// A sample of the distinct word shingles of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// All distinct shingle hashes below 2^(32 - level), in the order of the text.
    hashes: Box<[u32]>,
    level: u8,
}

impl Sketch {
    pub(super) fn of(shingles: &ShingleSet) -> Self {
        let all = shingles.ordered();
        let size = |level| {
            all.iter()
                .filter(|(hash, _)| is_below(*hash, level))
                .count()
        };
        let level = (1..=MAX_LEVEL)
            .rev()
            .find(|level| size(*level) >= MIN_SIZE)
            .unwrap_or(0);
        let kept = all
            .iter()
            .map(|(hash, _)| *hash)
            .filter(|hash| is_below(*hash, level));
        Self {
            hashes: kept.collect(),
            level,
        }
    }

    /// Number of hashes.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether it has no hash; a sketch of a text never is.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    pub(crate) fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    /// One hash in 2^level is here.
    pub(crate) fn level(&self) -> u8 {
        self.level
    }

    /// The hashes by which the article is found: the smallest ones.
    pub(crate) fn posted(&self) -> Vec<u32> {
        let mut smallest = self.hashes.to_vec();
        smallest.sort_unstable();
        let posted = smallest
            .partition_point(|hash| is_below(*hash, POSTED_LEVEL))
            .max(MIN_POSTED);
        smallest.truncate(posted);
        smallest
    }
}

/// Whether a sketch of this level keeps the hash.
pub(crate) fn is_below(hash: u32, level: u8) -> bool {
    hash.leading_zeros() >= u32::from(level)
}
