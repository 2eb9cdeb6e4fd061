//! Where each fingerprint of a long bucket stands.
//!
//! A bucket is gone through to find one fingerprint in it. Whoever crafts texts can make one so long that this takes as
//! long as hundreds of lookups, for each that he adds or asks about; so those of long buckets are hashed.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

/// A bucket that has more is long: going through it would take longer than reaching far memory a few times.
const LONG: usize = 1 << 12;

/// When so few are left it is not any more. (Not at once: who adds one and takes it out again and again would have all
/// of them hashed each time.)
const SHORT: usize = LONG / 2;

/// By bucket: of each fingerprint, by its bits beside the block's, the place in the bucket.
#[derive(Debug, Default)]
pub(super) struct LongBuckets(BTreeMap<usize, HashMap<u64, u32, RandomState>>);

impl LongBuckets {
    /// The place of a fingerprint in a bucket of this length; `None` if that is to be looked for in the bucket.
    #[inline(always)]
    pub(super) fn find(&self, bucket: usize, len: usize, rest: u64) -> Option<Option<usize>> {
        if len < SHORT {
            return None;
        }
        let places = self.0.get(&bucket)?;
        Some(places.get(&rest).map(|place| *place as usize))
    }

    /// Takes note of a fingerprint that is now the last of so many of a bucket. Returns whether these are to be
    /// [hashed](LongBuckets::hash) from now on.
    #[inline(always)]
    pub(super) fn has_become_long(&mut self, bucket: usize, len: usize, rest: u64) -> bool {
        if len < SHORT {
            return false;
        }
        match self.0.get_mut(&bucket) {
            Some(places) => {
                places.insert(rest, len as u32 - 1);
                false
            }
            None => len > LONG,
        }
    }

    /// Hashes all fingerprints of a bucket, in the order in which they stand.
    pub(super) fn hash(&mut self, bucket: usize, all: &[u64]) {
        self.0
            .insert(bucket, all.iter().copied().zip(0..).collect());
    }

    /// Takes note that a fingerprint is gone from a bucket that now has so many, and that the last one has come to its
    /// place.
    pub(super) fn removed(
        &mut self,
        (bucket, len): (usize, usize),
        rest: u64,
        (last, place): (u64, usize),
    ) {
        let Some(places) = self.0.get_mut(&bucket) else {
            return;
        };
        if len < SHORT {
            self.0.remove(&bucket);
            return;
        }
        places.insert(last, place as u32);
        places.remove(&rest);
    }

    #[cfg(test)]
    pub(super) fn has(&self, bucket: usize) -> bool {
        self.0.contains_key(&bucket)
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        // As `memory::map_bytes` counts.
        let each = size_of::<(u64, u32)>() + 1;
        self.0.values().map(|it| it.capacity() / 7 * 8 * each).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::table::buckets::{BUCKETS, Buckets};

    #[test]
    fn fingerprints_of_a_long_bucket_are_found_as_it_grows_and_shrinks() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut buckets = Buckets::with_room(&[0; BUCKETS]);
        let mut all: Vec<(u64, u32)> = Vec::new();
        let mut was_long = [false; 2];
        for most in [2 * LONG, SHORT + 10, 2 * LONG, 10] {
            let grows = all.len() < most;
            while all.len() != most {
                if grows {
                    let one = (random.u64(..) >> 16, random.u32(..));
                    assert_eq!(buckets.insert(7, one.0, one.1), all.len() + 1);
                    all.push(one);
                } else {
                    let (rest, with) = all.swap_remove(random.usize(..all.len()));
                    assert_eq!(buckets.remove(7, rest), Some((with, all.len())));
                    assert_eq!(buckets.get(7, rest), None);
                }
                // Those of another bucket are none of these, and make room between them now and then.
                let other = (1 << 40) + all.len() as u64;
                if buckets.get(8, other).is_none() {
                    buckets.insert(8, other, 1);
                }
            }
            for (rest, with) in &all {
                assert_eq!(buckets.get(7, *rest), Some(*with));
            }
            assert_eq!(buckets.get(7, 1 << 50), None);
            was_long[usize::from(buckets.is_hashed(7))] = true;
        }
        assert_eq!(was_long, [true; 2]);
    }
}
