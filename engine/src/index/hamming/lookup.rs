//! The walk of a lookup through the tables, as far in each as the plan says.

use super::{HammingIndex, MAX_DISTANCE};
use crate::{
    fingerprint::SimHash,
    index::{plan::Plan, table::Block},
    wide::{Wide, Work, run_wide},
};

impl HammingIndex {
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
    pub(super) fn look_up(
        &self,
        wide: impl Wide,
        simhash: SimHash,
        distance: u32,
        mut found: impl FnMut(SimHash, u32) -> bool,
    ) {
        let distance = distance.min(MAX_DISTANCE);
        let plan = self.crowds.plan(simhash.0, distance, || self.len());
        // Found in every block in which it is near enough, reported from the first one.
        let mut report = |block: usize, difference: u64| {
            !is_first(difference, block, &plan)
                || found(SimHash(simhash.0 ^ difference), difference.count_ones())
        };
        if plan == [Some(0); Block::COUNT] {
            return self.within_own(wide, simhash.0, distance, report);
        }
        let mut go_on = true;
        if let Some(threshold) = plan[0] {
            let report = |difference| report(0, difference);
            go_on = self
                .first
                .near(wide, simhash.0, (threshold, distance), report);
        }
        for (table, block) in self.others.iter().zip(1..) {
            if let (true, Some(threshold)) = (go_on, plan[block]) {
                let report = |difference| report(block, difference);
                go_on = table.near(wide, simhash.0, (threshold, distance), report);
            }
        }
    }

    /// As [`HammingIndex::within`], where one bucket of each table is looked at.
    ///
    /// What that waits for is memory, in each table for where the bucket is and then for what is in it, and no
    /// processor reads on while it takes or gives back a lock. So the lines of all four locks are asked for before the
    /// first is taken, and all four rows are locked before the first is read: in one order, which who adds keeps to as
    /// well and nobody else has two, so none can wait in a circle.
    #[inline(always)]
    fn within_own(
        &self,
        wide: impl Wide,
        simhash: u64,
        distance: u32,
        mut report: impl FnMut(usize, u64) -> bool,
    ) {
        self.first.prefetch_row(simhash);
        (self.others.iter()).for_each(|table| table.prefetch_row(simhash));
        let first = self.first.own(simhash);
        let others = self.others.each_ref().map(|table| table.own(simhash));
        first.prefetch(simhash);
        others.iter().for_each(|row| row.prefetch(simhash));
        let mut go_on = first.near(wide, simhash, distance, |difference| report(0, difference));
        for (row, block) in others.iter().zip(1..) {
            let report = |difference| report(block, difference);
            go_on = go_on && row.near(wide, simhash, distance, report);
        }
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
    fn run(self, wide: impl Wide) {
        self.index
            .look_up(wide, self.simhash, self.distance, self.found);
    }
}

/// Whether no block before `block` is within its threshold.
fn is_first(difference: u64, block: usize, plan: &Plan) -> bool {
    !(0..block).any(|earlier| {
        let bits = Block(earlier as u32).value(difference).count_ones();
        plan[earlier].is_some_and(|most| bits <= most)
    })
}
