//! The sketch: a sample of a text's shingles, chosen by their hashes, so that two texts' samples are
//! samples of the same shingles.
//!
//! Kept are the hashes below a limit (scaled MinHash, Irber and others 2022, after Broder 1997); unlike
//! the k smallest hashes this estimates containment as well as Jaccard. Short texts get a higher limit,
//! so that they too keep enough hashes.

use super::ShingleSet;
use crate::codec::{Malformed, Reader, put_words};

/// Words in a shingle.
pub(super) const SHINGLE_WORDS: u8 = 3;

/// One hash in this many is kept, and at least [`MIN_SIZE`] of them.
const SCALE: u32 = 4;
const MIN_SIZE: usize = 64;

/// Posting lists are kept for one hash in this many, and for at least [`MIN_POSTED`]: on real news
/// that finds every pair of Jaccard .5, and 99.98 % of those of containment .8 (ARCHITECTURE.md).
const POSTED_SCALE: u32 = 12;
const MIN_POSTED: usize = 24;

/// A sample of the distinct word shingles of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// All distinct shingle hashes below the limit, in the order of the text.
    hashes: Box<[u32]>,
    /// Every shingle of the text whose hash is below this is here; `u32::MAX` stands for no limit.
    limit: u32,
    /// Those below this are posted.
    posted_limit: u32,
    /// Distinct shingles of the whole text.
    shingles: u32,
}

impl Sketch {
    pub(super) fn of(shingles: &ShingleSet) -> Self {
        let all = || shingles.ordered().iter().map(|(hash, _)| *hash);
        let limit = limit(all().collect(), SCALE, MIN_SIZE);
        let hashes: Vec<_> = all().filter(|hash| is_below(*hash, limit)).collect();
        Self {
            posted_limit: self::limit(hashes.clone(), POSTED_SCALE, MIN_POSTED),
            hashes: hashes.into(),
            limit,
            shingles: shingles.ordered().len() as u32,
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_words(out, &self.hashes);
        for number in [self.limit, self.posted_limit, self.shingles] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            hashes: reader.words()?,
            limit: reader.word()?,
            posted_limit: reader.word()?,
            shingles: reader.word()?,
        })
    }

    /// Number of hashes.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether it has no hash; a sketch of a text never is.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether it holds all shingles of the text.
    pub(crate) fn is_whole(&self) -> bool {
        self.limit == u32::MAX
    }

    /// Number of distinct shingles of the text.
    pub(crate) fn shingles(&self) -> u32 {
        self.shingles
    }

    pub(crate) fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// The hashes by which the article is found: the smallest ones.
    pub(crate) fn posted(&self) -> Vec<u32> {
        let posted = |hash: &u32| is_below(*hash, self.posted_limit);
        self.hashes.iter().copied().filter(posted).collect()
    }
}

/// Whether a sample with this limit has the hash if the text has it.
pub(crate) fn is_below(hash: u32, limit: u32) -> bool {
    hash < limit || limit == u32::MAX
}

/// The limit below which one hash in `scale` lies, or `least` of these, if that is more.
fn limit(mut hashes: Vec<u32>, scale: u32, least: usize) -> u32 {
    if hashes.len() <= least {
        return u32::MAX;
    }
    let (_, last, _) = hashes.select_nth_unstable(least - 1);
    (u32::MAX / scale).max(last.saturating_add(1))
}
