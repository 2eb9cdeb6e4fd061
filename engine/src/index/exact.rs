//! The same text: from the exact hash to the articles that have it.

use dashmap::DashMap;
use foldhash::fast::RandomState;

use super::{Slot, group::Group};
use crate::fingerprint::ExactHash;

/// Articles by the exact hash of their text.
#[derive(Debug, Default)]
pub(crate) struct ExactIndex {
    /// Half of the hash is the key: what is found is verified against the article's whole hash anyway.
    groups: DashMap<u64, Group, RandomState>,
}

impl ExactIndex {
    pub(crate) fn insert(&self, hash: ExactHash, slot: Slot) {
        self.groups
            .entry(key(hash))
            .and_modify(|group| group.push(slot))
            .or_insert(Group::One(slot));
    }

    pub(crate) fn remove(&self, hash: ExactHash, slot: Slot) {
        self.groups
            .remove_if_mut(&key(hash), |_, group| group.remove(slot));
    }

    /// At most `limit` articles that have this hash, first come first.
    pub(crate) fn find(&self, hash: ExactHash, limit: usize) -> Vec<Slot> {
        self.groups
            .get(&key(hash))
            .map(|group| group.slots().iter().copied().take(limit).collect())
            .unwrap_or_default()
    }

    /// At most `limit` articles that have this hash, last come first, after the first `skip` of them.
    pub(crate) fn latest(&self, hash: ExactHash, skip: usize, limit: usize) -> Vec<Slot> {
        let page = |group: &Group| {
            let slots = group.slots().iter().rev();
            slots.copied().skip(skip).take(limit).collect()
        };
        self.groups
            .get(&key(hash))
            .map(|group| page(&group))
            .unwrap_or_default()
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.groups.capacity() * (size_of::<(u64, Group)>() + 1)
    }
}

fn key(hash: ExactHash) -> u64 {
    hash.0 as u64
}
