//! Cells: the articles that post any of a few dozen hashes.

use std::ops::Range;

use super::MOST;
use crate::index::{Slot, memory::allocated};

/// Bits of a hash that where its cell is tells at the least. The rest stands with each posting.
pub(super) const KNOWN_BITS: u32 = 9;

/// A full cell gets room for so many more. There are millions: an eighth of room in each were too much.
const STEP: usize = 4;

/// An article that posts a hash: the rest of the hash and whether the article counts as a story, in three bytes,
/// and the article's slot in four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posting([u8; 7]);

impl Posting {
    pub(super) fn new(hash: u32, slot: Slot, is_story: bool) -> Self {
        let [a, b, c, _] = (kind(hash) | u32::from(is_story)).to_le_bytes();
        let [d, e, f, g] = slot.0.to_le_bytes();
        Self([a, b, c, d, e, f, g])
    }

    fn kind(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_le_bytes([a, b, c, d]) & 0xff_ffff
    }

    fn slot(self) -> Slot {
        let [.., d, e, f, g] = self.0;
        Slot(u32::from_le_bytes([d, e, f, g]))
    }

    fn is_story(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// The bit of the hash, which is none of the [`KNOWN_BITS`] lowest.
    fn has(self, bit: u32) -> bool {
        self.kind() >> (bit + 1 - KNOWN_BITS) & 1 == 1
    }
}

/// What the postings of a hash have in common, with room for the story's bit.
fn kind(hash: u32) -> u32 {
    hash >> KNOWN_BITS << 1
}

/// The postings of some hashes in the order of these, those of each in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Cell(Vec<Posting>);

impl Cell {
    /// One of these postings, of which no hash has more than are kept.
    pub(super) fn new(postings: &[Posting]) -> Self {
        let mut postings = postings.to_vec();
        postings.sort_by_key(|posting| posting.kind() | 1);
        Self(postings)
    }

    /// Where the postings of a kind stand, stories and copies alike.
    #[inline]
    fn range(&self, kind: u32) -> Range<usize> {
        let start = self.0.partition_point(|other| other.kind() < kind & !1);
        let like = self.0[start..].iter();
        let count = like.take_while(|other| other.kind() | 1 == kind | 1);
        start..start + count.count()
    }

    /// Adds a posting, and returns by how many there are more: none if the oldest like it had to go.
    pub(super) fn push(&mut self, posting: Posting) -> usize {
        let kind = posting.kind();
        let range = self.range(kind);
        let postings = &mut self.0;
        let like = |other: &Posting| other.kind() == kind;
        let before = postings[range.clone()].iter().filter(|other| like(other));
        if before.count() >= MOST
            && let Some(oldest) = postings[range.clone()].iter().position(like)
        {
            let oldest = range.start + oldest;
            postings[oldest..range.end].rotate_left(1);
            postings[range.end - 1] = posting;
            return 0;
        }
        if postings.len() < postings.capacity() {
            postings.insert(range.end, posting);
            return 1;
        }
        // Moved, not grown: what a thread frees and takes of this size is mostly its own, and to grow it would wait
        // for whoever takes memory of where it is from.
        let mut roomier = Vec::with_capacity(postings.len() + STEP);
        let (before, after) = postings.split_at(range.end);
        roomier.extend_from_slice(before);
        roomier.push(posting);
        roomier.extend_from_slice(after);
        *postings = roomier;
        1
    }

    /// Takes a posting out, and returns by how many there are fewer.
    pub(super) fn remove(&mut self, posting: Posting) -> usize {
        let Some(place) = self.0.iter().position(|other| *other == posting) else {
            return 0;
        };
        self.0.remove(place);
        if self.0.len() + 2 * STEP <= self.0.capacity() {
            self.0.shrink_to_fit();
        }
        1
    }

    /// Takes those out whose hash has a bit.
    pub(super) fn split(&mut self, bit: u32) -> Self {
        let has = |posting: &&Posting| posting.has(bit);
        let mut with = Vec::with_capacity(self.0.iter().filter(has).count() + STEP);
        with.extend(self.0.iter().filter(has));
        self.0.retain(|posting| !posting.has(bit));
        self.0.shrink_to(self.0.len() + STEP);
        Self(with)
    }

    /// Takes all of another in, none of whose hashes it has.
    pub(super) fn merge(&mut self, other: &Self) {
        *self = Self::new(&[&*self.0, &other.0].concat());
    }

    /// Number of postings.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Calls `found` with each article that posts a hash, and whether it counts as a story.
    #[inline]
    pub(super) fn with_hash(&self, hash: u32, mut found: impl FnMut(Slot, bool)) {
        for posting in &self.0[self.range(kind(hash))] {
            found(posting.slot(), posting.is_story());
        }
    }

    /// Begins to read all of it, without waiting for it.
    #[inline]
    pub(super) fn touch(&self) -> u8 {
        // One posting of each line of 64 bytes.
        let lines = self.0.iter().step_by(9);
        lines.fold(0, |all, posting| all ^ posting.0[0])
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<Posting>(self.0.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posting_takes_seven_bytes_and_keeps_all() {
        assert_eq!(size_of::<Posting>(), 7);
        for (hash, slot, is_story) in [
            (0, 0, true),
            (u32::MAX, u32::MAX - 1, false),
            (1 << 9, 7, true),
        ] {
            let posting = Posting::new(hash, Slot(slot), is_story);
            assert_eq!((posting.slot(), posting.is_story()), (Slot(slot), is_story));
            assert_eq!(posting.kind() >> 1, hash >> KNOWN_BITS);
            assert!((KNOWN_BITS..32).all(|bit| posting.has(bit) == (hash >> bit & 1 == 1)));
        }
    }
}
