//! Who posts the hashes of a text.
//!
//! What a lookup waits for is far memory, and a lock makes a processor wait for all that it has begun to read. So
//! the hashes of a text are looked up shard by shard, several under one lock: their cells are then fetched
//! together.

use super::{Holders, Postings};
use crate::index::Slot;

/// So many cells are fetched together.
const TOGETHER: usize = 8;

impl Postings {
    /// Calls `found` with each article that posts a hash, and says how many they are.
    pub(crate) fn find(&self, hash: u32, mut found: impl FnMut(Slot)) -> Holders {
        let mut holders = Holders::default();
        let shard = self.shards[self.shard(hash)].read();
        if let Some(cell) = shard.cell(hash) {
            cell.with_hash(hash, |slot, is_story| {
                holders.add(is_story);
                found(slot);
            });
        }
        holders
    }

    /// Calls `found` with each article that posts one of the hashes, as often as it posts any, and says of each
    /// hash how many they are.
    pub(crate) fn find_all(&self, hashes: &[u32], mut found: impl FnMut(Slot)) -> Vec<Holders> {
        let mut holders = vec![Holders::default(); hashes.len()];
        let mut places: Vec<_> = (hashes.iter().enumerate())
            .map(|(place, hash)| (self.shard(*hash), place))
            .collect();
        places.sort_unstable();
        for places in places.chunk_by(|one, other| one.0 == other.0) {
            let shard = self.shards[places[0].0].read();
            for places in places.chunks(TOGETHER) {
                let mut cells = [None; TOGETHER];
                for ((_, place), cell) in places.iter().zip(&mut cells) {
                    *cell = shard.cell(hashes[*place]);
                }
                let all = cells.iter().flatten();
                std::hint::black_box(all.fold(0, |all, cell| all ^ cell.touch()));
                for ((_, place), cell) in places.iter().zip(cells) {
                    let holders = &mut holders[*place];
                    if let Some(cell) = cell {
                        cell.with_hash(hashes[*place], |slot, is_story| {
                            holders.add(is_story);
                            found(slot);
                        });
                    }
                }
            }
        }
        holders
    }
}
