//! Articles that share shingles: from each sketched hash to the articles whose sketch has it.

use dashmap::DashMap;
use foldhash::{HashMap, HashMapExt as _, fast::RandomState};

use super::{Slot, group::Group};

/// Of a list so many articles are looked at. A phrase that stands in more articles tells little about
/// any two of them, and what a story of many copies is recognised by are its first ones. The others
/// stay in the list for the time when the first ones are deleted.
const LIST_CAP: usize = 64;

/// Articles by the hashes in their sketches.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    lists: DashMap<u32, Group, RandomState>,
}

impl Postings {
    pub(crate) fn insert(&self, hashes: &[u32], slot: Slot) {
        for hash in hashes {
            self.lists
                .entry(*hash)
                .and_modify(|list| list.push(slot))
                .or_insert(Group::One(slot));
        }
    }

    pub(crate) fn remove(&self, hashes: &[u32], slot: Slot) {
        for hash in hashes {
            self.lists.remove_if_mut(hash, |_, list| list.remove(slot));
        }
    }

    /// How many of `hashes` each article has, for the articles that have at least `least`.
    pub(crate) fn sharing(&self, hashes: &[u32], least: u32) -> Vec<(Slot, u32)> {
        let mut counts: HashMap<Slot, u32> = HashMap::new();
        for hash in hashes {
            if let Some(list) = self.lists.get(hash) {
                for slot in list.slots().iter().take(LIST_CAP) {
                    *counts.entry(*slot).or_default() += 1;
                }
            }
        }
        counts
            .into_iter()
            .filter(|(_, shared)| *shared >= least)
            .collect()
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.lists.capacity() * (size_of::<(u32, Group)>() + 1);
        lists + self.lists.iter().map(|list| list.bytes()).sum::<usize>()
    }
}
