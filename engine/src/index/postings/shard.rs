//! Shards: cells whose number follows that of the postings.

use super::cell::{Cell, KNOWN_BITS, Posting};
use crate::index::{
    Slot,
    memory::{allocated, grow, shrink},
};

/// Postings of a cell on average before one more cell is made. More are slower to read (48 make a submission take a
/// twentieth longer), fewer take more memory beside themselves, some 50 bytes a cell.
const FULL: usize = 24;

/// The postings of those hashes that end in the same bits, by linear hashing (W. Litwin, VLDB 1980): when there are
/// too many for the cells, the next cell in turn is split in two, so that no insertion moves more than one. Cells
/// are full all the same, however many postings there are.
#[derive(Debug)]
pub(super) struct Shard {
    /// Bits of a hash that all hashes of the shard have in common, the lowest.
    bits: u32,
    /// By the next bits of a hash: as many as number them all, or one less for those not yet split.
    cells: Vec<Cell>,
    /// Number of postings.
    len: usize,
}

impl Shard {
    /// An empty one, whose hashes have so many bits in common.
    pub(super) fn new(bits: u32) -> Self {
        Self {
            bits,
            cells: Vec::new(),
            len: 0,
        }
    }

    /// Number of cells that there are at the least.
    fn least(&self) -> usize {
        1 << KNOWN_BITS.saturating_sub(self.bits)
    }

    /// Gives an empty shard so many cells as are right for so many postings.
    pub(super) fn prepare(&mut self, postings: usize) {
        let cells = postings.div_ceil(FULL).max(self.least());
        self.cells.resize_with(cells, Cell::default);
    }

    /// The cell that a hash is in, if there are any.
    #[inline]
    pub(super) fn cell(&self, hash: u32) -> Option<&Cell> {
        self.cells.get(self.place(hash))
    }

    #[inline]
    pub(super) fn place(&self, hash: u32) -> usize {
        let all = self.cells.len().next_power_of_two() - 1;
        let place = (hash >> self.bits) as usize & all;
        if place < self.cells.len() {
            place
        } else {
            place & all >> 1
        }
    }

    pub(super) fn insert(&mut self, hash: u32, slot: Slot, is_story: bool) {
        if self.cells.is_empty() {
            self.prepare(0);
        }
        let place = self.place(hash);
        self.len += self.cells[place].push(Posting::new(hash, slot, is_story));
        if self.len > self.cells.len() * FULL {
            let (bit, place) = before(self.cells.len());
            let half = self.cells[place].split(self.bits + bit);
            grow(&mut self.cells, 16);
            self.cells.push(half);
        }
    }

    /// Fills an empty cell with postings of its hashes.
    pub(super) fn fill(&mut self, place: usize, postings: &[Posting]) {
        self.len += postings.len();
        self.cells[place] = Cell::new(postings);
    }

    pub(super) fn remove(&mut self, hash: u32, slot: Slot, is_story: bool) {
        let place = self.place(hash);
        let Some(cell) = self.cells.get_mut(place) else {
            return;
        };
        self.len -= cell.remove(Posting::new(hash, slot, is_story));
        if self.len == 0 {
            self.cells = Vec::new();
        } else if self.len * 2 < self.cells.len() * FULL
            && self.cells.len() > self.least()
            && let Some(last) = self.cells.pop()
        {
            let (_, place) = before(self.cells.len());
            self.cells[place].merge(&last);
            shrink(&mut self.cells);
        }
    }

    /// Number of postings.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let cells: usize = self.cells.iter().map(Cell::bytes).sum();
        allocated::<Cell>(self.cells.capacity()) + cells
    }
}

/// Of cell `number` the highest bit, and the cell that it is split off from: the one without that bit.
fn before(number: usize) -> (u32, usize) {
    let bit = number.ilog2();
    (bit, number ^ 1 << bit)
}
