//! The sketch: a sample of a text's shingles, chosen by their hashes, so that two texts' samples are
//! samples of the same shingles.
//!
//! Kept are the hashes below a limit (scaled MinHash, Irber and others 2022, after Broder 1997); unlike
//! the k smallest hashes this estimates containment as well as Jaccard. Short texts get a higher limit,
//! so that they too keep enough hashes.

use super::{
    ShingleSet,
    elias_fano::{self, EliasFano},
};
use crate::{
    codec::{Malformed, Reader, put_varint},
    spread,
};

/// Words in a shingle.
pub(crate) const SHINGLE_WORDS: u8 = 3;

/// One hash in this many is kept, and at least [`MIN_SIZE`] of them.
const SCALE: u32 = 8;
const MIN_SIZE: usize = 48;

/// Posting lists are kept for one hash in this many, and for at least [`MIN_POSTED`]: on real news
/// that finds every pair of Jaccard .5, and 99.9 % of those of containment .8 (ARCHITECTURE.md).
const POSTED_SCALE: u32 = 12;
const MIN_POSTED: usize = 24;

/// A sample of the distinct word shingles of a text: all of their hashes below a limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sketch<'a> {
    hashes: EliasFano<'a>,
    shingles: u32,
    limit: u32,
}

impl<'a> Sketch<'a> {
    /// Reads what [`write()`] has written.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let shingles = reader.short_varint()?;
        let hashes = EliasFano::read(reader)?;
        let usual = u32::MAX / SCALE;
        let limit = match hashes.len() {
            all if all == shingles as usize => u32::MAX,
            MIN_SIZE => usual.max(hashes.last().map_or(0, |last| last.saturating_add(1))),
            _ => usual,
        };
        Ok(Self {
            hashes,
            shingles,
            limit,
        })
    }

    pub(super) fn is_whole(&self) -> bool {
        self.hashes.is_whole()
    }

    /// Whether it holds all shingles of the text.
    pub(crate) fn holds_all(&self) -> bool {
        self.limit == u32::MAX
    }

    /// Number of distinct shingles of the text.
    pub(crate) fn shingles(&self) -> u32 {
        self.shingles
    }

    /// Number of hashes.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The hashes, ascending.
    pub(crate) fn hashes(&self) -> elias_fano::Iter<'a> {
        self.hashes.iter()
    }

    /// Every shingle of the text whose hash is below this is here; `u32::MAX` stands for no limit.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// The hashes by which the article is found: the smallest ones.
    pub(crate) fn posted(&self) -> impl Iterator<Item = u32> + use<'a> {
        let is_posted =
            |(place, hash): &(usize, u32)| *place < MIN_POSTED || *hash < u32::MAX / POSTED_SCALE;
        let hashes = self.hashes().enumerate().take_while(is_posted);
        hashes.map(|(_, hash)| hash)
    }
}

/// Appends the sketch of a text, and returns how many hashes it holds; the two lists are memory to work in.
pub(super) fn write(
    shingles: &ShingleSet,
    (sample, sorted): (&mut Vec<u32>, &mut Vec<u32>),
    out: &mut Vec<u8>,
) -> u32 {
    let count = shingles.len();
    let usual = u32::MAX / SCALE;
    // So many lie below this limit that hardly ever fewer than the least do, and not many more.
    let ample = u64::from(u32::MAX) * (MIN_SIZE as u64 + 24) / (count as u64).max(1);
    let ample = usual.max(ample.try_into().unwrap_or(u32::MAX));
    for limit in [ample, u32::MAX] {
        let hashes = shingles.in_text();
        sample.resize(hashes.len(), 0);
        let mut taken = 0;
        // Which are taken is chance, so it is no branch.
        for hash in hashes {
            sample[taken] = *hash;
            taken += usize::from(is_below(*hash, limit));
        }
        spread::sort(&sample[..taken], sorted);
        sorted.dedup();
        if sorted.len() >= MIN_SIZE.min(count) {
            break;
        }
    }
    let below_usual = sorted.partition_point(|hash| *hash < usual);
    sorted.truncate(below_usual.max(MIN_SIZE));
    put_varint(out, count as u64);
    elias_fano::write(sorted, out);
    sorted.len() as u32
}

/// Whether a sample with this limit has the hash if the text has it.
pub(crate) fn is_below(hash: u32, limit: u32) -> bool {
    (hash < limit) | (limit == u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shingle::{BLOCK, Blocks as _};

    proptest! {
        #[test]
        fn it_holds_what_lies_below_its_limit(
            hashes in proptest::collection::vec(any::<u64>(), 1..900),
        ) {
            let mut shingles = ShingleSet::default();
            for some in hashes.chunks(BLOCK) {
                let mut block = [0; BLOCK];
                block[..some.len()].copy_from_slice(some);
                shingles.take(&block, some.len());
            }
            let mut bytes = Vec::new();
            let lists = (&mut Vec::new(), &mut Vec::new());
            write(&shingles, lists, &mut bytes);
            let sketch = Sketch::read(&mut Reader(&bytes)).expect("whole");
            prop_assert!(sketch.is_whole());

            let mut all: Vec<_> = hashes.iter().map(|hash| (hash >> 32) as u32).collect();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(sketch.shingles() as usize, all.len());
            let held: Vec<_> = sketch.hashes().collect();
            let below = all.iter().copied().filter(|hash| is_below(*hash, sketch.limit()));
            prop_assert_eq!(&held, &below.collect::<Vec<_>>());
            prop_assert!(held.len() >= all.len().min(MIN_SIZE));
            prop_assert!(sketch.holds_all() == (held.len() == all.len()));
            let posted: Vec<_> = sketch.posted().collect();
            prop_assert_eq!(&posted, &all[..posted.len()]);
            prop_assert!(posted.len() >= all.len().min(MIN_POSTED));
        }
    }
}
