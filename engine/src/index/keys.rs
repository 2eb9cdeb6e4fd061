//! From a key, an id or the hash of a text, to the articles that have it.

use std::{
    collections::VecDeque,
    fmt,
    hash::{BuildHasher, Hash},
};

use dashmap::DashMap;
use foldhash::quality::RandomState;

use super::{
    Gathered, Part, Slot,
    gather::PART_BITS,
    memory::{allocated, map_bytes, push, shrink_map, take},
};

/// Keys are spread over this many buckets, in bits: of ten million articles a bucket has some eighty.
const BUCKET_BITS: u32 = 17;

/// Articles by 49 bits of the hash of their key: what is found is to be verified against the article.
/// The hash is one that nobody outside can foresee, so that no bucket can be filled on purpose.
#[derive(Default)]
pub(crate) struct Keys {
    hasher: RandomState,
    /// In each bucket, in the order in which they came, the other 32 bits of a hash and the article.
    buckets: DashMap<u32, VecDeque<(u32, Slot)>, foldhash::fast::RandomState>,
}

impl Keys {
    pub(crate) fn insert(&self, key: impl Hash, slot: Slot) {
        let (bucket, rest) = self.hash(key);
        let mut bucket = self.buckets.entry(bucket).or_default();
        push(&mut bucket, (rest, slot));
    }

    /// Gathers an entry for [`Keys::fill`].
    pub(crate) fn gather(&self, key: impl Hash, slot: Slot, gathered: &mut Gathered<u128>) {
        let (bucket, rest) = self.hash(key);
        let entry = u128::from(bucket) << 64 | u128::from(slot.0) << 32 | u128::from(rest);
        gathered.push(bucket >> (BUCKET_BITS - PART_BITS), entry);
    }

    /// Puts the entries of a part in, into buckets that are empty.
    pub(crate) fn fill(&self, part: Part<u128>) {
        let bucket = |entry: &u128| (entry >> 64) as u32;
        for entries in part
            .sorted()
            .chunk_by(|one, other| bucket(one) == bucket(other))
        {
            let slots = entries
                .iter()
                .map(|entry| (*entry as u32, Slot((entry >> 32) as u32)));
            self.buckets.insert(bucket(&entries[0]), slots.collect());
        }
    }

    pub(crate) fn remove(&self, key: impl Hash, slot: Slot) {
        let (bucket, rest) = self.hash(key);
        self.buckets.remove_if_mut(&bucket, |_, bucket| {
            take(bucket, &(rest, slot));
            bucket.is_empty()
        });
    }

    /// At most `limit` articles that have this key, first come first.
    pub(crate) fn find(&self, key: impl Hash, limit: usize) -> Vec<Slot> {
        let (bucket, rest) = self.hash(key);
        let Some(bucket) = self.buckets.get(&bucket) else {
            return Vec::new();
        };
        let found = bucket.iter().filter(|(other, _)| *other == rest);
        found.map(|(_, slot)| *slot).take(limit).collect()
    }

    /// At most `limit` articles that have this key, last come first, among those that stand before a place;
    /// and the place before which more may stand, 0 if there are none.
    pub(crate) fn latest(&self, key: impl Hash, before: usize, limit: usize) -> (Vec<Slot>, usize) {
        let (bucket, rest) = self.hash(key);
        let Some(bucket) = self.buckets.get(&bucket) else {
            return (Vec::new(), 0);
        };
        let mut found = Vec::new();
        for (place, (other, slot)) in bucket.iter().enumerate().take(before).rev() {
            if *other == rest {
                found.push(*slot);
            }
            if found.len() == limit {
                return (found, place);
            }
        }
        (found, 0)
    }

    /// Gives back memory that is not used any more.
    pub(crate) fn shrink(&self) {
        shrink_map(&self.buckets);
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let buckets = self.buckets.iter();
        let buckets: usize = buckets
            .map(|bucket| allocated::<(u32, Slot)>(bucket.capacity()))
            .sum();
        map_bytes(&self.buckets) + buckets
    }

    fn hash(&self, key: impl Hash) -> (u32, u32) {
        let hash = self.hasher.hash_one(key);
        ((hash >> (64 - BUCKET_BITS)) as u32, hash as u32)
    }
}

/// What it holds, without the seed of its hash.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.buckets.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_one_key_are_found_from_both_ends() {
        let keys = Keys::default();
        (0..1000).for_each(|n| keys.insert("one", Slot(n)));
        keys.insert("another", Slot(1000));
        assert_eq!(keys.find("one", 3), [0, 1, 2].map(Slot));
        keys.remove("one", Slot(1));
        assert_eq!(keys.find("one", 2), [0, 2].map(Slot));
        let (mut latest, mut before) = (Vec::new(), usize::MAX);
        while before > 0 {
            let (slots, left) = keys.latest("one", before, 64);
            latest.extend(slots);
            before = left;
        }
        let expected: Vec<_> = (0..1000).rev().filter(|n| *n != 1).map(Slot).collect();
        assert_eq!(latest, expected);
        assert_eq!(keys.find("none", 9), []);
        (0..1001).for_each(|n| keys.remove(if n < 1000 { "one" } else { "another" }, Slot(n)));
        assert_eq!(format!("{keys:?}"), "{}");
    }

    #[test]
    fn what_is_filled_at_once_is_found_in_order() {
        let keys = Keys::default();
        let mut gathered = [Gathered::default(), Gathered::default()];
        for n in (0..20_000u32).rev() {
            keys.gather(n % 5_000, Slot(n), &mut gathered[n as usize % 2]);
        }
        Gathered::parts(gathered.iter_mut())
            .into_iter()
            .for_each(|part| keys.fill(part));
        for n in 0..5_000 {
            let expected = [n, n + 5_000, n + 10_000, n + 15_000].map(Slot);
            assert_eq!(keys.find(n, 9), expected);
        }
        (0..20_000).for_each(|n| keys.remove(n % 5_000, Slot(n)));
        assert_eq!(format!("{keys:?}"), "{}");
    }
}
