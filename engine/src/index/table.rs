//! The table of one block: from a value of its 16 bits to the fingerprints that have it.

use parking_lot::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

use super::{
    Gathered, Part, Slot,
    buckets::{BUCKETS, Buckets},
    gather::PART_BITS,
    memory::allocated,
};

/// A cell of more fingerprints than this has a bucket for each value.
const FEW: usize = 128;

/// Rows of a table.
const ROWS: usize = 1 << 4;

/// Cells of a row.
const ROW: usize = 1 << 4;

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
/// The values lie in 256 cells by their upper half, and these in 16 rows by their upper quarter, so that those
/// within a few bits of another are found in few cells and fewer rows. What a lookup waits for is far memory, and a
/// lock makes a processor wait for all that it has begun to read: so a row has one lock, those of all rows that are
/// looked into are taken first, and then the buckets of all their cells are fetched together.
#[derive(Debug)]
pub(super) struct Table<P> {
    block: Block,
    /// By the upper quarter of a value. Whoever has several locks has taken them from the first row of the first
    /// table to the last of the last, so that none can wait in a circle.
    rows: [RwLock<Row<P>>; ROWS],
}

/// None of them until one is to have a fingerprint.
type Row<P> = Option<Box<[Cell<P>; ROW]>>;

impl<P: Copy + Default> Table<P> {
    pub(super) fn new(block: Block) -> Self {
        Self {
            block,
            rows: [const { RwLock::new(None) }; ROWS],
        }
    }

    /// The cell that is to have a fingerprint, locked for writing.
    pub(super) fn own_mut(&self, simhash: u64) -> OwnMut<'_, P> {
        let (row, place) = row(half(self.block.value(simhash)).0);
        OwnMut {
            row: RwLockWriteGuard::map(self.rows[row].write(), cells),
            place,
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

    /// Puts the fingerprints of a part in, into cells that are empty, with each what `with` makes of its slot;
    /// tells `many` of each value that not few have: one fingerprint of these, and how many they are.
    pub(super) fn fill(
        &self,
        part: Part<u128>,
        with: impl Fn(Slot) -> P,
        mut many: impl FnMut(u64, usize),
    ) {
        let value = |entry: &u128| (entry >> 96) as u16;
        let pair = |entry: &u128| (*entry as u64, with(Slot((entry >> 64) as u32)));
        let entries = part.sorted();
        for cell in entries.chunk_by(|one, other| half(value(one)).0 == half(value(other)).0) {
            let (row, place) = row(half(value(&cell[0])).0);
            let row = &mut *self.rows[row].write();
            let row = cells(row);
            if cell.len() <= FEW {
                row[place] = Cell::Few(cell.iter().map(pair).collect());
                continue;
            }
            let mut lens = [0; BUCKETS];
            cell.iter()
                .for_each(|entry| lens[half(value(entry)).1] += 1);
            let mut filled = Cell::Many(Buckets::with_room(&lens));
            for bucket in cell.chunk_by(|one, other| value(one) == value(other)) {
                for (simhash, with) in bucket.iter().map(pair) {
                    filled.insert(simhash, with, self.block);
                }
                many(bucket[0] as u64, bucket.len());
            }
            row[place] = filled;
        }
    }

    /// What stands with a fingerprint.
    pub(super) fn get(&self, simhash: u64) -> Option<P> {
        let (row, place) = row(half(self.block.value(simhash)).0);
        self.rows[row].read().as_ref()?[place].get(simhash, self.block)
    }

    /// Takes a fingerprint out. Returns what stood with it, and how many are left of its value, or 0 where
    /// they are few.
    pub(super) fn remove(&self, simhash: u64) -> Option<(P, usize)> {
        let (row, place) = row(half(self.block.value(simhash)).0);
        let mut row = self.rows[row].write();
        let cells = row.as_mut()?;
        let removed = cells[place].remove(simhash, self.block);
        if cells.iter().all(|cell| cell.len() == 0) {
            *row = None;
        }
        removed
    }

    /// Calls `found` for each fingerprint that differs from `simhash` in at most `threshold` bits of the
    /// block and `most` in all, with the difference, until it returns false; returns what it did.
    ///
    /// It is called while a part of the table is locked for reading.
    #[inline(always)]
    pub(super) fn near(
        &self,
        simhash: u64,
        threshold: u32,
        most: u32,
        mut found: impl FnMut(u64) -> bool,
    ) -> bool {
        let (own, place) = row(half(self.block.value(simhash)).0);
        let mut rows = [const { None }; ROWS];
        for (number, row) in rows.iter_mut().enumerate() {
            if (number ^ own).count_ones() <= threshold {
                *row = Some(self.rows[number].read());
            }
        }
        // The cells that are reached, and by which bits the upper half of their values differs. (Not an iterator: this is
        // compiled anew for wide instructions, and only what is inlined.)
        macro_rules! for_each_cell {
            (|$cell:ident, $mask:ident| $body:expr) => {
                for (number, row) in rows.iter().enumerate() {
                    if let Some(Some(row)) = row.as_deref() {
                        let row_mask = (number ^ own) as u8;
                        for cell_mask in quarters(threshold - row_mask.count_ones()) {
                            let $cell = &row[place ^ usize::from(cell_mask)];
                            let $mask = row_mask * ROW as u8 + cell_mask;
                            $body
                        }
                    }
                }
            };
        }
        for_each_cell!(|cell, mask| cell.touch(simhash, mask, self.block, threshold));
        for_each_cell!(|cell, mask| {
            if !cell.near(simhash, mask, self.block, (threshold, most), &mut found) {
                return false;
            }
        });
        true
    }

    /// The cell that has a fingerprint's own value of the block, locked for reading.
    #[inline(always)]
    pub(super) fn own(&self, simhash: u64) -> Option<Own<'_, P>> {
        let (row, place) = row(half(self.block.value(simhash)).0);
        let row = RwLockReadGuard::try_map(self.rows[row].read(), Option::as_deref).ok()?;
        Some(Own {
            row,
            place,
            block: self.block,
        })
    }

    /// Number of rows.
    #[cfg(test)]
    pub(super) fn rows(&self) -> usize {
        let is_there = |row: &&RwLock<Row<P>>| row.read().is_some();
        self.rows.iter().filter(is_there).count()
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |row: &RwLock<Row<P>>| match &*row.read() {
            Some(row) => {
                allocated::<[Cell<P>; ROW]>(1) + row.iter().map(Cell::bytes).sum::<usize>()
            }
            None => 0,
        };
        self.rows.iter().map(bytes).sum()
    }
}

/// The cell of a fingerprint's own value.
pub(super) struct Own<'a, P> {
    row: MappedRwLockReadGuard<'a, [Cell<P>; ROW]>,
    place: usize,
    block: Block,
}

impl<P: Copy + Default> Own<'_, P> {
    /// See [`Buckets::touch`].
    #[inline(always)]
    pub(super) fn touch(&self, simhash: u64) {
        self.row[self.place].touch(simhash, 0, self.block, 0);
    }

    /// As [`Table::near`] with a threshold of 0.
    #[inline(always)]
    pub(super) fn near(&self, simhash: u64, most: u32, mut found: impl FnMut(u64) -> bool) -> bool {
        self.row[self.place].near(simhash, 0, self.block, (0, most), &mut found)
    }
}

/// The cell of a fingerprint that is to be added.
pub(super) struct OwnMut<'a, P> {
    row: MappedRwLockWriteGuard<'a, [Cell<P>; ROW]>,
    place: usize,
    simhash: u64,
    block: Block,
}

impl<P: Copy + Default> OwnMut<'_, P> {
    /// Reads where its bucket begins and where it would be put, as [`Buckets::touch`].
    pub(super) fn touch(&self) {
        if let Cell::Many(buckets) = &self.row[self.place] {
            buckets.touch_ends(half(self.block.value(self.simhash)).1);
        }
    }

    /// What stands with it, if it is there.
    pub(super) fn get(&self) -> Option<P> {
        self.row[self.place].get(self.simhash, self.block)
    }

    /// Adds it, which is not there. Returns how many there are of its value, or 0 where they are few.
    pub(super) fn insert(mut self, with: P) -> usize {
        let cell = &mut self.row[self.place];
        if let Cell::Few(few) = cell
            && few.len() == FEW
        {
            *cell = Cell::many(std::mem::take(few), self.block);
        }
        cell.insert(self.simhash, with, self.block)
    }
}

#[derive(Debug)]
enum Cell<P> {
    /// Whole fingerprints, of any of the cell's values.
    Few(Vec<(u64, P)>),
    /// A bucket for each value of the lower half.
    Many(Buckets<P>),
}

impl<P> Default for Cell<P> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<P: Copy + Default> Cell<P> {
    fn many(few: Vec<(u64, P)>, block: Block) -> Self {
        let mut cell = Self::Many(Buckets::new());
        for (simhash, with) in few {
            cell.insert(simhash, with, block);
        }
        cell
    }

    fn few(buckets: &Buckets<P>, high: u8, block: Block) -> Self {
        let whole = |low: usize| {
            let value = u16::from_be_bytes([high, low as u8]);
            let join = move |(rest, with)| (block.join(value, rest), with);
            buckets.bucket(low).map(join)
        };
        Self::Few((0..BUCKETS).flat_map(whole).collect())
    }

    /// See [`Buckets::touch`]: for the values whose upper half differs from the fingerprint's by this mask.
    #[inline(always)]
    fn touch(&self, simhash: u64, high_mask: u8, block: Block, threshold: u32) {
        if let Self::Many(buckets) = self {
            let low = half(block.value(simhash)).1;
            let low_masks = masks(threshold - high_mask.count_ones()).iter();
            buckets.touch(low_masks.map(|mask| low ^ usize::from(*mask)));
        }
    }

    /// As [`Table::near`], for the values whose upper half differs from the fingerprint's by this mask.
    #[inline(always)]
    fn near(
        &self,
        simhash: u64,
        high_mask: u8,
        block: Block,
        (threshold, most): (u32, u32),
        found: &mut impl FnMut(u64) -> bool,
    ) -> bool {
        match self {
            Self::Few(few) => {
                for (other, _) in few {
                    let difference = simhash ^ other;
                    let near = difference.count_ones() <= most
                        && block.value(difference).count_ones() <= threshold;
                    if near && !found(difference) {
                        return false;
                    }
                }
            }
            Self::Many(buckets) => {
                let low = half(block.value(simhash)).1;
                let rest = block.rest(simhash);
                for low_mask in masks(threshold - high_mask.count_ones()) {
                    let mask = u16::from_be_bytes([high_mask, *low_mask]);
                    let Some(left) = most.checked_sub(mask.count_ones()) else {
                        break;
                    };
                    let bucket = low ^ usize::from(*low_mask);
                    let mut found = |difference| found(block.join(mask, difference));
                    if !buckets.near(bucket, rest, left, &mut found) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn get(&self, simhash: u64, block: Block) -> Option<P> {
        match self {
            Self::Few(few) => few
                .iter()
                .find_map(|(other, with)| (*other == simhash).then_some(*with)),
            Self::Many(buckets) => {
                let bucket = half(block.value(simhash)).1;
                buckets.get(bucket, block.rest(simhash))
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many(buckets) => buckets.len(),
        }
    }

    fn insert(&mut self, simhash: u64, with: P, block: Block) -> usize {
        match self {
            Self::Few(few) => {
                few.push((simhash, with));
                0
            }
            Self::Many(buckets) => {
                let bucket = half(block.value(simhash)).1;
                buckets.insert(bucket, block.rest(simhash), with)
            }
        }
    }

    fn remove(&mut self, simhash: u64, block: Block) -> Option<(P, usize)> {
        match self {
            Self::Few(few) => {
                let place = few.iter().position(|(other, _)| *other == simhash)?;
                let (_, with) = few.swap_remove(place);
                if few.is_empty() {
                    *few = Vec::new();
                }
                Some((with, 0))
            }
            Self::Many(buckets) => {
                let (high, low) = half(block.value(simhash));
                let removed = buckets.remove(low, block.rest(simhash))?;
                if buckets.len() < FEW / 4 {
                    *self = Self::few(buckets, high, block);
                }
                Some(removed)
            }
        }
    }

    /// Memory beyond the value itself, in bytes.
    fn bytes(&self) -> usize {
        match self {
            Self::Few(few) => allocated::<(u64, P)>(few.capacity()),
            Self::Many(buckets) => buckets.bytes(),
        }
    }
}

/// The halves of a block's value: the number of a cell, and that of a bucket in it.
fn half(value: u16) -> (u8, usize) {
    let [high, low] = value.to_be_bytes();
    (high, usize::from(low))
}

/// The number of a row, and that of a cell in it.
fn row(high: u8) -> (usize, usize) {
    (usize::from(high) / ROW, usize::from(high) % ROW)
}

/// The cells of a row, which are made if there are none.
fn cells<P: Copy + Default>(row: &mut Row<P>) -> &mut [Cell<P>; ROW] {
    row.get_or_insert_default()
}

/// The numbers below 16 with at most `bits` bits set.
fn quarters(bits: u32) -> impl Iterator<Item = u8> + Clone {
    let bits = bits.min(ROW.ilog2()) as usize;
    QUARTERS[..QUARTERS_UP_TO[bits]].iter().copied()
}

/// Number of those with at most 0, 1, … 4 bits set.
const QUARTERS_UP_TO: [usize; 5] = [1, 5, 11, 15, 16];

/// All numbers below 16, those with the fewest bits set first.
const QUARTERS: [u8; ROW] = [0, 1, 2, 4, 8, 3, 5, 6, 9, 10, 12, 7, 11, 13, 14, 15];

/// The bytes with at most `bits` bits set, fewest first.
fn masks(bits: u32) -> &'static [u8] {
    &MASKS[..UP_TO[bits.min(8) as usize]]
}

/// Number of bytes with at most 0, 1, … 8 bits set.
const UP_TO: [usize; 9] = [1, 9, 37, 93, 163, 219, 247, 255, 256];

/// All bytes, those with the fewest bits set first.
const MASKS: [u8; BUCKETS] = {
    let mut masks = [0; BUCKETS];
    let mut filled = 0;
    let mut bits = 0;
    while bits <= 8 {
        let mut mask = 0;
        while mask < BUCKETS {
            if (mask as u8).count_ones() == bits {
                masks[filled] = mask as u8;
                filled += 1;
            }
            mask += 1;
        }
        bits += 1;
    }
    masks
};
