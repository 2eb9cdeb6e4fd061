use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{index::Gathered, wide::Any};

/// What is found by the instructions that this processor has, which must be what any would find.
fn found(index: &HammingIndex, query: SimHash, distance: u32) -> Vec<(SimHash, u32)> {
    let (mut wide, mut portable) = (Vec::new(), Vec::new());
    index.within(query, distance, |simhash, bits| {
        wide.push((simhash, bits));
        true
    });
    index.look_up(Any, query, distance, |simhash, bits| {
        portable.push((simhash, bits));
        true
    });
    assert_eq!(wide, portable, "distance {distance}");
    wide.sort();
    wide
}

/// Rows and groups that are not empty.
fn held(index: &HammingIndex) -> usize {
    let others: usize = index.others.iter().map(Table::rows).sum();
    index.first.rows() + others + index.groups.len()
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
