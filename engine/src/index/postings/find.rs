//! Who posts the hashes of a text.
//!
//! What a lookup waits for is far memory, and a lock makes a processor wait for all that it has begun to read. So
//! the shards of several hashes of a text are locked before the first cell is read, and their cells then fetched
//! together: in one order, for reading, and whoever writes never has two, so none can wait in a circle.

use super::{Holders, Postings};
use crate::index::Slot;

/// So many cells are fetched together.
const TOGETHER: usize = 16;

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
        for places in places.chunks(TOGETHER) {
            let mut shards = [const { None }; TOGETHER];
            for (one, shard) in places
                .chunk_by(|one, other| one.0 == other.0)
                .zip(&mut shards)
            {
                *shard = Some((self.shards[one[0].0].read(), one));
            }
            let mut cells = [None; TOGETHER];
            let all = (shards.iter().flatten()).flat_map(|(shard, places)| {
                (places.iter()).map(|(_, place)| (shard.cell(hashes[*place]), *place))
            });
            for (cell, found) in cells.iter_mut().zip(all) {
                *cell = Some(found);
            }
            let cells = cells.iter().flatten();
            let all = cells.clone().filter_map(|(cell, _)| *cell);
            // How many lines a cell has is known before any is read: a processor that guesses it wrong begins anew.
            std::hint::black_box(all.clone().fold(0, |all, cell| all ^ cell.len()));
            std::hint::black_box(all.fold(0, |all, cell| all ^ cell.touch()));
            for (cell, place) in cells {
                let holders = &mut holders[*place];
                if let Some(cell) = cell {
                    cell.with_hash(hashes[*place], |slot, is_story| {
                        holders.add(is_story);
                        found(slot);
                    });
                }
            }
        }
        holders
    }
}
