//! Cells: room for the postings of a few dozen hashes, in two lines of memory.

use crate::{index::Slot, prefetch::prefetch};

/// Postings of a cell.
pub(super) const ROOM: usize = 17;

/// Bits of a hash that stand with each posting. Where its cell is tells the others.
pub(super) const KEPT_BITS: u32 = 23;

/// Stands for no cell.
pub(super) const NONE: u32 = u32::MAX;

/// An article that posts a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posting {
    /// The [`KEPT_BITS`] of the hash, and behind them whether the article counts as a story.
    kind: u32,
    slot: Slot,
}

impl Posting {
    /// Of the hash with this key.
    pub(super) fn new(key: u32, slot: Slot, is_story: bool) -> Self {
        let kept = key & ((1 << KEPT_BITS) - 1);
        Self {
            kind: kept << 1 | u32::from(is_story),
            slot,
        }
    }

    /// The bits of the key that stand with it.
    pub(super) fn kept(self) -> u32 {
        self.kind >> 1
    }

    pub(super) fn slot(self) -> Slot {
        self.slot
    }

    pub(super) fn is_story(self) -> bool {
        self.kind & 1 == 1
    }

    /// Whether it is of the same hash, and a story or a copy as that is.
    pub(super) fn is_like(self, other: Self) -> bool {
        self.kind == other.kind
    }
}

/// Postings in the order in which they came, up to [`ROOM`] of them. What has no room stands in the cell behind.
///
/// Whoever looks for a hash reads the upper bits of all postings, which are in the first line, and hardly ever the second.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(128))]
pub(super) struct Cell {
    /// The number of the cell behind, or [`NONE`].
    next: u32,
    len: u8,
    /// The keys of its postings, and of the cells behind it, have so many of their upper bits in common.
    pub(super) depth: u8,
    /// Of each posting's kind the upper bits,
    upper: [u16; ROOM],
    /// and the lower ones.
    lower: [u8; ROOM],
    slots: [u32; ROOM],
}

impl Cell {
    pub(super) const fn new(depth: u8) -> Self {
        Self {
            next: NONE,
            len: 0,
            depth,
            upper: [0; ROOM],
            lower: [0; ROOM],
            slots: [0; ROOM],
        }
    }

    /// The number of the cell behind.
    #[inline]
    pub(super) fn next(&self) -> Option<u32> {
        (self.next != NONE).then_some(self.next)
    }

    pub(super) fn set_next(&mut self, next: Option<u32>) {
        self.next = next.unwrap_or(NONE);
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    fn get(&self, place: usize) -> Posting {
        Posting {
            kind: u32::from(self.upper[place]) << 8 | u32::from(self.lower[place]),
            slot: Slot(self.slots[place]),
        }
    }

    fn set(&mut self, place: usize, posting: Posting) {
        self.upper[place] = (posting.kind >> 8) as u16;
        self.lower[place] = posting.kind as u8;
        self.slots[place] = posting.slot.0;
    }

    /// All of its postings, first come first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Posting> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// Calls `found` with the place of each posting of the hash with this key, and with the posting.
    #[inline]
    pub(super) fn with_key(&self, key: u32, mut found: impl FnMut(usize, Posting)) {
        let kept = Posting::new(key, Slot(0), false).kind;
        let upper = (kept >> 8) as u16;
        // Most have none: one branch for all of them.
        if !(self.upper.iter()).fold(false, |any, other| any | (*other == upper)) {
            return;
        }
        for place in 0..self.len() {
            if self.upper[place] == upper && self.lower[place] | 1 == kept as u8 | 1 {
                found(place, self.get(place));
            }
        }
    }

    /// Adds a posting behind the others, if there is room.
    pub(super) fn push(&mut self, posting: Posting) -> bool {
        let has_room = self.len() < ROOM;
        if has_room {
            self.set(self.len(), posting);
            self.len += 1;
        }
        has_room
    }

    /// Takes a posting out.
    pub(super) fn remove(&mut self, place: usize) -> Posting {
        let removed = self.get(place);
        let all = self.len();
        self.upper.copy_within(place + 1..all, place);
        self.lower.copy_within(place + 1..all, place);
        self.slots.copy_within(place + 1..all, place);
        self.len -= 1;
        removed
    }

    /// Asks for it: what [`Cell::with_key`] looks at, and what is written to add a posting, which nearly always comes next.
    /// Whoever gives a lock back waits for what he wrote.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(&self.next);
        prefetch(&self.slots[ROOM - 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_two_lines_and_what_is_looked_at_the_first() {
        assert_eq!(size_of::<Cell>(), 2 * 64);
        assert!(std::mem::offset_of!(Cell, slots) <= 64);
    }

    #[test]
    fn a_posting_is_kept_whole() {
        let mut cell = Cell::new(0);
        let postings = [
            (0, 0, true),
            ((1 << KEPT_BITS) - 1, u32::MAX - 1, false),
            (1, 7, true),
        ]
        .map(|(key, slot, is_story)| Posting::new(key, Slot(slot), is_story));
        for posting in postings {
            assert!(cell.push(posting));
        }
        assert_eq!(cell.iter().collect::<Vec<_>>(), postings);
        assert_eq!(cell.remove(1), postings[1]);
        assert_eq!(cell.iter().collect::<Vec<_>>(), [postings[0], postings[2]]);
        while cell.push(postings[0]) {}
        assert_eq!(cell.len(), ROOM);
    }
}
