//! Articles that share shingles: from each posted hash to the articles whose sketch posts it, and to how
//! many separate stories it stands in.
//!
//! Most hashes are posted by one article, so a table with a list for each would be mostly table. Here a
//! list is shared by the hashes that end in the same bits, and says of each article which of these it
//! posts: an entry takes six bytes however many articles there are, and up to tens of millions of
//! articles a list is read in less time than it takes to come by.

mod find;

use dashmap::DashMap;
use foldhash::fast::RandomState;

use super::{Gathered, Part, Slot, gather::PART_BITS, memory::shrink_map};

/// Of the articles that post a hash the latest ones are kept, this many that count as a story of their
/// own and this many others: what a new article copies is mostly recent, and an old story has recent
/// copies. So a phrase that stands everywhere costs no more than any other, and copies of one story do
/// not drive out the stories that show a phrase to be common.
pub(crate) const MOST: usize = 32;

/// Bits of a hash that lead to its list. The rest stands in the entries.
const LIST_BITS: u32 = 20;

/// Bits of a list among those of one part.
const PART_LIST_BITS: u32 = LIST_BITS - PART_BITS;

/// Articles by the hashes that their sketches post.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    lists: DashMap<u32, List, RandomState>,
}

/// An article that posts a hash: the rest of the hash and whether the article counts as a story; and the
/// two halves of the article's slot. In parts, for six bytes to be six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Posting {
    kind: u16,
    slot: [u16; 2],
}

impl Posting {
    fn new(hash: u32, slot: Slot, is_story: bool) -> Self {
        Self {
            kind: kind(hash) | u16::from(is_story),
            slot: [slot.0 as u16, (slot.0 >> 16) as u16],
        }
    }

    fn slot(self) -> Slot {
        Slot(u32::from(self.slot[0]) | u32::from(self.slot[1]) << 16)
    }

    fn is_story(self) -> bool {
        self.kind & 1 == 1
    }
}

/// What the entries of a hash have in common, with room for the story's bit.
fn kind(hash: u32) -> u16 {
    ((hash >> LIST_BITS) << 1) as u16
}

/// The articles that post any of the hashes of a list, in the order in which they came.
#[derive(Debug)]
enum List {
    One(Posting),
    Two([Posting; 2]),
    #[expect(
        clippy::box_collection,
        reason = "it makes the many short lists shorter"
    )]
    Many(Box<Vec<Posting>>),
}

impl List {
    /// As if these, of which there is one at least, had been pushed one after the other.
    fn new(postings: impl ExactSizeIterator<Item = Posting> + DoubleEndedIterator) -> Self {
        let mut latest = Vec::with_capacity(postings.len());
        // From the last to the first, so that the latest of a kind are those that are kept.
        for posting in postings.rev() {
            let like = || {
                latest
                    .iter()
                    .filter(|other: &&Posting| other.kind == posting.kind)
            };
            if latest.len() < MOST || like().count() < MOST {
                latest.push(posting);
            }
        }
        latest.reverse();
        match latest[..] {
            [only] => Self::One(only),
            [first, second] => Self::Two([first, second]),
            _ => {
                latest.shrink_to_fit();
                Self::Many(Box::new(latest))
            }
        }
    }

    fn postings(&self) -> &[Posting] {
        match self {
            Self::One(posting) => std::slice::from_ref(posting),
            Self::Two(postings) => postings,
            Self::Many(postings) => postings,
        }
    }

    fn push(&mut self, posting: Posting) {
        match self {
            Self::One(first) => *self = Self::Two([*first, posting]),
            Self::Two(two) => *self = Self::Many(Box::new(vec![two[0], two[1], posting])),
            Self::Many(postings) => {
                let like = || postings.iter().filter(|other| other.kind == posting.kind);
                if like().count() >= MOST
                    && let Some(oldest) =
                        postings.iter().position(|other| other.kind == posting.kind)
                {
                    postings.remove(oldest);
                }
                if postings.len() == postings.capacity() {
                    // Not twice as much: there are a million lists.
                    postings.reserve_exact(postings.len() / 8 + 2);
                }
                postings.push(posting);
            }
        }
    }

    /// Takes a posting out; true if none is left.
    fn remove(&mut self, posting: Posting) -> bool {
        let left: &mut Vec<_> = match self {
            Self::One(only) => return *only == posting,
            Self::Two([first, second]) => {
                let rest = if *first == posting { *second } else { *first };
                if *first == posting || *second == posting {
                    *self = Self::One(rest);
                }
                return false;
            }
            Self::Many(postings) => postings,
        };
        left.retain(|other| *other != posting);
        if left.len() * 2 < left.capacity() {
            left.shrink_to_fit();
        }
        left.is_empty()
    }

    /// Memory beyond the value itself, in bytes.
    fn bytes(&self) -> usize {
        match self {
            Self::One(_) | Self::Two(_) => 0,
            Self::Many(postings) => {
                size_of::<Vec<Posting>>() + postings.capacity() * size_of::<Posting>()
            }
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
}

impl Postings {
    /// Adds an article; `is_story` if it counts as a story of its own.
    pub(crate) fn insert(&self, hashes: impl Iterator<Item = u32>, slot: Slot, is_story: bool) {
        for hash in hashes {
            let posting = Posting::new(hash, slot, is_story);
            self.lists
                .entry(list(hash))
                .and_modify(|list| list.push(posting))
                .or_insert(List::One(posting));
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
            let within = u64::from(list(hash)) & ((1 << PART_LIST_BITS) - 1);
            let kind = kind(hash) | u16::from(is_story);
            let entry = within << 48 | u64::from(slot.0) << 16 | u64::from(kind);
            gathered.push(list(hash) >> PART_LIST_BITS, entry);
        }
    }

    /// Puts the postings of a part in, into lists that are empty, as if article after article had been added
    /// in the order of their slots.
    pub(crate) fn fill(&self, part: Part<u64>) {
        let first = part.part << PART_LIST_BITS;
        let list = |entry: &u64| first | (entry >> 48) as u32;
        for entries in part
            .sorted()
            .chunk_by(|one, other| list(one) == list(other))
        {
            let posting = |entry: &u64| Posting {
                kind: *entry as u16,
                slot: [(entry >> 16) as u16, (entry >> 32) as u16],
            };
            self.lists
                .insert(list(&entries[0]), List::new(entries.iter().map(posting)));
        }
    }

    /// Takes an article out, with the `is_story` that it was added with.
    pub(crate) fn remove(&self, hashes: impl Iterator<Item = u32>, slot: Slot, is_story: bool) {
        for hash in hashes {
            let posting = Posting::new(hash, slot, is_story);
            self.lists
                .remove_if_mut(&list(hash), |_, list| list.remove(posting));
        }
    }

    /// Gives back memory that is not used any more.
    pub(crate) fn shrink(&self) {
        shrink_map(&self.lists);
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.lists.capacity() * (size_of::<(u32, List)>() + 1);
        lists + self.lists.iter().map(|list| list.bytes()).sum::<usize>()
    }
}

/// The list that a hash is in.
fn list(hash: u32) -> u32 {
    hash & ((1 << LIST_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few hashes that share few lists, so that every way of growing and shrinking is gone.
        #[test]
        fn it_knows_who_posts_what(
            steps in proptest::collection::vec((0u32..6, 0u32..40, any::<bool>(), 0u32..4), 0..300),
        ) {
            let postings = Postings::default();
            let mut model: BTreeMap<(u32, u32), bool> = BTreeMap::new();
            let hash = |n: u32| ((n % 3) << LIST_BITS) | (n / 3);
            for (n, slot, is_story, action) in steps {
                match model.remove(&(n, slot)) {
                    Some(was) => postings.remove([hash(n)].into_iter(), Slot(slot), was),
                    None if action > 0 => {
                        postings.insert([hash(n)].into_iter(), Slot(slot), is_story);
                        model.insert((n, slot), is_story);
                    }
                    None => {}
                }
            }
            for n in 0..6 {
                let mine: BTreeMap<_, _> =
                    model.iter().filter(|((other, _), _)| *other == n).collect();
                let stories = mine.values().filter(|story| ***story).count();
                let mut shared = Vec::new();
                let found = postings.find(hash(n), |slot| shared.push(slot));
                // All at once are found like one after the other.
                prop_assert_eq!(&postings.find_all(&[hash(n)], |_| ()), &[found]);
                // What was forgotten for a later one stays forgotten when that one goes.
                prop_assert!(found.stories as usize <= stories.min(MOST));
                prop_assert_eq!((found.stories + found.copies) as usize, shared.len());
                prop_assert!(shared.iter().all(|slot| mine.contains_key(&(n, slot.0))));
                if mine.len() <= MOST && model.len() < MOST {
                    prop_assert!(shared.len() <= mine.len());
                }
            }
            if model.is_empty() {
                prop_assert_eq!(postings.lists.len(), 0);
            }
        }
    }

    #[test]
    fn the_latest_of_each_kind_are_kept() {
        let postings = Postings::default();
        let hash = 7 << LIST_BITS | 5;
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
    fn what_is_filled_at_once_is_as_if_one_after_the_other() {
        let (one_by_one, at_once) = (Postings::default(), Postings::default());
        let mut gathered = [Gathered::default(), Gathered::default()];
        // Few lists in several parts, each of two hashes, and more of each kind than are kept.
        let hash = |n: u32| n % 40 / 2 * 0x1357 + ((n % 2) << LIST_BITS);
        for slot in (0..3000).rev() {
            let hashes = (0..4).map(|n| hash(slot * 7 + n * 13));
            Postings::gather(
                hashes,
                Slot(slot),
                slot % 3 == 0,
                &mut gathered[slot as usize % 2],
            );
        }
        for slot in 0..3000 {
            let hashes = (0..4).map(|n| hash(slot * 7 + n * 13));
            one_by_one.insert(hashes, Slot(slot), slot % 3 == 0);
        }
        for part in Gathered::parts(gathered.iter_mut()) {
            at_once.fill(part);
        }
        assert_eq!(at_once.lists.len(), one_by_one.lists.len());
        for list in &one_by_one.lists {
            let filled = at_once.lists.get(list.key()).expect("the list");
            // One article may have both hashes of a list, in either order.
            let sorted = |list: &List| {
                let postings = list.postings().iter();
                let mut sorted: Vec<_> = postings.map(|one| (one.slot(), one.kind)).collect();
                sorted.sort_unstable();
                sorted
            };
            assert_eq!(sorted(&filled), sorted(&list));
        }
    }

    #[test]
    fn a_posting_takes_six_bytes_and_a_list_sixteen() {
        assert_eq!((size_of::<Posting>(), size_of::<List>()), (6, 16));
    }
}
