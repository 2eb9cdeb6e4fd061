//! Many fingerprints at once, into an index that is empty: sorted, so that what lies side by side in a table is
//! put there one after the other.

use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::HammingIndex;
use crate::{
    fingerprint::SimHash,
    index::{Gathered, Part, Slot, gather::PART_BITS, share_out, table::Table},
};

impl HammingIndex {
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
            self.len.0.fetch_add(entries.len(), Ordering::Relaxed);
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
}
