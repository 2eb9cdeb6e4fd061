//! How far to look in each block, so that nothing within a distance is missed and no more is compared than
//! need be.
//!
//! If two fingerprints differ in at most k bits, and the thresholds of the blocks add up to k - 3, then in at
//! least one block they differ in at most its threshold: else they would differ in at least
//! `(t0 + 1) + … + (t3 + 1) = k + 1`. A block of threshold -1 need not be looked at. Even thresholds are
//! best where all values of a block are equally common. Where very many fingerprints have one value,
//! which whoever crafts texts can bring about, the other blocks are looked at a little further instead.
//!
//! Multi-index hashing: Norouzi, Punjani, Fleet (CVPR 2012); thresholds by cost are the general pigeonhole
//! principle of Qin and others ("GPH", ICDE 2018).

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use super::table::Block;
use crate::wide::{Wide, Work, run_wide};

/// The most bits in which each block may differ; `None` if the block need not be looked at.
pub(super) type Plan = [Option<u32>; Block::COUNT];

/// A value of a block is crowded if more fingerprints than this have it, and eight times as many as the
/// average value.
const CROWD: usize = 1024;

/// So many crowded values are known at most: each costs every lookup a nanosecond.
const MOST_CROWDED: usize = 4096;

/// What reaching a bucket costs, in fingerprints compared meanwhile.
const REACH: usize = 128;

/// Greatest threshold that a plan has.
const MOST: u32 = Block::BITS;

/// The crowded values.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    any: AtomicBool,
    /// Of each block.
    values: RwLock<[Vec<Crowd>; Block::COUNT]>,
}

#[derive(Clone, Copy, Debug)]
struct Crowd {
    value: u16,
    len: u32,
}

impl Crowds {
    /// Takes note that now `len` of `all` fingerprints have the value that `simhash` has in a block. It only
    /// looks at every [`CROWD`]th.
    pub(super) fn note(&self, block: usize, simhash: u64, len: usize, all: usize) {
        if !len.is_multiple_of(CROWD) || len == 0 && !self.any.load(Ordering::Relaxed) {
            return;
        }
        let value = Block(block as u32).value(simhash);
        let average = all >> Block::BITS;
        let mut values = self.values.write();
        values[block].retain(|crowd| crowd.value != value);
        let known: usize = values.iter().map(Vec::len).sum();
        if len > 0 && len >= 8 * average && known < MOST_CROWDED {
            let len = len.try_into().unwrap_or(u32::MAX);
            values[block].push(Crowd { value, len });
        }
        let any = values.iter().any(|crowds| !crowds.is_empty());
        self.any.store(any, Ordering::Relaxed);
    }

    /// The same, where so many were added at once.
    pub(super) fn note_all(&self, block: usize, simhash: u64, len: usize, all: usize) {
        if len >= CROWD {
            self.note(block, simhash, len / CROWD * CROWD, all);
        }
    }

    /// Where to look for what is within `distance` bits of `simhash` among `all` fingerprints; how many these are is asked
    /// only where that matters, since whoever adds one writes it.
    pub(super) fn plan(&self, simhash: u64, distance: u32, all: impl FnOnce() -> usize) -> Plan {
        if !self.any.load(Ordering::Relaxed) {
            return even(distance);
        }
        let average = REACH + (all() >> Block::BITS);
        let mut cost = [[0; MOST as usize + 1]; Block::COUNT];
        for threshold in 0..=distance.min(MOST) {
            let all = cost.iter_mut();
            all.for_each(|block| block[threshold as usize] = values_within(threshold) * average);
        }
        for ((block, crowds), cost) in (0..).zip(&*self.values.read()).zip(&mut cost) {
            let mut by_bits = [0; MOST as usize + 1];
            let value = Block(block).value(simhash);
            run_wide(Gather(crowds, value, &mut by_bits));
            let mut within = 0;
            for (cost, len) in cost.iter_mut().zip(by_bits) {
                within += len;
                *cost += within;
            }
        }
        cheapest(distance, &cost)
    }
}

/// Adds up the crowds by the bits in which each differs from a value.
struct Gather<'a>(&'a [Crowd], u16, &'a mut [usize; MOST as usize + 1]);

impl Work for Gather<'_> {
    #[inline(always)]
    fn run(self, _: impl Wide) {
        let Self(crowds, value, by_bits) = self;
        for crowd in crowds {
            by_bits[(crowd.value ^ value).count_ones() as usize] += crowd.len as usize;
        }
    }
}

/// The thresholds that differ least from each other.
pub(super) fn even(distance: u32) -> Plan {
    let spread = distance + 1;
    std::array::from_fn(|block| {
        let blocks = Block::COUNT as u32;
        let share = spread / blocks + u32::from((block as u32) < spread % blocks);
        share.checked_sub(1)
    })
}

/// The thresholds that cost least, if a block costs so much with a threshold of 0, 1 and so on.
fn cheapest(distance: u32, cost: &[[usize; MOST as usize + 1]; Block::COUNT]) -> Plan {
    // For each number of bits to be spread over the blocks so far: what that costs, and how.
    let mut best = vec![(usize::MAX, Plan::default()); distance as usize + 2];
    best[0].0 = 0;
    for (block, cost) in cost.iter().enumerate() {
        for spread in (1..best.len()).rev() {
            for share in 1..=spread.min(cost.len()) {
                let (before, mut plan) = best[spread - share];
                let sum = before.saturating_add(cost[share - 1]);
                if sum < best[spread].0 {
                    plan[block] = Some(share as u32 - 1);
                    best[spread] = (sum, plan);
                }
            }
        }
    }
    best[distance as usize + 1].1
}

/// Number of values of a block within so many bits of one.
fn values_within(bits: u32) -> usize {
    let mut binomial = 1;
    let mut sum = 1;
    for n in 1..=bits.min(Block::BITS) as usize {
        binomial = binomial * (Block::BITS as usize + 1 - n) / n;
        sum += binomial;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_three_looks_at_one_bucket_a_table() {
        assert_eq!(even(3), [Some(0); 4]);
        assert_eq!(even(0), [Some(0), None, None, None]);
        assert_eq!(even(6), [Some(1), Some(1), Some(1), Some(0)]);
        assert_eq!(even(12), [Some(3), Some(2), Some(2), Some(2)]);
    }

    #[test]
    fn values_are_counted() {
        assert_eq!([0, 1, 2, 3].map(values_within), [1, 17, 137, 697]);
        assert_eq!(values_within(16), 1 << 16);
    }

    #[test]
    fn a_crowd_is_gone_round() {
        let crowds = Crowds::default();
        assert_eq!(crowds.plan(7, 3, || 1 << 20), even(3));
        crowds.note(1, 7 << 16, CROWD - 1, 1 << 20);
        assert_eq!(crowds.plan(7 << 16, 3, || 1 << 20), even(3));
        crowds.note(1, 7 << 16, 100 * CROWD, 1 << 20);
        let round = crowds.plan(7 << 16, 3, || 1 << 20);
        assert_eq!(round[1], None);
        // Still no miss.
        let spread: u32 = round.iter().flatten().map(|threshold| threshold + 1).sum();
        assert_eq!(spread, 4);
        // Others need not go round it, unless they would come by.
        assert_eq!(crowds.plan(6 << 16, 3, || 1 << 20), even(3));
        assert_eq!(crowds.plan(6 << 16, 6, || 1 << 20)[1], Some(0));
        crowds.note(1, 7 << 16, 0, 1 << 20);
        assert_eq!(crowds.plan(7 << 16, 3, || 1 << 20), even(3));
    }

    #[test]
    fn thresholds_add_up_whatever_they_cost() {
        for distance in 0..=12 {
            for dear in 0..Block::COUNT {
                let mut cost: [[usize; MOST as usize + 1]; Block::COUNT] =
                    std::array::from_fn(|_| std::array::from_fn(|t| values_within(t as u32)));
                cost[dear].iter_mut().for_each(|cost| *cost += 1_000_000);
                let plan = cheapest(distance, &cost);
                let spread: u32 = plan.iter().flatten().map(|threshold| threshold + 1).sum();
                assert_eq!((spread, plan[dear]), (distance + 1, None));
            }
        }
    }
}
