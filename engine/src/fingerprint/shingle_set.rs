//! All distinct shingles of one text, with where each first stands.

use super::Sketch;
use crate::{
    shingle::{BLOCK, Blocks},
    sieve::Sieve,
};

/// The shingle hashes of a text: in its order, and by value.
///
/// Of each 64-bit hash the upper half is kept. A shingle of another text is taken for one of this
/// text's by chance in one of 2^32 / n cases: one in 15 million for an article of 290 words.
#[derive(Clone, Debug)]
pub(crate) struct ShingleSet {
    /// Hash and position, in the order of the text, each hash once.
    ordered: Vec<(u32, u32)>,
    /// Open addressing with linear probing: the hash in the upper half, one more than its position in the lower, 0 for
    /// free. Its length is a power of two, at least twice that of `ordered` and mostly four times, so that a
    /// hash that is not here is hardly ever compared.
    table: Vec<u64>,
    /// Of the hashes.
    sieve: Sieve,
    /// Shingles pushed so far, repeated ones too: the position of the next one.
    position: u32,
    /// Only hashes below this are here: all of a text's, fewer for what a sketch remembers of one.
    limit: u32,
}

impl Default for ShingleSet {
    fn default() -> Self {
        Self {
            ordered: Vec::new(),
            table: Vec::new(),
            sieve: Sieve::default(),
            position: 0,
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
        sketch
            .hashes()
            .for_each(|hash| set.push(u64::from(hash) << 32));
        set
    }
}

impl Blocks for ShingleSet {
    #[inline(always)]
    fn take(&mut self, block: &[u64; BLOCK], count: usize) {
        self.make_room(count);
        block[..count].iter().for_each(|hash| self.add(*hash));
    }
}

impl ShingleSet {
    /// Every shingle of the text whose hash is below this is here; `u32::MAX` stands for no limit.
    pub(crate) fn limit(&self) -> u32 {
        self.limit
    }

    /// Makes it empty, with room for so many shingles.
    pub(crate) fn clear(&mut self, room: usize) {
        self.ordered.clear();
        self.table.clear();
        self.table.resize((3 * room + 1).next_power_of_two(), 0);
        self.sieve.clear(room);
        self.position = 0;
        self.limit = u32::MAX;
    }

    /// Adds the next shingle of the text.
    pub(crate) fn push(&mut self, hash: u64) {
        self.make_room(1);
        self.add(hash);
    }

    /// As [`ShingleSet::push`], where there is room.
    #[inline(always)]
    fn add(&mut self, hash: u64) {
        let hash = (hash >> 32) as u32;
        let position = self.position;
        self.position += 1;
        if let Err(free) = self.look_up(hash) {
            self.ordered.push((hash, position));
            self.table[free] = entry(hash, position);
            self.sieve.add(hash);
        }
    }

    /// Where a shingle first stands: the position of its first word.
    #[inline]
    pub(crate) fn position(&self, hash: u32) -> Option<u32> {
        // Most that are asked for are not here. Nothing passes while there is no table.
        if !self.sieve.has(hash) {
            return None;
        }
        self.look_up(hash).ok()
    }

    /// Number of shingles of the text, repeated ones counted as often as they stand in it.
    pub(crate) fn pushed(&self) -> u32 {
        self.position
    }

    /// Distinct hashes with their positions, in the order of the text.
    pub(crate) fn ordered(&self) -> &[(u32, u32)] {
        &self.ordered
    }

    /// Where a hash first stands, or the free place for it in the table.
    #[inline(always)]
    fn look_up(&self, hash: u32) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        // The hashes below a sketch's threshold are many and alike in their upper bits.
        let mut at = hash as usize & mask;
        loop {
            match self.table[at] {
                0 => return Err(at),
                entry if (entry >> 32) as u32 == hash => return Ok(entry as u32 - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Makes room for so many more.
    fn make_room(&mut self, more: usize) {
        let needed = 2 * (self.ordered.len() + more);
        if self.table.len() >= needed {
            return;
        }
        let length = needed.next_power_of_two().max(64);
        self.table.clear();
        self.table.resize(length, 0);
        self.sieve.clear(length);
        for (hash, position) in &self.ordered {
            self.sieve.add(*hash);
            if let Err(free) = self.look_up(*hash) {
                self.table[free] = entry(*hash, *position);
            }
        }
    }
}

fn entry(hash: u32, position: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(position + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_hash_once_where_it_first_stands(hashes in proptest::collection::vec(0u32..300, 0..600)) {
            let mut set = ShingleSet::default();
            set.push(u64::MAX);
            set.clear(hashes.len() / 3);
            hashes.iter().for_each(|hash| set.push(u64::from(*hash) << 32 | 7));
            for hash in 0..310 {
                let first = hashes.iter().position(|other| *other == hash);
                prop_assert_eq!(set.position(hash), first.map(|at| at as u32));
            }
            prop_assert!(set.ordered().is_sorted_by_key(|(_, position)| *position));
            let distinct: std::collections::BTreeSet<_> = hashes.iter().collect();
            prop_assert_eq!(set.ordered().len(), distinct.len());
        }
    }
}
