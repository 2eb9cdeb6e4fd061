//! Buckets: fingerprints that have the same upper half of a block's value, by its lower half.

use std::ops::Range;

use super::long::LongBuckets;
use crate::{index::memory::allocated, prefetch::prefetch, wide::Wide};

/// Buckets of one cell: one for each value of half a block.
pub(super) const BUCKETS: usize = 1 << 8;

/// So many fingerprints are compared at once.
const LANES: usize = 16;

/// Of a bucket that has no more, so many.
const FEW: usize = 4;

/// While so many of a bucket are left, a crowd's, they are compared whole.
const SOME: usize = 256;

/// So many times as many of a bucket are asked for at once.
const AHEAD: usize = 16;

/// Fingerprints of a chunk.
const CHUNK: usize = 256;

/// The buckets lie side by side, each with a little room to grow; when one is full, all move. What is kept is
/// the 48 bits of each fingerprint beside the block's 16, and with each a `P`, which takes no memory if it is
/// `()`.
#[derive(Debug)]
pub(super) struct Buckets<P> {
    places: Box<[Place]>,
    /// All of one size, so that the memory which one cell frees fits another.
    chunks: Vec<Box<Chunk<P>>>,
    long: LongBuckets,
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
    fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }

    fn room(self) -> usize {
        let len = self.len as usize;
        len + len / 8 + 4
    }
}

#[derive(Clone, Debug)]
struct Chunk<P> {
    /// The lower 32 bits of each fingerprint, which are compared first.
    low: [u32; CHUNK],
    /// The upper 16.
    high: [u16; CHUNK],
    with: [P; CHUNK],
}

impl<P: Copy + Default> Chunk<P> {
    fn new() -> Box<Self> {
        Box::new(Self {
            low: [0; CHUNK],
            high: [0; CHUNK],
            with: [P::default(); CHUNK],
        })
    }

    fn rest(&self, lane: usize) -> u64 {
        u64::from(self.high[lane]) << 32 | u64::from(self.low[lane])
    }
}

impl<P: Copy + Default> Buckets<P> {
    /// Empty ones, with room for so many fingerprints each.
    pub(super) fn with_room(lens: &[u32; BUCKETS]) -> Self {
        let mut start = 0;
        let places = lens.map(|len| {
            let place = Place { start, len: 0 };
            start += Place { start, len }.room() as u32;
            place
        });
        let chunks = (start as usize).div_ceil(CHUNK);
        Self {
            places: places.into(),
            chunks: (0..chunks).map(|_| Chunk::new()).collect(),
            long: LongBuckets::default(),
            len: 0,
        }
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
        self.set(self.places[bucket].range().end, rest, with);
        self.places[bucket].len += 1;
        self.len += 1;
        let len = self.places[bucket].len as usize;
        if self.long.added(bucket, len, rest) {
            let all = self.bucket(bucket).map(|(rest, _)| rest);
            let places = all.zip(0..).collect();
            self.long.hash(bucket, places);
        }
        len
    }

    /// What stands with a fingerprint.
    pub(super) fn get(&self, bucket: usize, rest: u64) -> Option<P> {
        self.find(bucket, rest).map(|at| self.at(at).1)
    }

    /// Takes a fingerprint out. Returns what stood with it, and how many its bucket has left.
    pub(super) fn remove(&mut self, bucket: usize, rest: u64) -> Option<(P, usize)> {
        let at = self.find(bucket, rest)?;
        let (_, with) = self.at(at);
        let (last, last_with) = self.at(self.places[bucket].range().end - 1);
        self.set(at, last, last_with);
        self.places[bucket].len -= 1;
        self.len -= 1;
        let Place { start, len: left } = self.places[bucket];
        let left = left as usize;
        let place = at - start as usize;
        self.long.removed((bucket, left), rest, (last, place));
        if self.len * 2 + BUCKETS * LANES < self.room() {
            self.make_room();
        }
        Some((with, left))
    }

    fn find(&self, bucket: usize, rest: u64) -> Option<usize> {
        let Place { start, len } = self.places[bucket];
        if let Some(found) = self.long.find(bucket, len as usize, rest) {
            return found.map(|place| start as usize + place);
        }
        let low = rest as u32;
        for (first, count) in self.windows(bucket) {
            let lows = self.lows::<LANES>(first);
            // Hardly any are equal: one branch for all sixteen.
            if lows.iter().fold(false, |any, other| any | (*other == low)) {
                let found = (first..first + count).find(|at| self.at(*at).0 == rest);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Calls `found` for each fingerprint of a bucket that differs from `rest` in at most `most` bits, with the
    /// difference, until it returns false; returns what it did.
    #[inline(always)]
    pub(super) fn near(
        &self,
        wide: impl Wide,
        bucket: usize,
        rest: u64,
        most: u32,
        mut found: impl FnMut(u64) -> bool,
    ) -> bool {
        let range = self.places[bucket].range();
        let mut first = range.start;
        while first < range.end {
            // Of few no more is read: what lies behind them may be on a line that nobody has waited for.
            let any = match range.end - first {
                // Of so many there are some near what is compared first.
                SOME.. => true,
                ..=FEW => any_near(self.lows::<FEW>(first), rest, most),
                _ => wide.any_near(&self.lows(first), rest as u32, most),
            };
            let end = range.end.min(first + LANES);
            if any {
                let mut near = self.near_lanes(wide, first, rest, most);
                near &= (1 << (end - first)) - 1;
                while near != 0 {
                    let at = first + near.trailing_zeros() as usize;
                    if !found(self.at(at).0 ^ rest) {
                        return false;
                    }
                    near &= near - 1;
                }
            }
            first = end;
        }
        true
    }

    /// A bit for each of so many from a place on, whatever bucket they are of, that differs from `rest` in at most `most`
    /// bits.
    #[inline(always)]
    fn near_lanes(&self, wide: impl Wide, first: usize, rest: u64, most: u32) -> u32 {
        let (chunk, lane) = (&self.chunks[first / CHUNK], first % CHUNK);
        let lows = chunk.low[lane..].first_chunk();
        let highs = chunk.high[lane..].first_chunk();
        match lows.zip(highs) {
            Some(parts) => wide.near_of_48(parts, rest, most),
            // Some are in the next chunk.
            None => wide.near_of_48((&self.lows(first), &self.highs(first)), rest, most),
        }
    }

    /// Asks for the fingerprints of a bucket, or of a long one for where they begin: it is read one line after the other,
    /// which the processor notices.
    #[inline(always)]
    pub(super) fn prefetch(&self, bucket: usize) {
        let range = self.places[bucket].range();
        let lines = range.clone().step_by(LANES).take(AHEAD);
        for at in lines.chain(range.last()) {
            prefetch(&self.chunks[at / CHUNK].low[at % CHUNK]);
        }
    }

    /// Asks for where a bucket ends.
    pub(super) fn prefetch_end(&self, bucket: usize) {
        let end = self.places[bucket].range().end;
        let at = end % CHUNK;
        if let Some(chunk) = self.chunks.get(end / CHUNK) {
            prefetch(&chunk.low[at]);
            prefetch(&chunk.high[at]);
            prefetch(&chunk.with[at]);
        }
    }

    /// All fingerprints of a bucket, with what stands with each.
    pub(super) fn bucket(&self, bucket: usize) -> impl Iterator<Item = (u64, P)> {
        self.places[bucket].range().map(|at| self.at(at))
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<Place>(BUCKETS)
            + allocated::<Box<Chunk<P>>>(self.chunks.capacity())
            + self.long.bytes()
            + self.chunks.len() * allocated::<Chunk<P>>(1)
    }

    /// A bucket by so many as are compared at once: where each begins, and how many it has.
    fn windows(&self, bucket: usize) -> impl Iterator<Item = (usize, usize)> {
        let range = self.places[bucket].range();
        let end = range.end;
        range
            .step_by(LANES)
            .map(move |first| (first, LANES.min(end - first)))
    }

    /// The lower bits of so many from a place on, whatever bucket they are of.
    #[inline(always)]
    fn lows<const N: usize>(&self, first: usize) -> [u32; N] {
        self.from(first, |chunk| &chunk.low)
    }

    /// As [`Buckets::lows`], the upper bits.
    #[inline(always)]
    fn highs<const N: usize>(&self, first: usize) -> [u16; N] {
        self.from(first, |chunk| &chunk.high)
    }

    #[inline(always)]
    fn from<const N: usize, T: Copy + Default>(
        &self,
        first: usize,
        part: impl Fn(&Chunk<P>) -> &[T; CHUNK],
    ) -> [T; N] {
        let (chunk, lane) = (first / CHUNK, first % CHUNK);
        match part(&self.chunks[chunk])[lane..].first_chunk() {
            Some(all) => *all,
            None => std::array::from_fn(|n| {
                let at = first + n;
                let chunk = self.chunks.get(at / CHUNK);
                chunk.map_or(T::default(), |chunk| part(chunk)[at % CHUNK])
            }),
        }
    }

    fn at(&self, at: usize) -> (u64, P) {
        let chunk = &self.chunks[at / CHUNK];
        (chunk.rest(at % CHUNK), chunk.with[at % CHUNK])
    }

    fn set(&mut self, at: usize, rest: u64, with: P) {
        let (chunk, lane) = (&mut self.chunks[at / CHUNK], at % CHUNK);
        chunk.low[lane] = rest as u32;
        chunk.high[lane] = (rest >> 32) as u16;
        chunk.with[lane] = with;
    }

    /// Where a bucket's room ends.
    fn end(&self, bucket: usize) -> usize {
        let next = self.places.get(bucket + 1);
        next.map_or(self.room(), |next| next.start as usize)
    }

    fn room(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// Gives each bucket room for an eighth more and a few: hardly any memory, and so much that moving all
    /// of them costs an insertion no more than reaching the cell.
    fn make_room(&mut self) {
        let (mut low, mut high, mut with) = (Vec::new(), Vec::new(), Vec::new());
        low.reserve_exact(self.len);
        high.reserve_exact(self.len);
        with.reserve_exact(self.len);
        for place in &self.places {
            for (chunk, lanes) in pieces(place.range()) {
                let chunk = &self.chunks[chunk];
                low.extend_from_slice(&chunk.low[lanes.clone()]);
                high.extend_from_slice(&chunk.high[lanes.clone()]);
                with.extend_from_slice(&chunk.with[lanes]);
            }
        }
        let total: usize = self.places.iter().map(|place| place.room()).sum();
        let chunks = total.div_ceil(CHUNK);
        self.chunks.truncate(chunks);
        self.chunks.shrink_to(chunks);
        self.chunks.reserve_exact(chunks - self.chunks.len());
        self.chunks.resize_with(chunks, Chunk::new);
        let (mut from, mut start) = (0, 0);
        for place in &mut self.places {
            place.start = start as u32;
            start += place.room();
            for (chunk, lanes) in pieces(place.range()) {
                let chunk = &mut self.chunks[chunk];
                let piece = from..from + lanes.len();
                from = piece.end;
                chunk.low[lanes.clone()].copy_from_slice(&low[piece.clone()]);
                chunk.high[lanes.clone()].copy_from_slice(&high[piece.clone()]);
                chunk.with[lanes].copy_from_slice(&with[piece]);
            }
        }
    }
}

/// Whether one of these may be of a fingerprint that differs from `rest` in at most `most` bits. Of random ones hardly
/// any are near in 32 bits.
#[inline(always)]
fn any_near<const N: usize>(lows: [u32; N], rest: u64, most: u32) -> bool {
    let mut any = false;
    for low in lows {
        any |= (low ^ rest as u32).count_ones() <= most;
    }
    any
}

/// A range by the chunks that it lies in: their numbers, and which of their lanes.
fn pieces(range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let chunks = range.start / CHUNK..range.end.div_ceil(CHUNK);
    chunks.map(move |chunk| {
        let first = chunk * CHUNK;
        let lanes = range.start.max(first) - first..range.end.min(first + CHUNK) - first;
        (chunk, lanes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::table::long::{LONG, SHORT};

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
            // As of a length at which it is asked for.
            let is_hashed = buckets.long.find(7, LONG, 0).is_some();
            was_long[usize::from(is_hashed)] = true;
        }
        assert_eq!(was_long, [true; 2]);
    }
}
