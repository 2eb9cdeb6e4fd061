//! Who posts the hashes of a text.
//!
//! What a lookup waits for is far memory, and a lock makes a processor wait for all that it has begun to read. So
//! the shards of several hashes of a text are locked before the first cell is read, and their cells then fetched
//! together: in one order, for reading, and whoever writes never has two, so none can wait in a circle.

use super::{Holders, MOST_SHARD_BITS, Postings};
use crate::{index::Slot, spread};

/// So many cells are fetched together.
const TOGETHER: usize = 16;

/// So many hashes are put in the order of their shards at once: a number of a shard and one of these are 32 bits.
const AT_ONCE: usize = 1 << (u32::BITS - MOST_SHARD_BITS);

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

    /// Calls `found` with the articles that post one of the hashes, for each that has any, and says of each hash how
    /// many they are.
    pub(crate) fn find_all(&self, hashes: &[u32], mut found: impl FnMut(&[Slot])) -> Vec<Holders> {
        let mut holders = vec![Holders::default(); hashes.len()];
        let (mut order, mut sorted, mut list) = (Vec::new(), Vec::new(), Vec::new());
        for (hashes, holders) in hashes.chunks(AT_ONCE).zip(holders.chunks_mut(AT_ONCE)) {
            order.clear();
            order.extend(hashes.iter().enumerate().map(|(n, hash)| {
                let (shard, _) = self.place(*hash);
                (shard * AT_ONCE + n) as u32
            }));
            spread::sort(&order, &mut sorted);
            for some in sorted.chunks(TOGETHER) {
                self.find_together(some, hashes, holders, &mut list, &mut found);
            }
        }
        holders
    }

    /// The same for a few of the hashes: `order` has the number of each one's shard and its own, and `list` is memory to
    /// work in.
    #[inline]
    fn find_together(
        &self,
        order: &[u32],
        hashes: &[u32],
        holders: &mut [Holders],
        list: &mut Vec<Slot>,
        mut found: impl FnMut(&[Slot]),
    ) {
        let shard_of = |one: &u32| *one as usize / AT_ONCE;
        let mut shards = [const { None }; TOGETHER];
        let of_shards = order.chunk_by(|one, other| shard_of(one) == shard_of(other));
        for (of_shard, shard) in of_shards.zip(&mut shards) {
            let (shard, of_shard) =
                shard.insert((self.shards[shard_of(&of_shard[0])].0.read(), of_shard));
            for one in of_shard.iter() {
                let (_, key) = self.place(hashes[*one as usize % AT_ONCE]);
                shard.prefetch(key);
            }
        }
        let mut cells = [None; TOGETHER];
        let all = (shards.iter().flatten()).flat_map(|(shard, of_shard)| {
            of_shard.iter().map(move |one| {
                let n = *one as usize % AT_ONCE;
                let (_, key) = self.place(hashes[n]);
                (&**shard, shard.cell(key), key, n)
            })
        });
        for (cell, found) in cells.iter_mut().zip(all) {
            found.1.inspect(|cell| cell.prefetch());
            *cell = Some(found);
        }
        let cells = cells.iter().flatten();
        for (shard, cell, key, n) in cells {
            if let Some(cell) = cell {
                let holders = &mut holders[*n];
                list.clear();
                shard.with_key(cell, *key, |slot, is_story| {
                    holders.add(is_story);
                    list.push(slot);
                });
                found(list);
            }
        }
    }
}
