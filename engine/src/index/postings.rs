//! Articles that share shingles: from each posted hash to the articles whose sketch posts it, and to how
//! many separate stories it stands in.
//!
//! Most hashes are posted by one article, so a table with a list for each would be mostly table. Here some hashes
//! share a [`cell`], whose postings say which of them each is of; and the number of cells follows that of the
//! postings ([`shard`]). So a posting takes some nine bytes and a cell is read in less time than it takes to
//! come by, however many articles there are.

mod cell;
mod find;
mod shard;

use std::thread;

use parking_lot::RwLock;

use super::{Gathered, Part, Slot, gather::PART_BITS};
use cell::{KNOWN_BITS, Posting};
use shard::Shard;

/// Of the articles that post a hash the latest ones are kept, this many that count as a story of their
/// own and this many others: what a new article copies is mostly recent, and an old story has recent
/// copies. So a phrase that stands everywhere costs no more than any other, and copies of one story do
/// not drive out the stories that show a phrase to be common.
pub(crate) const MOST: usize = 32;

/// Articles by the hashes that their sketches post.
#[derive(Debug)]
pub(crate) struct Postings {
    /// By the lowest bits of a hash; a power of two of them, as many at least as there are parts to fill.
    shards: Box<[RwLock<Shard>]>,
}

impl Default for Postings {
    /// As many locks as a dashmap has: four for each processor.
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let bits = (threads * 4).next_power_of_two().ilog2();
        let bits = bits.clamp(PART_BITS, KNOWN_BITS);
        Self {
            shards: (0..1 << bits)
                .map(|_| RwLock::new(Shard::new(bits)))
                .collect(),
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
        for hash in hashes {
            self.shards[self.shard(hash)]
                .write()
                .insert(hash, slot, is_story);
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
        let shard = |entry: &u64| self.shard(hash(entry));
        let mut kept = Vec::new();
        for entries in part
            .sorted()
            .chunk_by(|one, other| shard(one) == shard(other))
        {
            let mut shard = self.shards[shard(&entries[0])].write();
            shard.prepare(entries.len());
            let place = |entry: &u64| shard.place(hash(entry));
            let cells = entries.chunk_by(|one, other| place(one) == place(other));
            let cells: Vec<_> = cells.map(|entries| (place(&entries[0]), entries)).collect();
            for (place, entries) in cells {
                kept.clear();
                for entries in entries.chunk_by(|one, other| hash(one) == hash(other)) {
                    keep_latest(hash(&entries[0]), entries, &mut kept);
                }
                shard.fill(place, &kept);
            }
        }
    }

    /// Takes an article out, with the `is_story` that it was added with.
    pub(crate) fn remove(&self, hashes: impl Iterator<Item = u32>, slot: Slot, is_story: bool) {
        for hash in hashes {
            self.shards[self.shard(hash)]
                .write()
                .remove(hash, slot, is_story);
        }
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let shards: usize = self.shards.iter().map(|shard| shard.read().bytes()).sum();
        size_of_val(&*self.shards) + shards
    }

    /// The number of the shard that a hash is in.
    fn shard(&self, hash: u32) -> usize {
        hash as usize & (self.shards.len() - 1)
    }
}

/// Of the gathered entries of a hash those that are kept, as postings.
fn keep_latest(hash: u32, entries: &[u64], kept: &mut Vec<Posting>) {
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
        let slot = Slot((entry >> 1) as u32);
        kept.push(Posting::new(hash, slot, is_story(entry)));
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
                postings.find_all(&hashes, |slot| together.push(slot)),
                holders
            );
            all.sort_unstable();
            together.sort_unstable();
            assert_eq!(together, all);
            let count = postings
                .shards
                .iter()
                .map(|shard| shard.read().len())
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
    fn a_posting_takes_some_nine_bytes_at_any_size() {
        let mut random = fastrand::Rng::with_seed(1);
        let postings = Postings::default();
        let mut count = 0;
        for most in [240_000, 700_000] {
            for slot in count..most {
                postings.insert([random.u32(..)].into_iter(), Slot(slot), true);
            }
            count = most;
            let each = postings.bytes() as f64 / f64::from(count);
            assert!(each < 9.5, "{each} bytes each of {count}");
        }
    }
}
