//! Articles that share shingles: from each posted hash to the articles whose sketch posts it, and to how
//! many separate stories it stands in.
//!
//! Most hashes are posted by one article, so a table with a list for each would be mostly table. Here some hashes
//! share a [`cell`], whose postings say which of them each is of; and the number of cells follows that of the
//! postings ([`shard`]). So a posting takes some eleven bytes and a cell is read in less time than it takes to
//! come by, however many articles there are.

mod cell;
mod cells;
mod find;
mod shard;

use std::{fmt, hash::BuildHasher as _, thread};

use foldhash::quality::RandomState;
use parking_lot::RwLock;

use super::{Gathered, Part, Slot, gather::PART_BITS};
use crate::{padded::Padded, spread};
use shard::Shard;

/// The most bits that say which shard a hash is in.
const MOST_SHARD_BITS: u32 = 9;

/// Of the articles that post a hash the latest ones are kept, this many that count as a story of their
/// own and this many others: what a new article copies is mostly recent, and an old story has recent
/// copies. So a phrase that stands everywhere costs no more than any other, and copies of one story do
/// not drive out the stories that show a phrase to be common.
pub(crate) const MOST: usize = 32;

/// Articles by the hashes that their sketches post.
pub(crate) struct Postings {
    /// By the lowest bits of a hash; a power of two of them, as many at least as there are parts to fill.
    shards: Box<[Padded<RwLock<Shard>>]>,
    /// Odd. What the other bits are multiplied by, so that nobody outside can foresee which of them come together.
    secret: u32,
}

impl Default for Postings {
    /// As many locks as a dashmap has: four for each processor.
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let bits = (threads * 4).next_power_of_two().ilog2();
        let bits = bits.clamp(PART_BITS, MOST_SHARD_BITS);
        let shard = |_| Padded(RwLock::new(Shard::new(u32::BITS - bits)));
        Self {
            shards: (0..1 << bits).map(shard).collect(),
            secret: RandomState::default().hash_one(()) as u32 | 1,
        }
    }
}

/// How many articles post a hash, of the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holders {
    /// Those that count as a story of their own.
    pub(crate) stories: u32,
    /// The others.
    pub(crate) copies: u32,
}

impl Holders {
    /// Whether there may be more than are known.
    pub(crate) fn may_be_more(self) -> bool {
        self.stories.max(self.copies) >= MOST as u32
    }

    fn add(&mut self, is_story: bool) {
        match is_story {
            true => self.stories += 1,
            false => self.copies += 1,
        }
    }
}

impl Postings {
    /// Adds an article; `is_story` if it counts as a story of its own.
    pub(crate) fn insert(&self, hashes: impl Iterator<Item = u32>, slot: Slot, is_story: bool) {
        self.change(hashes, |shard, key| shard.insert(key, slot, is_story));
    }

    /// Changes the shard of each hash by its key there.
    fn change(&self, hashes: impl Iterator<Item = u32>, mut change: impl FnMut(&mut Shard, u32)) {
        // Each shard is locked once, as it is not when hashes come in their own order.
        let key_bits = u32::BITS - self.shards.len().ilog2();
        let (mut places, mut sorted) = (Vec::with_capacity(32), Vec::with_capacity(32));
        places.extend(hashes.map(|hash| {
            let (shard, key) = self.place(hash);
            (shard as u32) << key_bits | key
        }));
        spread::sort(&places, &mut sorted);
        for of_shard in sorted.chunk_by(|one, other| one >> key_bits == other >> key_bits) {
            let mut shard = self.shards[(of_shard[0] >> key_bits) as usize].0.write();
            for place in of_shard {
                change(&mut shard, place & ((1 << key_bits) - 1));
            }
        }
    }

    /// Gathers an article for [`Postings::fill`].
    pub(crate) fn gather(
        hashes: impl Iterator<Item = u32>,
        slot: Slot,
        is_story: bool,
        gathered: &mut Gathered<u64>,
    ) {
        for hash in hashes {
            // Backwards, so that hashes which end in the same bits come together, however many these are.
            let backwards = hash.reverse_bits();
            let within = u64::from(backwards) << (32 + PART_BITS);
            let entry = within | u64::from(slot.0) << 1 | u64::from(is_story);
            gathered.push(backwards >> (32 - PART_BITS), entry);
        }
    }

    /// Puts the postings of a part in, into shards that are empty, as if article after article had been added
    /// in the order of their slots.
    pub(crate) fn fill(&self, part: Part<u64>) {
        let first = part.part << (32 - PART_BITS);
        let hash = |entry: &u64| (first | (entry >> (32 + PART_BITS)) as u32).reverse_bits();
        let place = |entry: &u64| self.place(hash(entry));
        let entries = part.sorted();
        for entries in entries.chunk_by(|one, other| place(one).0 == place(other).0) {
            let mut kept = Vec::with_capacity(entries.len());
            for entries in entries.chunk_by(|one, other| hash(one) == hash(other)) {
                keep_latest(place(&entries[0]).1, entries, &mut kept);
            }
            // Those of one key stay in their order.
            kept.sort_by_key(|(key, ..)| *key);
            self.shards[place(&entries[0]).0].0.write().fill(&kept);
        }
    }

    /// Takes an article out, with the `is_story` that it was added with.
    pub(crate) fn remove(&self, hashes: impl Iterator<Item = u32>, slot: Slot, is_story: bool) {
        self.change(hashes, |shard, key| shard.remove(key, slot, is_story));
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let shards: usize = self.shards.iter().map(|shard| shard.0.read().bytes()).sum();
        size_of_val(&*self.shards) + shards
    }

    /// The number of the shard that a hash is in, and its key there.
    #[inline]
    fn place(&self, hash: u32) -> (usize, u32) {
        let bits = self.shards.len().ilog2();
        let key = (hash >> bits).wrapping_mul(self.secret) & (u32::MAX >> bits);
        (hash as usize & (self.shards.len() - 1), key)
    }
}

/// What it holds, without the secret.
impl fmt::Debug for Postings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.shards).finish()
    }
}

/// Of the gathered entries of a hash with this key those that are kept.
fn keep_latest(key: u32, entries: &[u64], kept: &mut Vec<(u32, Slot, bool)>) {
    let is_story = |entry: &u64| entry & 1 == 1;
    let stories = entries.iter().filter(|entry| is_story(entry)).count();
    let copies = entries.len() - stories;
    let mut too_many = [copies, stories].map(|count| count.saturating_sub(MOST));
    for entry in entries {
        let too_many = &mut too_many[usize::from(is_story(entry))];
        if *too_many > 0 {
            *too_many -= 1;
            continue;
        }
        kept.push((key, Slot((entry >> 1) as u32), is_story(entry)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    /// The plain definition: of each hash the latest of either kind, in the order in which they came.
    #[derive(Default)]
    struct Model(BTreeMap<u32, Vec<(Slot, bool)>>);

    impl Model {
        fn insert(&mut self, hash: u32, slot: Slot, is_story: bool) {
            let list = self.0.entry(hash).or_default();
            let like = |(_, other): &(Slot, bool)| *other == is_story;
            if list.iter().filter(|one| like(one)).count() == MOST {
                let oldest = list.iter().position(like).expect("one of them");
                list.remove(oldest);
            }
            list.push((slot, is_story));
        }

        fn remove(&mut self, hash: u32, posting: (Slot, bool)) {
            let list = self.0.entry(hash).or_default();
            list.retain(|other| *other != posting);
        }

        /// Asks for every hash, and a few that nobody posts, one by one and all at once.
        fn check(&self, postings: &Postings) {
            let hashes: Vec<_> = self.0.keys().copied().chain([7, 1 << 31 | 7]).collect();
            let mut holders = Vec::new();
            let mut all = Vec::new();
            for hash in &hashes {
                let expected = self.0.get(hash).map_or(&[][..], |list| list);
                let mut found = Vec::new();
                holders.push(postings.find(*hash, |slot| found.push(slot)));
                let slots: Vec<_> = expected.iter().map(|(slot, _)| *slot).collect();
                assert_eq!(found, slots, "{hash}");
                let stories = expected.iter().filter(|(_, is_story)| *is_story).count() as u32;
                let copies = expected.len() as u32 - stories;
                assert_eq!(holders.last(), Some(&Holders { stories, copies }));
                all.extend(slots);
            }
            let mut together = Vec::new();
            assert_eq!(
                postings.find_all(&hashes, |slots| together.extend_from_slice(slots)),
                holders
            );
            all.sort_unstable();
            together.sort_unstable();
            assert_eq!(together, all);
            let count = postings
                .shards
                .iter()
                .map(|shard| shard.0.read().len())
                .sum::<usize>();
            assert_eq!(count, all.len());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Hashes of two shards, so that their cells are split and merged again; some are posted more often than is
        /// kept.
        #[test]
        fn it_knows_who_posts_what(
            seed in any::<u64>(),
            rounds in proptest::collection::vec((0usize..3000, 0usize..3000), 1..4),
        ) {
            let mut random = fastrand::Rng::with_seed(seed);
            let (postings, mut model) = (Postings::default(), Model::default());
            let mut present = Vec::new();
            let mut slots = 0..;
            for (more, fewer) in rounds {
                for _ in 0..more {
                    let hash = match random.u32(..4) {
                        0 => random.u32(..4) << 30 | random.u32(..2),
                        _ => random.u32(..2000).wrapping_mul(0x0111_4000) | random.u32(..2),
                    };
                    let (slot, is_story) = (slots.next().map(Slot).expect("a slot"), random.bool());
                    postings.insert([hash].into_iter(), slot, is_story);
                    model.insert(hash, slot, is_story);
                    present.push((hash, slot, is_story));
                }
                random.shuffle(&mut present);
                for (hash, slot, is_story) in present.drain(..fewer.min(present.len())) {
                    postings.remove([hash].into_iter(), slot, is_story);
                    model.remove(hash, (slot, is_story));
                }
                model.check(&postings);
            }
            for (hash, slot, is_story) in present {
                postings.remove([hash].into_iter(), slot, is_story);
            }
            prop_assert_eq!(postings.bytes(), Postings::default().bytes());
        }

        #[test]
        fn what_is_filled_at_once_is_as_if_one_after_the_other(
            seed in any::<u64>(),
            articles in 0u32..6000,
        ) {
            let mut random = fastrand::Rng::with_seed(seed);
            let (at_once, mut model) = (Postings::default(), Model::default());
            let mut gathered = [Gathered::default(), Gathered::default()];
            let mut entries = Vec::new();
            for slot in 0..articles {
                let hashes: BTreeSet<_> = (0..4)
                    .map(|n| if n == 0 { random.u32(..9) << 28 } else { random.u32(..) })
                    .collect();
                let is_story = random.bool();
                hashes.iter().for_each(|hash| model.insert(*hash, Slot(slot), is_story));
                entries.push((hashes, Slot(slot), is_story));
            }
            random.shuffle(&mut entries);
            for (hashes, slot, is_story) in entries {
                let gathered = &mut gathered[random.usize(..2)];
                Postings::gather(hashes.into_iter(), slot, is_story, gathered);
            }
            for part in Gathered::parts(gathered.iter_mut()) {
                at_once.fill(part);
            }
            model.check(&at_once);
            // It goes on.
            for slot in articles..articles + 200 {
                let hash = random.u32(..9) << 28;
                at_once.insert([hash].into_iter(), Slot(slot), true);
                model.insert(hash, Slot(slot), true);
            }
            model.check(&at_once);
        }
    }

    #[test]
    fn the_latest_of_each_kind_are_kept() {
        let postings = Postings::default();
        let hash = 7 << 20 | 5;
        for slot in 0..100 {
            postings.insert([hash].into_iter(), Slot(slot), true);
        }
        for slot in 100..200 {
            postings.insert([hash].into_iter(), Slot(slot), false);
        }
        let mut held = Vec::new();
        let holders = postings.find(hash, |slot| held.push(slot));
        held.sort_unstable();
        let expected = (68..100).chain(168..200).map(Slot);
        assert_eq!(held, expected.collect::<Vec<_>>());
        let all = MOST as u32;
        assert_eq!((holders.stories, holders.copies), (all, all));
        assert!(holders.may_be_more());
    }

    #[test]
    fn hashes_that_many_post_take_no_more() {
        let mut random = fastrand::Rng::with_seed(2);
        let postings = Postings::default();
        let hashes: Vec<_> = (0..500).map(|_| random.u32(..)).collect();
        for slot in 0..3 * MOST as u32 {
            for hash in &hashes {
                postings.insert([*hash].into_iter(), Slot(slot), slot % 3 == 0);
            }
        }
        let mut count = 0;
        for hash in hashes {
            let mut slots = Vec::new();
            postings.find(hash, |slot| slots.push(slot));
            assert!(slots.is_sorted());
            count += slots.len();
        }
        assert_eq!(count, 500 * 2 * MOST);
        let each = postings.bytes() as f64 / count as f64;
        assert!(each < 13.0, "{each} bytes each");
    }

    #[test]
    fn a_posting_takes_some_eleven_bytes_at_any_size() {
        let mut random = fastrand::Rng::with_seed(1);
        let postings = Postings::default();
        let mut count = 0;
        for most in [240_000, 700_000] {
            for slot in count..most {
                postings.insert([random.u32(..)].into_iter(), Slot(slot), true);
            }
            count = most;
            let each = postings.bytes() as f64 / f64::from(count);
            eprintln!("{each}");
            assert!(each < 13.0, "{each} bytes each of {count}");
        }
    }
}
