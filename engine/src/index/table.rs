//! The table of one block: from a value of its 16 bits to the fingerprints that have it.
//!
//! - `row`: those of the values of one row, behind one lock;
//! - `lines`: how few of them are kept, each in two `parts`, and `buckets`: how many are, in `long` those of one value;
//! - `masks`: which values of a row are within a few bits of another.

mod buckets;
mod lines;
mod long;
mod masks;
mod parts;
mod row;

use super::{
    Gathered, Part, Slot,
    big_reader::{BigReader, ReadGuard, WriteGuard, prefetch_read, prefetch_write},
    gather::PART_BITS,
};
use crate::wide::Wide;
use masks::masks;
use row::Row;

/// Bits of a value that say which row it is in.
const ROW_BITS: u32 = 4;

/// Rows of a table.
const ROWS: usize = 1 << ROW_BITS;

/// Bits of a value beside those.
const IN_ROW: u32 = Block::BITS - ROW_BITS;

/// Sixteen bits of a fingerprint: which of the four.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block(pub(super) u32);

impl Block {
    /// Number of blocks in a fingerprint.
    pub(super) const COUNT: usize = 4;
    /// Bits in a block.
    pub(super) const BITS: u32 = 16;

    pub(super) fn value(self, simhash: u64) -> u16 {
        (simhash >> (self.0 * Self::BITS)) as u16
    }

    /// The other 48 bits.
    fn rest(self, simhash: u64) -> u64 {
        simhash.rotate_right(self.0 * Self::BITS) >> Self::BITS
    }

    fn join(self, value: u16, rest: u64) -> u64 {
        (rest << Self::BITS | u64::from(value)).rotate_left(self.0 * Self::BITS)
    }
}

/// Fingerprints by their value in one block, and with each a `P`.
///
/// The values lie in 16 rows by their upper quarter, so that those within a few bits of another are found in few rows.
/// What a lookup waits for is far memory, and a lock makes a processor wait for all that it has begun to read: so a
/// row has one lock, those of all rows that are looked into are taken first, and then all that is to be read in them
/// is fetched together.
#[derive(Debug)]
pub(super) struct Table<P> {
    block: Block,
    /// By the upper quarter of a value. Whoever has several locks has taken them from the first row of the first
    /// table to the last of the last, so that none can wait in a circle.
    rows: [BigReader<Row<P>>; ROWS],
}

impl<P: Copy + Default> Table<P> {
    pub(super) fn new(block: Block) -> Self {
        Self {
            block,
            rows: std::array::from_fn(|number| BigReader::new(Row::new(block, number))),
        }
    }

    /// The row that a fingerprint is in.
    fn row(&self, simhash: u64) -> &BigReader<Row<P>> {
        &self.rows[usize::from(self.block.value(simhash) >> IN_ROW)]
    }

    /// Asks for what [`Table::own_mut`] will wait for.
    pub(super) fn prefetch_row_mut(&self, simhash: u64) {
        prefetch_write(self.row(simhash));
    }

    /// The row that is to have a fingerprint, locked for writing.
    pub(super) fn own_mut(&self, simhash: u64) -> OwnMut<'_, P> {
        OwnMut {
            row: self.row(simhash).write(),
            simhash,
            block: self.block,
        }
    }

    /// Gathers a fingerprint that is not in the table for [`Table::fill`].
    pub(super) fn gather(&self, simhash: u64, slot: Slot, gathered: &mut Gathered<u128>) {
        let value = self.block.value(simhash);
        let entry = u128::from(value) << 96 | u128::from(slot.0) << 64 | u128::from(simhash);
        gathered.push(u32::from(value) >> (Block::BITS - PART_BITS), entry);
    }

    /// Puts the fingerprints of a part in, into rows that are empty, with each what `with` makes of its slot;
    /// tells `many` of each value that they have: one fingerprint of these, and how many they are.
    pub(super) fn fill(
        &self,
        part: Part<u128>,
        with: impl Fn(Slot) -> P,
        mut many: impl FnMut(u64, usize),
    ) {
        // A part is a row, or several.
        const { assert!(PART_BITS <= ROW_BITS) };
        let value = |entry: &u128| (entry >> 96) as u16;
        let row = |entry: &u128| usize::from(value(entry) >> IN_ROW);
        let entries = part.sorted();
        for entries in entries.chunk_by(|one, other| row(one) == row(other)) {
            let pair = |entry: &u128| (*entry as u64, with(Slot((entry >> 64) as u32)));
            let all: Vec<_> = entries.iter().map(pair).collect();
            let number = row(&entries[0]);
            *self.rows[number].write() = Row::of(self.block, number, &all);
            for bucket in entries.chunk_by(|one, other| value(one) == value(other)) {
                many(bucket[0] as u64, bucket.len());
            }
        }
    }

    /// What stands with a fingerprint.
    pub(super) fn get(&self, simhash: u64) -> Option<P> {
        self.row(simhash).read().get(simhash, self.block)
    }

    /// Takes a fingerprint out. Returns what stood with it, and how many are left of its value, or 0 where
    /// they are few.
    pub(super) fn remove(&self, simhash: u64) -> Option<(P, usize)> {
        self.row(simhash).write().remove(simhash, self.block)
    }

    /// Calls `found` for each fingerprint that differs from `simhash` in at most `threshold` bits of the
    /// block and `most` in all, with the difference, until it returns false; returns what it did.
    ///
    /// It is called while a part of the table is locked for reading.
    #[inline(always)]
    pub(super) fn near(
        &self,
        wide: impl Wide,
        simhash: u64,
        (threshold, most): (u32, u32),
        mut found: impl FnMut(u64) -> bool,
    ) -> bool {
        let own = usize::from(self.block.value(simhash) >> IN_ROW);
        let is_near = |number: usize| (number ^ own).count_ones() <= threshold;
        for (number, row) in self.rows.iter().enumerate() {
            if is_near(number) {
                prefetch_read(row);
            }
        }
        let mut rows = [const { None }; ROWS];
        for (number, row) in rows.iter_mut().enumerate() {
            if is_near(number) {
                *row = Some(self.rows[number].read());
            }
        }
        // (Loops and no iterators: this is compiled anew for wide instructions, and only what is inlined.)
        for (number, row) in rows.iter().enumerate() {
            if let Some(row) = row {
                let masks = masks(threshold - (number ^ own).count_ones());
                row.prefetch(simhash, masks, self.block);
            }
        }
        for (number, row) in rows.iter().enumerate() {
            if let Some(row) = row {
                let row_mask = (number ^ own) as u16;
                let masks = masks(threshold - row_mask.count_ones());
                let found = |difference| found(difference ^ self.block.join(row_mask << IN_ROW, 0));
                let left = most - row_mask.count_ones();
                if !row.near(wide, simhash, masks, left, self.block, found) {
                    return false;
                }
            }
        }
        true
    }

    /// Asks for what [`Table::own`] will wait for.
    #[inline(always)]
    pub(super) fn prefetch_row(&self, simhash: u64) {
        prefetch_read(self.row(simhash));
    }

    /// The row that has a fingerprint's own value of the block, locked for reading.
    #[inline(always)]
    pub(super) fn own(&self, simhash: u64) -> Own<'_, P> {
        Own {
            row: self.row(simhash).read(),
            block: self.block,
        }
    }

    /// Number of rows that are not empty.
    #[cfg(test)]
    pub(super) fn rows(&self) -> usize {
        let holds = |row: &&BigReader<Row<P>>| row.read().len() > 0;
        self.rows.iter().filter(holds).count()
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.iter().map(|row| row.read().bytes()).sum()
    }
}

/// The row of a fingerprint's own value.
pub(super) struct Own<'a, P> {
    row: ReadGuard<'a, Row<P>>,
    block: Block,
}

impl<P: Copy + Default> Own<'_, P> {
    /// Asks for what [`Own::near`] will look at.
    #[inline(always)]
    pub(super) fn prefetch(&self, simhash: u64) {
        self.row.prefetch(simhash, masks(0), self.block);
    }

    /// As [`Table::near`] with a threshold of 0.
    #[inline(always)]
    pub(super) fn near(
        &self,
        wide: impl Wide,
        simhash: u64,
        most: u32,
        found: impl FnMut(u64) -> bool,
    ) -> bool {
        self.row
            .near(wide, simhash, masks(0), most, self.block, found)
    }
}

/// The row of a fingerprint that is to be added.
pub(super) struct OwnMut<'a, P> {
    row: WriteGuard<'a, Row<P>>,
    simhash: u64,
    block: Block,
}

impl<P: Copy + Default> OwnMut<'_, P> {
    /// Asks for where it would be put.
    pub(super) fn prefetch(&self) {
        self.row.prefetch_own(self.simhash, self.block);
    }

    /// What stands with it, if it is there.
    pub(super) fn get(&self) -> Option<P> {
        self.row.get(self.simhash, self.block)
    }

    /// Adds it, which is not there. Returns how many there are of its value, or 0 where they are few.
    pub(super) fn insert(mut self, with: P) -> usize {
        self.row.insert(self.simhash, with, self.block)
    }
}
