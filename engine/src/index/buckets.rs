//! Buckets: fingerprints that have the same upper half of a block's value, by its lower half.

use super::memory::allocated;

/// Buckets of one cell: one for each value of half a block.
pub(super) const BUCKETS: usize = 1 << 8;

/// So many fingerprints are compared at once.
const LANES: usize = 16;

/// The buckets lie side by side in one vector, each with a little room to grow; when one is full, all move.
/// What is kept is the 48 bits of each fingerprint beside the block's 16, and with each a `P`, which takes no
/// memory if it is `()`.
#[derive(Debug)]
pub(super) struct Buckets<P> {
    places: Box<[Place]>,
    /// The lower 32 bits of each fingerprint, which are compared first; and as many of 0 at the end as are
    /// compared at once.
    low: Vec<u32>,
    /// The upper 16.
    high: Vec<u16>,
    with: Vec<P>,
    /// Number of fingerprints.
    len: usize,
}

/// Where a bucket is, and how many fingerprints it has. Its room ends where the next bucket begins.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: u32,
    len: u32,
}

impl Place {
    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

impl<P: Copy + Default> Buckets<P> {
    pub(super) fn new() -> Self {
        let mut buckets = Self {
            places: vec![Place::default(); BUCKETS].into(),
            low: Vec::new(),
            high: Vec::new(),
            with: Vec::new(),
            len: 0,
        };
        buckets.make_room();
        buckets
    }

    /// Number of fingerprints.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a fingerprint. Returns how many its bucket has now.
    pub(super) fn insert(&mut self, bucket: usize, rest: u64, with: P) -> usize {
        if self.places[bucket].range().end == self.end(bucket) {
            self.make_room();
        }
        let end = self.places[bucket].range().end;
        self.low[end] = rest as u32;
        self.high[end] = (rest >> 32) as u16;
        self.with[end] = with;
        self.places[bucket].len += 1;
        self.len += 1;
        self.places[bucket].len as usize
    }

    /// What stands with a fingerprint.
    pub(super) fn get(&self, bucket: usize, rest: u64) -> Option<P> {
        self.find(bucket, rest).map(|at| self.with[at])
    }

    /// Takes a fingerprint out. Returns what stood with it, and how many its bucket has left.
    pub(super) fn remove(&mut self, bucket: usize, rest: u64) -> Option<(P, usize)> {
        let at = self.find(bucket, rest)?;
        let with = self.with[at];
        let last = self.places[bucket].range().end - 1;
        self.low[at] = self.low[last];
        self.high[at] = self.high[last];
        self.with[at] = self.with[last];
        self.places[bucket].len -= 1;
        self.len -= 1;
        let left = self.places[bucket].len as usize;
        if self.len * 2 + BUCKETS * LANES < self.high.len() {
            self.make_room();
        }
        Some((with, left))
    }

    fn find(&self, bucket: usize, rest: u64) -> Option<usize> {
        let range = self.places[bucket].range();
        let (low, high) = (rest as u32, (rest >> 32) as u16);
        // The lower halves first, whole chunks at a time: hardly any are equal.
        for first in range.clone().step_by(LANES) {
            let lows = self.low[first..].first_chunk::<LANES>()?;
            if lows.iter().fold(false, |any, other| any | (*other == low)) {
                let mut chunk = first..range.end.min(first + LANES);
                let found = chunk.find(|at| self.low[*at] == low && self.high[*at] == high);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Calls `found` for each fingerprint of a bucket that differs from `rest` in at most `most` bits, with the
    /// difference, until it returns false; returns what it did.
    #[inline]
    pub(super) fn near(
        &self,
        bucket: usize,
        rest: u64,
        most: u32,
        mut found: impl FnMut(u64) -> bool,
    ) -> bool {
        let range = self.places[bucket].range();
        for first in range.clone().step_by(LANES) {
            let Some(lows) = self.low[first..].first_chunk::<LANES>() else {
                break;
            };
            let bits = lows.map(|low| (low ^ rest as u32).count_ones());
            // Of random fingerprints hardly any are near in 32 bits: one branch for all sixteen.
            if !bits.iter().fold(false, |any, bits| any | (*bits <= most)) {
                continue;
            }
            for at in first..range.end.min(first + LANES) {
                let difference = self.rest(at) ^ rest;
                if difference.count_ones() <= most && !found(difference) {
                    return false;
                }
            }
        }
        true
    }

    /// Reads where the fingerprints of some buckets begin, so that they come from far memory at the same time
    /// and not one after the other.
    pub(super) fn touch(&self, buckets: impl Iterator<Item = usize>) {
        let begin = |bucket: usize| {
            let at = self.places[bucket].start as usize;
            self.low[at] ^ self.low[at + LANES - 1]
        };
        std::hint::black_box(buckets.fold(0, |all, bucket| all ^ begin(bucket)));
    }

    /// All fingerprints of a bucket, with what stands with each.
    pub(super) fn bucket(&self, bucket: usize) -> impl Iterator<Item = (u64, P)> {
        let all = self.places[bucket].range();
        all.map(|at| (self.rest(at), self.with[at]))
    }

    fn rest(&self, at: usize) -> u64 {
        u64::from(self.high[at]) << 32 | u64::from(self.low[at])
    }

    /// Where a bucket's room ends.
    fn end(&self, bucket: usize) -> usize {
        let next = self.places.get(bucket + 1);
        next.map_or(self.high.len(), |next| next.start as usize)
    }

    /// Gives each bucket room for a sixteenth more and a few: hardly any memory, and so much that moving all
    /// of them costs an insertion no more than reaching the cell.
    fn make_room(&mut self) {
        let mut end = 0;
        for bucket in 0..BUCKETS {
            self.shift(bucket, end);
            end = self.places[bucket].range().end;
        }
        let room = |place: &Place| place.len as usize + place.len as usize / 16 + 4;
        let total: usize = self.places.iter().map(room).sum();
        resize(&mut self.low, total + LANES);
        resize(&mut self.high, total);
        resize(&mut self.with, total);
        let mut end = total;
        for bucket in (0..BUCKETS).rev() {
            end -= room(&self.places[bucket]);
            self.shift(bucket, end);
        }
    }

    fn shift(&mut self, bucket: usize, start: usize) {
        let range = self.places[bucket].range();
        self.low.copy_within(range.clone(), start);
        self.high.copy_within(range.clone(), start);
        self.with.copy_within(range, start);
        self.places[bucket].start = start as u32;
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<Place>(BUCKETS)
            + allocated::<u32>(self.low.capacity())
            + allocated::<u16>(self.high.capacity())
            + allocated::<P>(self.with.capacity())
    }
}

fn resize<T: Copy + Default>(values: &mut Vec<T>, len: usize) {
    values.truncate(len);
    values.shrink_to(len);
    values.reserve_exact(len - values.len());
    values.resize(len, T::default());
}
