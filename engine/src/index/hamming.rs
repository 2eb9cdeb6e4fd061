//! All fingerprints within a Hamming distance, without a scan and without a miss.
//!
//! A fingerprint is cut into four blocks of 16 bits, each with a table from the block's value to the
//! fingerprints that have it. If two fingerprints differ in at most k bits, and `t0 + t1 + t2 + t3 =
//! k - 3`, then in at least one block i they differ in at most `t_i` bits: else they would differ in
//! at least `(t0 + 1) + … + (t3 + 1) = k + 1`. So it is enough to look, in each table, at the values
//! within `t_i` bits of the query's; where `t_i` is -1 the table need not be looked at. At k = 3 that
//! is four lookups of one bucket each.
//!
//! Multi-index hashing: Norouzi, Punjani, Fleet (CVPR 2012); the uneven thresholds are the general
//! pigeonhole principle of Qin and others ("GPH", ICDE 2018).

use std::sync::LazyLock;

use dashmap::DashMap;
use foldhash::fast::RandomState;
use parking_lot::Mutex;

use super::{Slot, group::Group};
use crate::fingerprint::SimHash;

/// Greatest distance that can be asked for.
pub const MAX_DISTANCE: u32 = 12;

const BLOCKS: usize = 4;
const BLOCK_BITS: usize = 16;

/// Fingerprints and the articles behind them. Equal fingerprints are stored once.
#[derive(Debug)]
pub(crate) struct HammingIndex {
    /// (block number, block value) to the fingerprints that have it. The fingerprints themselves stand
    /// in the bucket, so that comparing them reads memory in order.
    buckets: DashMap<u32, Vec<u64>, RandomState>,
    groups: DashMap<u64, Group, RandomState>,
    /// Serialises changes of one fingerprint, so that whoever adds a second article to it returns only
    /// after the first has put it into every table.
    changes: [Mutex<()>; 64],
}

impl HammingIndex {
    pub(crate) fn new() -> Self {
        Self {
            buckets: DashMap::default(),
            groups: DashMap::default(),
            changes: std::array::from_fn(|_| Mutex::new(())),
        }
    }

    /// Adds an article.
    pub(crate) fn insert(&self, simhash: SimHash, slot: Slot) {
        let _change = self.change(simhash).lock();
        if let Some(mut group) = self.groups.get_mut(&simhash.0) {
            group.push(slot);
            return;
        }
        self.groups.insert(simhash.0, Group::One(slot));
        for block in 0..BLOCKS {
            self.buckets
                .entry(key(block, value(simhash.0, block)))
                .or_default()
                .push(simhash.0);
        }
    }

    /// Takes an article out. Must name the fingerprint under which it was added.
    pub(crate) fn remove(&self, simhash: SimHash, slot: Slot) {
        let _change = self.change(simhash).lock();
        let emptied = self
            .groups
            .remove_if_mut(&simhash.0, |_, group| group.remove(slot));
        if emptied.is_none() {
            return;
        }
        for block in 0..BLOCKS {
            let bucket = key(block, value(simhash.0, block));
            self.buckets.remove_if_mut(&bucket, |_, fingerprints| {
                if let Some(at) = fingerprints.iter().position(|other| *other == simhash.0) {
                    fingerprints.swap_remove(at);
                }
                fingerprints.is_empty()
            });
        }
    }

    /// Calls `found` once for each different fingerprint within `distance` bits of `simhash`, in no
    /// particular order, with how many bits it differs in.
    ///
    /// What is added or removed meanwhile may be found or not. `found` must not touch this index:
    /// it is called while a part of it is locked for reading.
    pub(crate) fn within(
        &self,
        simhash: SimHash,
        distance: u32,
        mut found: impl FnMut(SimHash, u32),
    ) {
        let thresholds = thresholds(distance.min(MAX_DISTANCE));
        for block in 0..BLOCKS {
            let Some(threshold) = thresholds[block] else {
                continue;
            };
            let near = value(simhash.0, block);
            for mask in &MASKS.0[..MASKS.1[threshold as usize]] {
                let Some(bucket) = self.buckets.get(&key(block, near ^ mask)) else {
                    continue;
                };
                for &other in bucket.iter() {
                    let difference = simhash.0 ^ other;
                    let bits = difference.count_ones();
                    // Found in every block in which it is near enough, reported from the first one.
                    if bits <= distance && is_first(difference, block, &thresholds) {
                        found(SimHash(other), bits);
                    }
                }
            }
        }
    }

    /// Calls `found` with the articles that have exactly this fingerprint, first come first, until it
    /// returns false. It must not touch this index.
    pub(crate) fn articles(&self, simhash: SimHash, found: impl FnMut(Slot) -> bool) {
        if let Some(group) = self.groups.get(&simhash.0) {
            let mut found = found;
            group.slots().iter().all(|slot| found(*slot));
        }
    }

    /// Number of different fingerprints.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        // A bucket's key, its vector and the fingerprint in it; a table is three quarters full on average.
        let buckets = self.buckets.capacity() * (size_of::<(u32, Vec<u64>)>() + 1);
        let entries: usize = self
            .buckets
            .iter()
            .map(|bucket| bucket.capacity() * size_of::<u64>())
            .sum();
        buckets + entries + self.groups.capacity() * (size_of::<(u64, Group)>() + 1)
    }

    fn change(&self, simhash: SimHash) -> &Mutex<()> {
        // Any bits will do: fingerprints are hashes already.
        &self.changes[(simhash.0 % 64) as usize]
    }
}

/// The most bits in which each block may differ; `None` if the block need not be looked at.
fn thresholds(distance: u32) -> [Option<u32>; BLOCKS] {
    let spread = distance + 1;
    std::array::from_fn(|block| {
        let blocks = BLOCKS as u32;
        let share = spread / blocks + u32::from((block as u32) < spread % blocks);
        share.checked_sub(1)
    })
}

/// Whether no block before `block` is within its threshold.
fn is_first(difference: u64, block: usize, thresholds: &[Option<u32>; BLOCKS]) -> bool {
    !(0..block).any(|earlier| {
        thresholds[earlier].is_some_and(|most| value(difference, earlier).count_ones() <= most)
    })
}

fn value(simhash: u64, block: usize) -> u32 {
    (simhash >> (block * BLOCK_BITS)) as u32 & 0xffff
}

fn key(block: usize, value: u32) -> u32 {
    (block as u32) << BLOCK_BITS | value
}

/// All 16-bit values with at most three bits set, fewest first, and how many have at most 0, 1, 2 and
/// 3: three is the greatest threshold that [`MAX_DISTANCE`] asks of a block.
static MASKS: LazyLock<(Vec<u32>, [usize; 4])> = LazyLock::new(|| {
    let mut masks: Vec<u32> = (0..1 << BLOCK_BITS)
        .filter(|mask: &u32| mask.count_ones() <= 3)
        .collect();
    masks.sort_by_key(|mask| mask.count_ones());
    let up_to = std::array::from_fn(|bits| {
        masks.partition_point(|mask| mask.count_ones() as usize <= bits)
    });
    (masks, up_to)
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn found(index: &HammingIndex, query: SimHash, distance: u32) -> Vec<(SimHash, u32)> {
        let mut found = Vec::new();
        index.within(query, distance, |simhash, bits| found.push((simhash, bits)));
        found.sort();
        found
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

    #[test]
    fn an_emptied_index_keeps_nothing() {
        let index = HammingIndex::new();
        index.insert(SimHash(7), Slot(0));
        index.insert(SimHash(7), Slot(1));
        index.remove(SimHash(7), Slot(0));
        assert_eq!(index.len(), 1);
        index.remove(SimHash(7), Slot(1));
        assert_eq!((index.len(), index.buckets.len()), (0, 0));
    }

    #[test]
    fn distance_three_looks_at_one_bucket_a_table() {
        assert_eq!(thresholds(3), [Some(0); 4]);
        assert_eq!(thresholds(0), [Some(0), None, None, None]);
        assert_eq!(thresholds(6), [Some(1), Some(1), Some(1), Some(0)]);
        assert_eq!(thresholds(12), [Some(3), Some(2), Some(2), Some(2)]);
        assert_eq!(MASKS.1, [1, 17, 137, 697]);
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
                        index.within(near, 1, |other, _| seen |= other == simhash);
                        assert!(seen, "an added fingerprint was not found");
                        index.remove(simhash, slot);
                    }
                });
            }
        });
        assert_eq!((index.len(), index.buckets.len()), (0, 0));
    }
}
