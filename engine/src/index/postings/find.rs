//! Who posts the hashes of a text.
//!
//! What a lookup waits for is far memory, and a lock makes a processor wait for all that it has begun to read. So
//! the hashes of a text are looked up shard by shard of the map, several under one lock: their lists are then
//! fetched together.

use super::{Holders, Posting, Postings, kind, list};
use crate::index::Slot;

/// So many lists are fetched together.
const TOGETHER: usize = 8;

impl Postings {
    /// Calls `found` with each article that posts a hash, and says how many they are.
    pub(crate) fn find(&self, hash: u32, found: impl FnMut(Slot)) -> Holders {
        let list = self.lists.get(&list(hash));
        let postings = list.as_ref().map_or(&[][..], |list| list.postings());
        with_hash(postings, hash, found)
    }

    /// Calls `found` with each article that posts one of the hashes, as often as it posts any, and says of each
    /// hash how many they are.
    pub(crate) fn find_all(&self, hashes: &[u32], mut found: impl FnMut(Slot)) -> Vec<Holders> {
        let mut holders = vec![Holders::default(); hashes.len()];
        let mut places: Vec<_> = (hashes.iter().enumerate())
            .map(|(place, hash)| {
                let key = self.lists.hash_usize(&list(*hash));
                (self.lists.determine_shard(key), place, key)
            })
            .collect();
        places.sort_unstable();
        for places in places.chunk_by(|one, other| one.0 == other.0) {
            let shard = self.lists.shards()[places[0].0].read();
            for places in places.chunks(TOGETHER) {
                let mut lists = [None; TOGETHER];
                for ((_, place, key), found) in places.iter().zip(&mut lists) {
                    let list = list(hashes[*place]);
                    *found = shard.get(*key as u64, |(other, _)| *other == list);
                }
                // A longer list is further away by two steps.
                let postings =
                    lists.map(|list| list.map_or(&[][..], |(_, list)| list.get().postings()));
                for ((_, place, _), postings) in places.iter().zip(postings) {
                    holders[*place] = with_hash(postings, hashes[*place], &mut found);
                }
            }
        }
        holders
    }
}

/// Calls `found` with each article that posts a hash, among those of its list.
fn with_hash(postings: &[Posting], hash: u32, mut found: impl FnMut(Slot)) -> Holders {
    let mut holders = Holders::default();
    let kind = kind(hash);
    for posting in postings.iter().filter(|other| other.kind & !1 == kind) {
        match posting.is_story() {
            true => holders.stories += 1,
            false => holders.copies += 1,
        }
        found(posting.slot());
    }
    holders
}
