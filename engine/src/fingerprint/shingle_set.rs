//! All distinct shingles of one text, with where each first stands.

use super::{Sketch, is_below};
use crate::{
    shingle::{BLOCK, Blocks},
    sieve::Sieve,
    wide::{Wide, Work, run_wide},
};

/// The shingle hashes of a text: in its order, and to be found.
///
/// Of each 64-bit hash the upper half is kept. A shingle of another text is taken for one of this
/// text's by chance in one of 2^32 / n cases: one in 15 million for an article of 290 words.
#[derive(Clone, Debug)]
pub(crate) struct ShingleSet {
    /// All of them, repeated ones too: the place of each is its position in the text.
    hashes: Vec<u32>,
    /// Those that had been there before, as often as they were repeated.
    repeated: Vec<u32>,
    /// Of those distinct ones that have the same lowest bits the last one's place, counted from 1; 0 if there are none.
    /// Its length is a power of two, at least twice that of `hashes`.
    last: Vec<u32>,
    /// For each hash the one before it that has the same lowest bits, likewise. (So none looks for a free place, which would
    /// be a branch like chance.)
    before: Vec<u32>,
    /// Of the hashes: most that are asked for are not here, and most that are added have not been.
    sieve: Sieve,
    /// Only hashes below this are here: all of a text's, fewer for what a sketch remembers of one.
    limit: u32,
}

impl Default for ShingleSet {
    fn default() -> Self {
        Self {
            hashes: Vec::new(),
            repeated: Vec::new(),
            last: Vec::new(),
            before: Vec::new(),
            sieve: Sieve::default(),
            limit: u32::MAX,
        }
    }
}

/// What a sketch remembers of a text. Positions are lost: they are those in the sketch.
impl From<Sketch<'_>> for ShingleSet {
    fn from(sketch: Sketch<'_>) -> Self {
        let mut set = Self::default();
        set.clear(sketch.len());
        set.limit = sketch.limit();
        set.hashes.extend(sketch.hashes());
        set.add_from(0);
        set
    }
}

impl Blocks for ShingleSet {
    #[inline(always)]
    fn take(&mut self, block: &[u64; BLOCK], count: usize) {
        let from = self.hashes.len();
        let hashes = block.map(|hash| (hash >> 32) as u32);
        self.hashes.extend_from_slice(&hashes);
        self.hashes.truncate(from + count);
        self.add_from(from);
    }
}

impl ShingleSet {
    /// Every shingle of the text whose hash is below this is here; `u32::MAX` stands for no limit.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// Makes it empty, with room for so many shingles.
    pub(crate) fn clear(&mut self, room: usize) {
        self.hashes.clear();
        self.repeated.clear();
        self.limit = u32::MAX;
        self.make_room(room);
    }

    /// Makes room for so many in all, and nothing be found.
    fn make_room(&mut self, room: usize) {
        self.last.clear();
        self.last.resize((2 * room).next_power_of_two(), 0);
        self.sieve.clear(room);
    }

    /// Lets the hashes from this place on be found.
    #[inline(always)]
    fn add_from(&mut self, mut from: usize) {
        if self.last.len() < 2 * self.hashes.len() {
            self.make_room(2 * self.hashes.len());
            self.repeated.clear();
            from = 0;
        }
        self.before.resize(self.hashes.len(), 0);
        let (before, last) = (&mut self.before[..], &mut self.last[..]);
        let mut sieve = self.sieve.adder();
        for (place, hash) in self.hashes.iter().enumerate().skip(from) {
            if sieve(*hash) && look_up(&self.hashes, before, last, *hash).is_some() {
                self.repeated.push(*hash);
                continue;
            }
            let lowest = lowest(*hash, last);
            before[place] = std::mem::replace(&mut last[lowest], place as u32 + 1);
        }
    }

    /// Where a shingle first stands: the position of its first word.
    #[inline]
    pub(crate) fn position(&self, hash: u32) -> Option<u32> {
        // Most that are asked for are not here. Nothing passes while there is no room.
        if !self.sieve.has(hash) {
            return None;
        }
        look_up(&self.hashes, &self.before, &self.last, hash)
    }

    /// All hashes in the order of the text, repeated ones as often as they stand in it.
    pub(crate) fn in_text(&self) -> &[u32] {
        &self.hashes
    }

    /// Number of distinct hashes.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len() - self.repeated.len()
    }

    /// How many distinct hashes a sample with this limit has.
    pub(crate) fn count_below(&self, limit: u32) -> usize {
        let [all, repeated] = [&self.hashes, &self.repeated].map(|hashes| {
            let mut count = 0;
            run_wide(CountBelow(hashes, limit, &mut count));
            count
        });
        all - repeated
    }

    /// The distinct hashes that a sample with this limit has, with their positions, in the order of the text.
    pub(crate) fn below(&self, limit: u32) -> impl Iterator<Item = (u32, u32)> {
        let hashes = self.hashes.iter().copied().zip(0..);
        hashes.filter(move |(hash, position)| {
            let is_first = || self.repeated.is_empty() || self.position(*hash) == Some(*position);
            is_below(*hash, limit) && is_first()
        })
    }
}

/// Counts the hashes that a sample with this limit has.
struct CountBelow<'a>(&'a [u32], u32, &'a mut usize);

impl Work for CountBelow<'_> {
    #[inline(always)]
    fn run(self, _: impl Wide) {
        let Self(hashes, limit, count) = self;
        // In 32 bits, as the hashes are.
        let below = hashes.iter().map(|hash| u32::from(is_below(*hash, limit)));
        *count = below.sum::<u32>() as usize;
    }
}

/// Where a hash first stands.
#[inline]
fn look_up(hashes: &[u32], before: &[u32], last: &[u32], hash: u32) -> Option<u32> {
    let mut place = *last.get(lowest(hash, last))?;
    // Counted from 1.
    while let Some(at) = place.checked_sub(1) {
        if *hashes.get(at as usize)? == hash {
            return Some(at);
        }
        place = *before.get(at as usize)?;
    }
    None
}

/// The lowest bits of a hash, by which it is found. (The hashes below a sketch's threshold are many and alike in their upper
/// bits.)
#[inline(always)]
fn lowest(hash: u32, last: &[u32]) -> usize {
    hash as usize & last.len().wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_hash_once_where_it_first_stands(
            hashes in proptest::collection::vec(0u32..300, 0..600),
            room in 0usize..600,
            limit in 0u32..310,
        ) {
            let mut set = ShingleSet::default();
            set.take(&[7 << 32; BLOCK], BLOCK);
            set.clear(room);
            for some in hashes.chunks(BLOCK) {
                let mut block = [0; BLOCK];
                block.iter_mut().zip(some).for_each(|(place, hash)| *place = u64::from(*hash) << 32 | 7);
                set.take(&block, some.len());
            }
            let mut firsts = Vec::new();
            for hash in 0..310 {
                let first = hashes.iter().position(|other| *other == hash).map(|at| at as u32);
                prop_assert_eq!(set.position(hash), first);
                firsts.extend(first.map(|first| (hash, first)));
            }
            prop_assert_eq!((set.len(), set.in_text()), (firsts.len(), &hashes[..]));
            firsts.retain(|(hash, _)| *hash < limit);
            firsts.sort_by_key(|(_, position)| *position);
            prop_assert_eq!(set.count_below(limit), firsts.len());
            prop_assert!(set.below(limit).eq(firsts));
        }
    }
}
