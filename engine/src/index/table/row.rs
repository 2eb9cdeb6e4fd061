//! Rows: the fingerprints of a table whose values have the same upper quarter.

use super::{
    Block, ROW_BITS,
    buckets::{BUCKETS, Buckets},
    lines::Lines,
};
use crate::{index::memory::allocated, wide::Wide};

/// A row of more fingerprints than this, some million in an index, has a bucket for each value: with it they take two
/// thirds of the memory and one who looks for a value no longer, since of that many each has several lines.
const MOST_IN_LINES: usize = 1 << 16;

/// When so many are left it has lines again, if it can.
const FEW: usize = 1 << 13;

/// Cells of a row: the values that have the same upper half.
const CELLS: usize = 1 << (8 - ROW_BITS);

/// The fingerprints of a row, and with each a `P`.
#[derive(Debug)]
pub(super) enum Row<P> {
    /// Few, or none.
    Lines(Lines<P>),
    /// Many, or more of one value than lines can bear.
    Cells(Box<[Buckets<P>; CELLS]>),
}

impl<P: Copy + Default> Row<P> {
    /// An empty one, by its number.
    pub(super) fn new(block: Block, number: usize) -> Self {
        Self::Lines(Lines::new(block, number))
    }

    /// One of these fingerprints.
    pub(super) fn of(block: Block, number: usize, all: &[(u64, P)]) -> Self {
        let mut lines = Lines::new(block, number);
        let fits = all.len() <= MOST_IN_LINES && lines.reserve(all.len());
        if fits
            && all
                .iter()
                .all(|(simhash, with)| lines.insert(*simhash, *with))
        {
            return Self::Lines(lines);
        }
        Self::Cells(cells(block, || all.iter().copied()))
    }

    /// Number of fingerprints.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.len(),
            Self::Cells(cells) => cells.iter().map(Buckets::len).sum(),
        }
    }

    /// What stands with a fingerprint.
    pub(super) fn get(&self, simhash: u64, block: Block) -> Option<P> {
        match self {
            Self::Lines(lines) => lines.get(simhash),
            Self::Cells(cells) => {
                let (cell, bucket) = place(block.value(simhash));
                cells[cell].get(bucket, block.rest(simhash))
            }
        }
    }

    /// Adds a fingerprint, which is not there. Returns how many there are of its value, or 0 where they are few.
    pub(super) fn insert(&mut self, simhash: u64, with: P, block: Block) -> usize {
        if let Self::Lines(lines) = self {
            if lines.len() < MOST_IN_LINES && lines.insert(simhash, with) {
                return 0;
            }
            *self = Self::Cells(cells(block, || lines.iter()));
        }
        let Self::Cells(cells) = self else { return 0 };
        let (cell, bucket) = place(block.value(simhash));
        cells[cell].insert(bucket, block.rest(simhash), with)
    }

    /// Takes a fingerprint out. Returns what stood with it, and how many are left of its value, or 0 where
    /// they are few.
    pub(super) fn remove(&mut self, simhash: u64, block: Block) -> Option<(P, usize)> {
        let cells = match self {
            Self::Lines(lines) => return lines.remove(simhash).map(|with| (with, 0)),
            Self::Cells(cells) => cells,
        };
        let value = block.value(simhash);
        let (cell, bucket) = place(value);
        let removed = cells[cell].remove(bucket, block.rest(simhash));
        let len = cells.iter().map(Buckets::len).sum::<usize>();
        // Not each time: where many have one value it cannot.
        if len <= FEW && len.is_multiple_of(FEW / 8) {
            let number = usize::from(value >> (Block::BITS - ROW_BITS));
            let all: Vec<_> = all(cells, number, block).collect();
            *self = Self::of(block, number, &all);
        }
        removed
    }

    /// Asks for what [`Row::near`] will look at.
    #[inline(always)]
    pub(super) fn prefetch(&self, simhash: u64, masks: &[u16], block: Block) {
        match self {
            Self::Lines(lines) => lines.prefetch(simhash, masks),
            Self::Cells(cells) => {
                for mask in masks {
                    let (cell, bucket) = place(block.value(simhash) ^ mask);
                    cells[cell].prefetch(bucket);
                }
            }
        }
    }

    /// Calls `found` for each fingerprint that differs from `simhash` in its value in the row by one of these masks, and in
    /// at most `most` bits with the bits of that, with the difference beside the row's bits, until it returns false; returns
    /// what it did.
    #[inline(always)]
    pub(super) fn near(
        &self,
        wide: impl Wide,
        simhash: u64,
        masks: &[u16],
        most: u32,
        block: Block,
        mut found: impl FnMut(u64) -> bool,
    ) -> bool {
        let mut found = |mask, difference| found(block.join(mask, difference));
        match self {
            Self::Lines(lines) => lines.near(wide, simhash, masks, most, found),
            Self::Cells(cells) => {
                for mask in masks {
                    let Some(left) = most.checked_sub(mask.count_ones()) else {
                        break;
                    };
                    let (cell, bucket) = place(block.value(simhash) ^ mask);
                    let found = |difference| found(*mask, difference);
                    if !cells[cell].near(wide, bucket, block.rest(simhash), left, found) {
                        return false;
                    }
                }
                true
            }
        }
    }

    /// Asks for where a fingerprint is to stand.
    pub(super) fn prefetch_own(&self, simhash: u64, block: Block) {
        match self {
            Self::Lines(lines) => lines.prefetch_own(simhash),
            Self::Cells(cells) => {
                let (cell, bucket) = place(block.value(simhash));
                cells[cell].prefetch_end(bucket);
            }
        }
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.bytes(),
            Self::Cells(cells) => {
                let each: usize = cells.iter().map(Buckets::bytes).sum();
                allocated::<[Buckets<P>; CELLS]>(1) + each
            }
        }
    }
}

/// All fingerprints of the cells of a row.
fn all<P: Copy + Default>(
    cells: &[Buckets<P>; CELLS],
    number: usize,
    block: Block,
) -> impl Iterator<Item = (u64, P)> {
    cells.iter().enumerate().flat_map(move |(cell, buckets)| {
        (0..BUCKETS).flat_map(move |bucket| {
            let value = ((number * CELLS + cell) * BUCKETS + bucket) as u16;
            let whole = move |(rest, with)| (block.join(value, rest), with);
            buckets.bucket(bucket).map(whole)
        })
    })
}

/// Cells of these fingerprints of a row.
fn cells<P: Copy + Default, I: Iterator<Item = (u64, P)>>(
    block: Block,
    all: impl Fn() -> I,
) -> Box<[Buckets<P>; CELLS]> {
    let mut lens = [[0; BUCKETS]; CELLS];
    for (simhash, _) in all() {
        let (cell, bucket) = place(block.value(simhash));
        lens[cell][bucket] += 1;
    }
    let mut cells = Box::new(lens.each_ref().map(Buckets::with_room));
    for (simhash, with) in all() {
        let (cell, bucket) = place(block.value(simhash));
        cells[cell].insert(bucket, block.rest(simhash), with);
    }
    cells
}

/// The cell and the bucket in it of a value.
#[inline(always)]
fn place(value: u16) -> (usize, usize) {
    let [high, low] = value.to_be_bytes();
    (usize::from(high) % CELLS, usize::from(low))
}
