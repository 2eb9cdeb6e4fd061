//! Where each fingerprint of a long bucket stands.
//!
//! A bucket is gone through to find one fingerprint in it. Whoever crafts texts can make one so long that this takes as
//! long as hundreds of lookups, for each that he adds or asks about; so those of long buckets are hashed.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::index::memory::table_bytes;

/// A bucket that has more is long: going through it would take longer than reaching far memory a few times.
pub(super) const LONG: usize = 1 << 12;

/// When so few are left it is not any more. (Not at once: who adds one and takes it out again and again would have all
/// of them hashed each time.)
pub(super) const SHORT: usize = LONG / 2;

/// The place in its bucket of each fingerprint, by its bits beside the block's.
pub(super) type Places = HashMap<u64, u32, RandomState>;

/// The long ones of the buckets of a cell.
#[derive(Debug, Default)]
pub(super) struct LongBuckets(BTreeMap<usize, Places>);

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

    /// Takes note of a fingerprint that is now the last of so many of a bucket. Returns whether the bucket has become
    /// long, and is to be [hashed](LongBuckets::hash).
    #[inline(always)]
    pub(super) fn added(&mut self, bucket: usize, len: usize, rest: u64) -> bool {
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

    /// Takes the places of all fingerprints of a bucket.
    pub(super) fn hash(&mut self, bucket: usize, places: Places) {
        self.0.insert(bucket, places);
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

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let places = self.0.values();
        places
            .map(|places| table_bytes::<u64, u32>(places.capacity()))
            .sum()
    }
}
