//! The plain layouts on dashmap: four blocks of 16 bits, a vector for each value that occurs.

use std::sync::LazyLock;

use dashmap::DashMap;
use foldhash::fast::RandomState;

/// The fingerprints themselves stand in the vectors.
#[derive(Default)]
pub(crate) struct Inline(DashMap<u32, Vec<u64>, RandomState>);

/// Numbers stand in the vectors, the fingerprints elsewhere.
#[derive(Default)]
pub(crate) struct Ids(DashMap<u32, Vec<u32>, RandomState>);

impl Inline {
    pub(crate) fn insert(&self, code: u64) {
        for block in 0..4 {
            self.0.entry(key(block, code)).or_default().push(code);
        }
    }

    pub(crate) fn within(&self, query: u64, distance: u32, found: &mut dyn FnMut(u64)) {
        for (block, key) in probes(query, distance) {
            for code in self.0.get(&key).iter().flat_map(|bucket| bucket.iter()) {
                report(query ^ code, block, distance, || found(*code));
            }
        }
    }
}

impl Ids {
    pub(crate) fn insert(&self, codes: &[u64], id: u32) {
        for block in 0..4 {
            self.0
                .entry(key(block, codes[id as usize]))
                .or_default()
                .push(id);
        }
    }

    pub(crate) fn within(
        &self,
        codes: &[u64],
        query: u64,
        distance: u32,
        found: &mut dyn FnMut(u64),
    ) {
        for (block, key) in probes(query, distance) {
            for id in self.0.get(&key).iter().flat_map(|bucket| bucket.iter()) {
                let code = codes[*id as usize];
                report(query ^ code, block, distance, || found(code));
            }
        }
    }
}

fn key(block: u32, code: u64) -> u32 {
    block << 16 | u32::from((code >> (16 * block)) as u16)
}

/// One more than the most bits in which a block may differ, by the pigeonhole principle.
fn share(block: u32, distance: u32) -> u32 {
    (distance + 1) / 4 + u32::from(block < (distance + 1) % 4)
}

/// The values to look at.
fn probes(query: u64, distance: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..4).flat_map(move |block| {
        let masks = MASKS
            .iter()
            .filter(move |mask| mask.count_ones() < share(block, distance));
        masks.map(move |mask| (block, key(block, query) ^ u32::from(*mask)))
    })
}

/// Each once, from the first block in which it is near.
fn report(difference: u64, block: u32, distance: u32, found: impl FnOnce()) {
    let near = |block: u32| {
        let bits = ((difference >> (16 * block)) as u16).count_ones();
        bits < share(block, distance)
    };
    if difference.count_ones() <= distance && !(0..block).any(near) {
        found();
    }
}

/// The values with at most three bits set, fewest first.
static MASKS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut masks: Vec<u16> = (0..=u16::MAX)
        .filter(|mask| mask.count_ones() <= 3)
        .collect();
    masks.sort_by_key(|mask| mask.count_ones());
    masks
});
