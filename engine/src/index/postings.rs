//! Articles that share shingles: from each posted hash to the articles whose sketch posts it, and to how
//! many separate stories it stands in.

use dashmap::DashMap;
use foldhash::{HashMap, HashMapExt as _, fast::RandomState};

use super::{Slot, group::Group};

/// A list names this many articles, the latest ones: what a new article copies is mostly recent, and an
/// old story has recent copies. So a phrase that stands everywhere costs no more than any other.
const MOST_HOLDERS: usize = 32;

/// Articles by the hashes that their sketches post.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    lists: DashMap<u32, List, RandomState>,
}

/// Who posts a hash.
#[derive(Debug)]
struct List {
    /// Indexed articles that post it and count as a story of their own, the forgotten holders too.
    stories: u32,
    holders: Group,
}

impl Postings {
    /// Adds an article; `is_story` if it counts as a story of its own.
    pub(crate) fn insert(&self, hashes: &[u32], slot: Slot, is_story: bool) {
        let stories = u32::from(is_story);
        for hash in hashes {
            self.lists
                .entry(*hash)
                .and_modify(|list| {
                    list.stories += stories;
                    list.holders.push_latest(slot, MOST_HOLDERS);
                })
                .or_insert(List {
                    stories,
                    holders: Group::One(slot),
                });
        }
    }

    /// Takes an article out, with the `is_story` that it was added with.
    pub(crate) fn remove(&self, hashes: &[u32], slot: Slot, is_story: bool) {
        for hash in hashes {
            self.lists.remove_if_mut(hash, |_, list| {
                list.stories -= u32::from(is_story).min(list.stories);
                list.holders.remove(slot) && list.stories == 0
            });
        }
    }

    /// How many of `hashes` each article posts, for the articles that post at least `least`.
    pub(crate) fn sharing<'a>(
        &self,
        hashes: impl IntoIterator<Item = &'a u32>,
        least: u32,
    ) -> Vec<(Slot, u32)> {
        let mut counts: HashMap<Slot, u32> = HashMap::new();
        for hash in hashes {
            if let Some(list) = self.lists.get(hash) {
                for slot in list.holders.slots() {
                    *counts.entry(*slot).or_default() += 1;
                }
            }
        }
        counts
            .into_iter()
            .filter(|(_, shared)| *shared >= least)
            .collect()
    }

    /// In how many stories each of `hashes` stands.
    pub(crate) fn stories(&self, hashes: &[u32]) -> HashMap<u32, u32> {
        let stories = |hash: &u32| self.lists.get(hash).map_or(0, |list| list.stories);
        hashes.iter().map(|hash| (*hash, stories(hash))).collect()
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.lists.capacity() * (size_of::<(u32, List)>() + 1);
        lists
            + self
                .lists
                .iter()
                .map(|list| list.holders.bytes())
                .sum::<usize>()
    }
}
