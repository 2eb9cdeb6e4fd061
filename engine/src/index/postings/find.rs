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
        let (shard, key) = self.place(hash);
        let shard = self.shards[shard].0.read();
        if let Some(cell) = shard.cell(key) {
            shard.with_key(cell, key, |slot, is_story| {
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
        // One number each, since these are sorted without a branch.
        let by_shard = |(n, hash): (usize, &u32)| (self.place(*hash).0 as u64) << 32 | n as u64;
        let mut order: Vec<u64> = hashes.iter().enumerate().map(by_shard).collect();
        order.sort_unstable();
        for some in order.chunks(TOGETHER) {
            let mut shards = [const { None }; TOGETHER];
            let of_shards = some.chunk_by(|one, other| one >> 32 == other >> 32);
            for (of_shard, shard) in of_shards.zip(&mut shards) {
                let number = (of_shard[0] >> 32) as usize;
                *shard = Some((self.shards[number].0.read(), of_shard));
            }
            let mut cells = [None; TOGETHER];
            let all = (shards.iter().flatten()).flat_map(|(shard, of_shard)| {
                of_shard.iter().map(move |one| {
                    let n = *one as u32 as usize;
                    let (_, key) = self.place(hashes[n]);
                    (&**shard, shard.cell(key), key, n)
                })
            });
            for (cell, found) in cells.iter_mut().zip(all) {
                *cell = Some(found);
            }
            let cells = cells.iter().flatten();
            let all = cells.clone().filter_map(|(_, cell, ..)| *cell);
            std::hint::black_box(all.fold(0, |all, cell| all ^ cell.touch()));
            for (shard, cell, key, n) in cells {
                if let Some(cell) = cell {
                    let holders = &mut holders[*n];
                    shard.with_key(cell, *key, |slot, is_story| {
                        holders.add(is_story);
                        found(slot);
                    });
                }
            }
        }
        holders
    }
}
