//! Shards: cells whose number follows that of the postings.

use std::{iter, ops::Range};

use super::{
    MOST,
    cell::{Cell, KEPT_BITS, NONE, Posting, ROOM},
    cells::Cells,
};
use crate::{
    index::{Slot, memory::allocated},
    prefetch::prefetch,
};

/// A cell is split if each half has so many postings at least. Where nearly all are of one hash it gets another cell
/// behind it.
const WORTH: usize = ROOM / 4;

/// At most so many places for a cell.
const PLACES: usize = 4;

/// The postings of those hashes that end in the same bits, by extendible hashing (Fagin and others, ACM TODS 1979): the
/// upper bits of a hash's key are a place in a directory, which says where the cell of all keys that begin so is. A
/// full cell is split in two, so that no insertion moves more than one, and the directory is as fine as its finest
/// cell.
///
/// A key is what a hash is beside the bits that it ends in, multiplied by a secret: nobody can choose texts whose keys
/// begin alike.
#[derive(Debug)]
pub(super) struct Shard {
    /// Bits of a key.
    bits: u32,
    /// Upper bits of a key that are a place in the directory.
    depth: u32,
    /// The number of the cell, or [`NONE`]. Empty as long as nothing is posted.
    directory: Vec<u32>,
    cells: Cells,
    /// Number of postings.
    len: usize,
}

impl Shard {
    /// An empty one, for keys of so many bits.
    pub(super) fn new(bits: u32) -> Self {
        Self {
            bits,
            depth: 0,
            directory: Vec::new(),
            cells: Cells::default(),
            len: 0,
        }
    }

    /// The place tells so many bits at the least: those that do not stand with a posting.
    fn least_depth(&self) -> u32 {
        self.bits.saturating_sub(KEPT_BITS)
    }

    /// Where in a directory of this depth the cell of a key is.
    #[inline]
    fn place(&self, key: u32) -> usize {
        (key >> (self.bits - self.depth)) as usize
    }

    /// The places of a cell whose keys have so many bits in common with this one.
    fn places(&self, key: u32, depth: u32) -> Range<usize> {
        let finer = self.depth - depth;
        let first = self.place(key) >> finer << finer;
        first..first + (1 << finer)
    }

    /// Asks for where it says where the postings of a key begin.
    #[inline]
    pub(super) fn prefetch(&self, key: u32) {
        if let Some(number) = self.directory.get(self.place(key)) {
            prefetch(number);
        }
    }

    /// The cell where the postings of a key begin, if there are any like it.
    #[inline]
    pub(super) fn cell(&self, key: u32) -> Option<&Cell> {
        let number = self.directory.get(self.place(key))?;
        (*number != NONE).then(|| self.cells.get(*number))
    }

    /// Calls `found` with each article that posts the hash with this key, first come first, and whether it counts as a
    /// story. `cell` is where they begin.
    #[inline]
    pub(super) fn with_key(&self, cell: &Cell, key: u32, mut found: impl FnMut(Slot, bool)) {
        let behind = |cell: &&Cell| cell.next().map(|next| self.cells.get(next));
        for cell in iter::successors(Some(cell), behind) {
            cell.with_key(key, |_, posting| found(posting.slot(), posting.is_story()));
        }
    }

    /// The numbers of a cell and of those behind it.
    fn numbers(&self, first: u32) -> impl Iterator<Item = u32> {
        iter::successors(Some(first), |number| self.cells.get(*number).next())
    }

    /// The postings of a cell and of those behind it.
    fn postings(&self, first: u32) -> impl Iterator<Item = Posting> {
        let numbers = self.numbers(first);
        numbers.flat_map(|number| self.cells.get(number).iter())
    }

    /// Adds a posting; the oldest like it goes, if there are as many as are kept.
    pub(super) fn insert(&mut self, key: u32, slot: Slot, is_story: bool) {
        if self.directory.is_empty() {
            self.depth = self.least_depth();
            self.directory = vec![NONE; 1 << self.depth];
        }
        let posting = Posting::new(key, slot, is_story);
        let first = self.first(key);
        let (mut like, mut oldest, mut last) = (0, None, first);
        for number in self.numbers(first) {
            self.cells.get(number).with_key(key, |place, other| {
                if other.is_like(posting) {
                    like += 1;
                    oldest = oldest.or(Some((number, place)));
                }
            });
            last = number;
        }
        if like >= MOST
            && let Some((number, place)) = oldest
        {
            self.take(first, number, place);
            self.append(first, posting);
        } else if self.cells.get_mut(last).push(posting) {
            self.len += 1;
        } else if self.split(key) {
            self.insert(key, slot, is_story);
        } else {
            self.append(last, posting);
            self.len += 1;
        }
    }

    /// The cell where the postings of a key are to begin, made if there is none.
    fn first(&mut self, key: u32) -> u32 {
        let place = self.place(key);
        if self.directory[place] == NONE {
            self.directory[place] = self.cells.add(Cell::new(self.depth as u8));
        }
        self.directory[place]
    }

    /// Adds a posting behind those of a cell and of the cells behind it.
    fn append(&mut self, first: u32, posting: Posting) {
        let mut number = first;
        while !self.cells.get_mut(number).push(posting) {
            let cell = self.cells.get(number);
            let depth = cell.depth;
            let next = cell.next();
            let next = next.unwrap_or_else(|| self.cells.add(Cell::new(depth)));
            self.cells.get_mut(number).set_next(Some(next));
            number = next;
        }
    }

    /// Takes a posting out of one of the cells that begin with the first. Those behind it move up, so that all cells but
    /// the last stay full, and none but the first is empty.
    fn take(&mut self, first: u32, mut number: u32, place: usize) {
        self.cells.get_mut(number).remove(place);
        while let Some(next) = self.cells.get(number).next() {
            let moved = self.cells.get_mut(next).remove(0);
            self.cells.get_mut(number).push(moved);
            number = next;
        }
        if number != first && self.cells.get(number).len() == 0 {
            let is_before = |other: &u32| self.cells.get(*other).next() == Some(number);
            let before = self.numbers(first).find(is_before);
            if let Some(before) = before {
                self.cells.get_mut(before).set_next(None);
            }
            self.cells.remove(number);
        }
    }

    /// Splits the cell of a key in two, if that is worth it.
    fn split(&mut self, key: u32) -> bool {
        let first = self.directory[self.place(key)];
        let depth = u32::from(self.cells.get(first).depth);
        if depth == self.bits {
            return false;
        }
        let bit = self.bits - 1 - depth;
        let has = |posting: &Posting| posting.kept() >> bit & 1 == 1;
        let all: Vec<_> = self.postings(first).collect();
        let with = all.iter().filter(|posting| has(posting)).count();
        if with.min(all.len() - with) < WORTH || depth == self.depth && !self.double() {
            return false;
        }
        let behind: Vec<_> = self.numbers(first).skip(1).collect();
        behind
            .into_iter()
            .for_each(|number| self.cells.remove(number));
        *self.cells.get_mut(first) = Cell::new(depth as u8 + 1);
        let second = self.cells.add(Cell::new(depth as u8 + 1));
        let places = self.places(key, depth);
        let middle = places.start + places.len() / 2;
        self.directory[middle..places.end].fill(second);
        for posting in all {
            self.append(if has(&posting) { second } else { first }, posting);
        }
        true
    }

    /// Makes the directory twice as fine, if there are cells enough for it.
    fn double(&mut self) -> bool {
        let places = 2 * self.directory.len();
        let is_worth_it = places <= (self.cells.len() * PLACES).max(1 << (self.least_depth() + 1));
        if is_worth_it {
            let twice = self.directory.iter().flat_map(|number| [*number; 2]);
            self.directory = twice.collect();
            self.depth += 1;
        }
        is_worth_it
    }

    /// Puts postings in, of which no hash has more than are kept, into a shard that is empty: by ascending key, those of
    /// one key first come first.
    pub(super) fn fill(&mut self, postings: &[(u32, Slot, bool)]) {
        if postings.is_empty() {
            return;
        }
        self.len = postings.len();
        // About as fine as if one after the other had come.
        let finest = (postings.len() * PLACES / ROOM).max(1).ilog2();
        let finest = finest.clamp(self.least_depth(), self.bits);
        self.depth = finest;
        self.directory = vec![NONE; 1 << finest];
        self.fill_from(postings, 0, 0);
        let depths = self.directory.iter().filter(|number| **number != NONE);
        let depths = depths.map(|number| u32::from(self.cells.get(*number).depth));
        let used = depths.max().unwrap_or_default().max(self.least_depth());
        let coarser = self.directory.iter().step_by(1 << (finest - used));
        self.directory = coarser.copied().collect();
        self.depth = used;
    }

    /// Puts those in whose keys begin with these bits, that many of them.
    fn fill_from(&mut self, postings: &[(u32, Slot, bool)], begin: u32, depth: u32) {
        let is_coarse = depth < self.least_depth();
        if postings.is_empty() && is_coarse {
            return;
        }
        let bit = (self.bits - 1).saturating_sub(depth);
        let middle = postings.partition_point(|(key, ..)| key >> bit & 1 == 0);
        let is_worth_it = middle.min(postings.len() - middle) >= WORTH;
        if is_coarse || depth < self.depth && postings.len() > ROOM && is_worth_it {
            let (without, with) = postings.split_at(middle);
            self.fill_from(without, begin, depth + 1);
            self.fill_from(with, begin | 1 << bit, depth + 1);
            return;
        }
        if postings.is_empty() {
            return;
        }
        let first = self.cells.add(Cell::new(depth as u8));
        let mut last = first;
        for (key, slot, is_story) in postings {
            self.append(last, Posting::new(*key, *slot, *is_story));
            last = self.cells.get(last).next().unwrap_or(last);
        }
        let places = self.places(begin, depth);
        self.directory[places].fill(first);
    }

    /// Takes a posting out. Its cell stays for those to come, until three quarters of all cells are of no use.
    pub(super) fn remove(&mut self, key: u32, slot: Slot, is_story: bool) {
        let first = self.directory.get(self.place(key)).copied();
        let Some(first) = first.filter(|first| *first != NONE) else {
            return;
        };
        let posting = Posting::new(key, slot, is_story);
        let found = self.numbers(first).find_map(|number| {
            let mut postings = self.cells.get(number).iter();
            postings
                .position(|other| other == posting)
                .map(|place| (number, place))
        });
        if let Some((number, place)) = found {
            self.take(first, number, place);
            self.len -= 1;
        }
        let spare = 4 * Cells::STEP * ROOM;
        if self.len == 0 || 4 * self.len + spare < self.cells.room() * ROOM {
            self.shrink();
        }
    }

    /// Puts what is left into no more memory than it needs.
    fn shrink(&mut self) {
        let mut postings = Vec::with_capacity(self.len);
        let mut place = 0;
        while let Some(number) = self.directory.get(place).copied() {
            if number == NONE {
                place += 1;
                continue;
            }
            // What the place tells beside what stands with a posting.
            let known = (place as u32) << (self.bits - self.depth) >> KEPT_BITS << KEPT_BITS;
            let from = postings.len();
            for posting in self.postings(number) {
                postings.push((known | posting.kept(), posting.slot(), posting.is_story()));
            }
            postings[from..].sort_by_key(|(key, ..)| *key);
            let depth = u32::from(self.cells.get(number).depth);
            place += 1 << (self.depth - depth);
        }
        *self = Self::new(self.bits);
        self.fill(&postings);
    }

    /// Number of postings.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<u32>(self.directory.capacity()) + self.cells.bytes()
    }
}
