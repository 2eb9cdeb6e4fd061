//! All fingerprints within a Hamming distance, without a scan and without a miss.
//!
//! A fingerprint is cut into four blocks of 16 bits, each with a [`Table`] from the block's value to the
//! fingerprints that have it. A [`plan`](super::plan) says how far to look in each; at a distance of 3 it
//! is one bucket a table.

use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::Mutex;

use super::{
    Gathered, Part, Slot,
    gather::PART_BITS,
    memory::{allocated, grow, map_bytes, shrink, shrink_map},
    plan::{Crowds, Plan},
    share_out,
    table::{Block, Table},
    wide::{Work, run_wide},
};
use crate::fingerprint::SimHash;

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
    groups: DashMap<u64, Vec<Slot>, RandomState>,
    crowds: Crowds,
    /// Number of different fingerprints.
    len: AtomicUsize,
    /// Serialises changes of one fingerprint, so that whoever adds a second article to it returns only
    /// after the first has put it into every table.
    changes: [Mutex<()>; 64],
}

impl HammingIndex {
    /// An empty index.
    pub fn new() -> Self {
        Self {
            first: Table::new(Block(0)),
            others: [1, 2, 3].map(|block| Table::new(Block(block))),
            groups: DashMap::default(),
            crowds: Crowds::default(),
            len: AtomicUsize::new(0),
            changes: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    /// Adds an article.
    pub fn insert(&self, simhash: SimHash, slot: Slot) {
        let _change = self.change(simhash).lock();
        let simhash = simhash.0;
        if let Some(mut group) = self.groups.get_mut(&simhash) {
            grow(&mut group, 4);
            group.push(slot);
            return;
        }
        if let Some(first) = self.first.get(simhash) {
            self.groups.insert(simhash, vec![first, slot]);
            return;
        }
        let all = self.len.fetch_add(1, Ordering::Relaxed) + 1;
        let others = self.others.iter().map(|table| table.insert(simhash, ()));
        let lens = std::iter::once(self.first.insert(simhash, slot)).chain(others);
        for (block, len) in lens.enumerate().filter(|(_, len)| *len > 0) {
            self.crowds.note(block, simhash, len, all);
        }
    }

    /// Gathers an article for [`HammingIndex::fill`].
    pub(crate) fn gather(simhash: SimHash, slot: Slot, gathered: &mut Gathered<u128>) {
        let part = simhash.0 >> (u64::BITS - PART_BITS);
        gathered.push(
            part as u32,
            u128::from(simhash.0) << 32 | u128::from(slot.0),
        );
    }

    /// Adds all of these to an index that is empty, as if one after the other had been added in the order of
    /// their slots.
    pub(crate) fn fill(&self, articles: Vec<Part<u128>>) {
        let distinct = Mutex::new(Vec::new());
        let group = |part: Part<u128>| {
            let mut entries = part.sorted();
            let simhash = |entry: &u128| (entry >> 32) as u64;
            let slot = |entry: &u128| Slot(*entry as u32);
            for equal in entries.chunk_by(|one, other| simhash(one) == simhash(other)) {
                if equal.len() > 1 {
                    let group = equal.iter().map(slot).collect();
                    self.groups.insert(simhash(&equal[0]), group);
                }
            }
            entries.dedup_by_key(|entry| simhash(entry));
            self.len.fetch_add(entries.len(), Ordering::Relaxed);
            distinct.lock().push(entries);
        };
        let group = &group;
        share_out(
            articles
                .into_iter()
                .map(|part| Box::new(move || group(part)) as _)
                .collect(),
        );
        let distinct = &distinct.into_inner();
        share_out(vec![
            Box::new(|| self.fill_table(&self.first, 0, |slot| slot, distinct)),
            Box::new(|| self.fill_table(&self.others[0], 1, |_| (), distinct)),
            Box::new(|| self.fill_table(&self.others[1], 2, |_| (), distinct)),
            Box::new(|| self.fill_table(&self.others[2], 3, |_| (), distinct)),
        ]);
    }

    fn fill_table<P: Copy + Default>(
        &self,
        table: &Table<P>,
        block: usize,
        with: impl Fn(Slot) -> P + Copy,
        distinct: &[Vec<u128>],
    ) {
        let mut gathered = Gathered::default();
        for entry in distinct.iter().flatten() {
            table.gather((entry >> 32) as u64, Slot(*entry as u32), &mut gathered);
        }
        let all = self.len();
        for part in Gathered::parts(std::iter::once(&mut gathered)) {
            table.fill(part, with, |simhash, len| {
                self.crowds.note_all(block, simhash, len, all);
            });
        }
    }

    /// Takes an article out. Must name the fingerprint under which it was added.
    pub fn remove(&self, simhash: SimHash, slot: Slot) {
        let _change = self.change(simhash).lock();
        let simhash = simhash.0;
        let mut others = None;
        self.groups.remove_if_mut(&simhash, |_, group| {
            if let Some(place) = group.iter().position(|other| *other == slot) {
                group.remove(place);
                shrink(group);
            }
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
        let all = self.len.fetch_sub(1, Ordering::Relaxed) - 1;
        let first = self.first.remove(simhash).map(|(_, left)| left);
        let others = self.others.iter().map(|table| table.remove(simhash));
        let lens = std::iter::once(first).chain(others.map(|left| left.map(|(_, left)| left)));
        for (block, left) in lens.enumerate() {
            self.crowds
                .note(block, simhash, left.unwrap_or_default(), all);
        }
    }

    /// Calls `found` once for each different fingerprint within `distance` bits of `simhash`, in no
    /// particular order, with how many bits it differs in, until it returns false.
    ///
    /// What is added or removed meanwhile may be found or not. `found` must not touch this index:
    /// it is called while a part of it is locked for reading.
    pub fn within(&self, simhash: SimHash, distance: u32, found: impl FnMut(SimHash, u32) -> bool) {
        run_wide(Lookup {
            index: self,
            simhash,
            distance,
            found,
        });
    }

    #[inline(always)]
    fn look_up(
        &self,
        simhash: SimHash,
        distance: u32,
        mut found: impl FnMut(SimHash, u32) -> bool,
    ) {
        let distance = distance.min(MAX_DISTANCE);
        let all = self.len.load(Ordering::Relaxed);
        let plan = self.crowds.plan(simhash.0, distance, all);
        // Found in every block in which it is near enough, reported from the first one.
        let mut report = |block: usize, difference: u64| {
            !is_first(difference, block, &plan)
                || found(SimHash(simhash.0 ^ difference), difference.count_ones())
        };
        if plan == [Some(0); Block::COUNT] {
            return self.within_own(simhash.0, distance, report);
        }
        let mut go_on = true;
        if let Some(threshold) = plan[0] {
            let report = |difference| report(0, difference);
            go_on = self.first.near(simhash.0, threshold, distance, report);
        }
        for (table, block) in self.others.iter().zip(1..) {
            if let (true, Some(threshold)) = (go_on, plan[block]) {
                let report = |difference| report(block, difference);
                go_on = table.near(simhash.0, threshold, distance, report);
            }
        }
    }

    /// As [`HammingIndex::within`], where one bucket of each table is looked at.
    ///
    /// What that waits for is memory, in each table for where the bucket is and then for what is in it, and no
    /// processor reads on while it takes or gives back a lock. So all four cells are locked before the first is
    /// read: in one order, for reading, and whoever writes never has two, so none can wait in a circle.
    #[inline(always)]
    fn within_own(&self, simhash: u64, distance: u32, mut report: impl FnMut(usize, u64) -> bool) {
        let first = self.first.own(simhash);
        let others = self.others.each_ref().map(|table| table.own(simhash));
        first.iter().for_each(|cell| cell.touch(simhash));
        others.iter().flatten().for_each(|cell| cell.touch(simhash));
        let mut go_on = true;
        if let Some(cell) = first {
            go_on = cell.near(simhash, distance, |difference| report(0, difference));
        }
        for (cell, block) in others.iter().zip(1..) {
            if let (true, Some(cell)) = (go_on, cell) {
                go_on = cell.near(simhash, distance, |difference| report(block, difference));
            }
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
        self.len.load(Ordering::Relaxed)
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
        &self.changes[(simhash.0 % 64) as usize]
    }
}

/// A [`HammingIndex::within`].
struct Lookup<'a, F> {
    index: &'a HammingIndex,
    simhash: SimHash,
    distance: u32,
    found: F,
}

impl<F: FnMut(SimHash, u32) -> bool> Work for Lookup<'_, F> {
    #[inline(always)]
    fn run(self) {
        self.index.look_up(self.simhash, self.distance, self.found);
    }
}

impl Default for HammingIndex {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether no block before `block` is within its threshold.
fn is_first(difference: u64, block: usize, plan: &Plan) -> bool {
    !(0..block).any(|earlier| {
        let bits = Block(earlier as u32).value(difference).count_ones();
        plan[earlier].is_some_and(|most| bits <= most)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// What is found by the instructions that this processor has, which must be what any would find.
    fn found(index: &HammingIndex, query: SimHash, distance: u32) -> Vec<(SimHash, u32)> {
        let (mut wide, mut portable) = (Vec::new(), Vec::new());
        index.within(query, distance, |simhash, bits| {
            wide.push((simhash, bits));
            true
        });
        index.look_up(query, distance, |simhash, bits| {
            portable.push((simhash, bits));
            true
        });
        assert_eq!(wide, portable, "distance {distance}");
        wide.sort();
        wide
    }

    /// Cells and groups that are not empty.
    fn held(index: &HammingIndex) -> usize {
        let others: usize = index.others.iter().map(Table::cells).sum();
        index.first.cells() + others + index.groups.len()
    }

    /// Fingerprints in clouds, so that every distance from 0 to beyond 12 occurs.
    fn clouds() -> impl Strategy<Value = Vec<u64>> {
        let flips = proptest::collection::vec(0u32..64, 0..16);
        let point = (0usize..4, flips);
        (
            proptest::collection::vec(any::<u64>(), 4),
            proptest::collection::vec(point, 1..120),
        )
            .prop_map(|(centres, points)| {
                let place = |(centre, flips): (usize, Vec<u32>)| {
                    flips
                        .iter()
                        .fold(centres[centre], |simhash, bit| simhash ^ 1 << bit)
                };
                points.into_iter().map(place).collect()
            })
    }

    proptest! {
        #[test]
        fn nothing_within_any_distance_is_missed(points in clouds(), removed in any::<u64>()) {
            let index = HammingIndex::new();
            let mut present = BTreeMap::new();
            for (slot, point) in points.iter().enumerate() {
                index.insert(SimHash(*point), Slot(slot as u32));
                present.insert(slot, *point);
            }
            for (slot, point) in points.iter().enumerate() {
                if removed >> (slot % 64) & 1 == 1 {
                    index.remove(SimHash(*point), Slot(slot as u32));
                    present.remove(&slot);
                }
            }
            let distinct: std::collections::BTreeSet<u64> = present.values().copied().collect();
            prop_assert_eq!(index.len(), distinct.len());
            for query in points.iter().take(20).copied().map(SimHash) {
                for distance in 0..=MAX_DISTANCE {
                    let scan: Vec<_> = distinct
                        .iter()
                        .map(|other| (SimHash(*other), query.distance(SimHash(*other))))
                        .filter(|(_, bits)| *bits <= distance)
                        .collect();
                    prop_assert_eq!(found(&index, query, distance), scan, "distance {}", distance);
                }
                let mut behind = Vec::new();
                index.articles(query, |slot| { behind.push(slot.0 as usize); true });
                let expected: Vec<_> = present.iter().filter(|(_, point)| **point == query.0).map(|(slot, _)| *slot).collect();
                prop_assert_eq!(behind, expected);
            }
        }
    }

    /// Many fingerprints of few values in three blocks, and one value of the last that is crowded.
    fn crowded() -> Vec<u64> {
        let hash = |n: u64| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes());
        let ordinary = (0..20_000).map(|n| hash(n) & 0xffff_03ff_f00f_07ff);
        let crowd = (20_000..40_000).map(|n| hash(n) >> 16);
        ordinary.chain(crowd).collect()
    }

    #[test]
    fn nothing_is_missed_in_full_buckets_and_crowds() {
        let index = HammingIndex::new();
        let points = crowded();
        for (slot, point) in points.iter().enumerate() {
            index.insert(SimHash(*point), Slot(slot as u32));
        }
        let holds_all = |points: &[u64]| {
            let distinct: std::collections::BTreeSet<u64> = points.iter().copied().collect();
            assert_eq!(index.len(), distinct.len());
            for query in points.iter().step_by(points.len() / 40) {
                for distance in 0..=MAX_DISTANCE {
                    // Not only indexed ones are asked for.
                    let query = SimHash(query ^ 1 << (3 * distance));
                    let near = |other: &u64| {
                        let bits = query.distance(SimHash(*other));
                        (bits <= distance).then_some((SimHash(*other), bits))
                    };
                    let scan: Vec<_> = distinct.iter().filter_map(near).collect();
                    assert_eq!(found(&index, query, distance), scan, "distance {distance}");
                }
            }
        };
        holds_all(&points);
        // Fewer and fewer, through every size of a cell.
        let before = index.bytes();
        for left in [30_000, 3_000, 300] {
            for (slot, point) in points.iter().enumerate().skip(left) {
                index.remove(SimHash(*point), Slot(slot as u32));
            }
            holds_all(&points[..left]);
        }
        assert!(index.bytes() < before / 2, "memory is given back");
        for (slot, point) in points.iter().enumerate() {
            index.remove(SimHash(*point), Slot(slot as u32));
        }
        assert_eq!((index.len(), held(&index)), (0, 0));
    }

    #[test]
    fn what_is_filled_at_once_is_found_and_goes_again() {
        let (one_by_one, at_once) = (HammingIndex::new(), HammingIndex::new());
        let mut gathered = Gathered::default();
        // Some twice, and some three times.
        let points = crowded();
        let points: Vec<_> = points
            .iter()
            .chain(&points[..300])
            .chain(&points[200..400])
            .collect();
        for (slot, point) in points.iter().enumerate() {
            one_by_one.insert(SimHash(**point), Slot(slot as u32));
            HammingIndex::gather(SimHash(**point), Slot(slot as u32), &mut gathered);
        }
        at_once.fill(Gathered::parts(std::iter::once(&mut gathered)));
        assert_eq!(at_once.len(), one_by_one.len());
        let behind = |index: &HammingIndex, point| {
            let mut slots = Vec::new();
            index.articles(point, |slot| {
                slots.push(slot);
                true
            });
            slots
        };
        for point in points.iter().step_by(97) {
            let query = SimHash(*point ^ 5);
            for distance in [0, 3, 8, 12] {
                let [expected, filled] =
                    [&one_by_one, &at_once].map(|index| found(index, query, distance));
                assert_eq!(filled, expected, "distance {distance}");
            }
            let point = SimHash(**point);
            assert_eq!(behind(&at_once, point), behind(&one_by_one, point));
        }
        for (slot, point) in points.iter().enumerate() {
            at_once.remove(SimHash(**point), Slot(slot as u32));
        }
        assert_eq!((at_once.len(), held(&at_once)), (0, 0));
    }

    #[test]
    fn a_lookup_ends_when_enough_is_found() {
        let index = HammingIndex::new();
        for (slot, point) in crowded().into_iter().enumerate() {
            index.insert(SimHash(point), Slot(slot as u32));
        }
        let mut found = 0;
        index.within(SimHash(0), MAX_DISTANCE, |_, _| {
            found += 1;
            found < 3
        });
        assert_eq!(found, 3);
    }

    #[test]
    fn an_emptied_index_keeps_nothing() {
        let index = HammingIndex::new();
        index.insert(SimHash(7), Slot(0));
        index.insert(SimHash(7), Slot(1));
        index.remove(SimHash(7), Slot(0));
        assert_eq!(index.len(), 1);
        index.remove(SimHash(7), Slot(1));
        assert_eq!((index.len(), held(&index)), (0, 0));
    }

    #[test]
    fn what_was_added_is_found_while_others_add_and_remove() {
        let index = HammingIndex::new();
        std::thread::scope(|scope| {
            for thread in 0..4u64 {
                let index = &index;
                scope.spawn(move || {
                    for n in 0..2_000u64 {
                        // Each fingerprint is shared by all threads and by the bits above, so that
                        // groups and buckets are contended.
                        let simhash = SimHash(n % 50 * 0x0001_0001_0000_0001);
                        let slot = Slot((n * 4 + thread) as u32);
                        index.insert(simhash, slot);
                        let near = SimHash(simhash.0 ^ 1 << (n % 64));
                        let mut seen = false;
                        index.within(near, 1, |other, _| {
                            seen |= other == simhash;
                            true
                        });
                        assert!(seen, "an added fingerprint was not found");
                        index.remove(simhash, slot);
                    }
                });
            }
        });
        assert_eq!((index.len(), held(&index)), (0, 0));
    }
}
