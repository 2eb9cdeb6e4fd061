//! All fingerprints within a Hamming distance, without a scan and without a miss.
//!
//! A fingerprint is cut into four blocks of 16 bits, each with a [`Table`] from the block's value to the
//! fingerprints that have it. A [`plan`](super::plan) says how far to look in each; at a distance of 3 it
//! is one bucket a table.
//!
//! - `lookup`: the walk through the tables;
//! - `fill`: many fingerprints at once, into an index that is empty.

mod fill;
mod lookup;

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering},
};

use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::Mutex;

use super::{
    Slot,
    memory::{allocated, map_bytes, push, shrink_map, take},
    plan::Crowds,
    table::{Block, OwnMut, Table},
};
use crate::{fingerprint::SimHash, padded::Padded};

/// Greatest distance that can be asked for.
pub const MAX_DISTANCE: u32 = 12;

/// Fingerprints and the articles behind them. Equal fingerprints are stored once. All operations may be
/// called from any number of threads at once.
#[derive(Debug)]
pub struct HammingIndex {
    /// By the first block: with each fingerprint the first article that had it.
    first: Table<Slot>,
    /// By the other blocks.
    others: [Table<()>; Block::COUNT - 1],
    /// All articles, first come first, of each fingerprint that has had more than one.
    groups: DashMap<u64, VecDeque<Slot>, RandomState>,
    crowds: Crowds,
    /// Number of different fingerprints.
    len: Padded<AtomicUsize>,
    /// Serialises changes of one fingerprint, so that whoever adds a second article to it returns only
    /// after the first has put it into every table.
    changes: [Padded<Mutex<()>>; 64],
}

impl HammingIndex {
    /// An empty index.
    pub fn new() -> Self {
        Self {
            first: Table::new(Block(0)),
            others: [1, 2, 3].map(|block| Table::new(Block(block))),
            groups: DashMap::default(),
            crowds: Crowds::default(),
            len: Padded(AtomicUsize::new(0)),
            changes: std::array::from_fn(|_| Padded(Mutex::new(()))),
        }
    }

    /// Adds an article.
    pub fn insert(&self, simhash: SimHash, slot: Slot) {
        let _change = self.change(simhash).lock();
        let simhash = simhash.0;
        // All four rows are locked before any is read, and in one order: see `within_own`.
        self.first.prefetch_row_mut(simhash);
        (self.others.iter()).for_each(|table| table.prefetch_row_mut(simhash));
        let first = self.first.own_mut(simhash);
        let others = self.others.each_ref().map(|table| table.own_mut(simhash));
        first.prefetch();
        others.iter().for_each(OwnMut::prefetch);
        if let Some(other) = first.get() {
            drop((first, others));
            let group = self.groups.entry(simhash);
            let group = group.and_modify(|group| push(group, slot));
            group.or_insert_with(|| VecDeque::from([other, slot]));
            return;
        }
        let all = self.len.0.fetch_add(1, Ordering::Relaxed) + 1;
        let [second, third, fourth] = others.map(|cell| cell.insert(()));
        let lens = [first.insert(slot), second, third, fourth];
        for (block, len) in lens.into_iter().enumerate().filter(|(_, len)| *len > 0) {
            self.crowds.note(block, simhash, len, all);
        }
    }

    /// Takes an article out. Must name the fingerprint under which it was added.
    pub fn remove(&self, simhash: SimHash, slot: Slot) {
        let _change = self.change(simhash).lock();
        let simhash = simhash.0;
        let mut others = None;
        self.groups.remove_if_mut(&simhash, |_, group| {
            take(group, &slot);
            others = Some(group.len());
            group.is_empty()
        });
        let is_last = match others {
            Some(left) => left == 0,
            None => self.first.get(simhash) == Some(slot),
        };
        if !is_last {
            return;
        }
        let all = self.len.0.fetch_sub(1, Ordering::Relaxed) - 1;
        let first = self.first.remove(simhash).map(|(_, left)| left);
        let others = self.others.iter().map(|table| table.remove(simhash));
        let lens = std::iter::once(first).chain(others.map(|left| left.map(|(_, left)| left)));
        for (block, left) in lens.enumerate() {
            self.crowds
                .note(block, simhash, left.unwrap_or_default(), all);
        }
    }

    /// Calls `found` with the articles that have exactly this fingerprint, first come first, until it
    /// returns false. It must not touch this index.
    pub fn articles(&self, simhash: SimHash, mut found: impl FnMut(Slot) -> bool) {
        if let Some(group) = self.groups.get(&simhash.0) {
            group.iter().all(|slot| found(*slot));
        } else if let Some(only) = self.first.get(simhash.0) {
            found(only);
        }
    }

    /// Number of different fingerprints.
    pub fn len(&self) -> usize {
        self.len.0.load(Ordering::Relaxed)
    }

    /// Whether it has no fingerprint.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives back memory that is not used any more. The tables do so by themselves.
    pub(crate) fn shrink(&self) {
        shrink_map(&self.groups);
    }

    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let others: usize = self.others.iter().map(Table::bytes).sum();
        let groups = self.groups.iter();
        let groups: usize = groups
            .map(|group| allocated::<Slot>(group.capacity()))
            .sum();
        self.first.bytes() + others + map_bytes(&self.groups) + groups
    }

    fn change(&self, simhash: SimHash) -> &Mutex<()> {
        // Any bits will do: fingerprints are hashes already.
        &self.changes[(simhash.0 % 64) as usize].0
    }
}

impl Default for HammingIndex {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
