//! Stories: which articles are copies of, or contained in, one another.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use foldhash::fast::RandomState;

use super::{
    Slot,
    articles::Article,
    memory::{allocated, map_bytes, push, shrink_map, take},
};

/// The members of each story that has had more than one, first come first. A story is named by the
/// sequence of its first article; the first member that is left is its canonical article, so that
/// deleting the canonical article promotes the next.
#[derive(Debug, Default)]
pub(crate) struct Clusters {
    members: DashMap<u64, VecDeque<Slot>, RandomState>,
    /// Articles that are not the first of their story.
    followers: AtomicU64,
}

impl Clusters {
    /// Adds an article to the story in which `known` is, or begins one of the two if it is in none; if an
    /// older revision of it is there, in its place.
    pub(crate) fn join(&self, known: &Article, begin: bool, old: Option<&Article>, slot: Slot) {
        let mut members = self.members.entry(known.cluster).or_default();
        if members.is_empty() && begin {
            push(&mut members, known.slot);
        }
        let revised = old.filter(|old| old.cluster == known.cluster);
        let place = revised.and_then(|old| members.iter().position(|member| *member == old.slot));
        if let Some(place) = place {
            members[place] = slot;
            return;
        }
        if !members.is_empty() {
            self.followers.fetch_add(1, Ordering::Relaxed);
        }
        push(&mut members, slot);
    }

    /// Sets the members of a story, two at least; those that it has beside them come after them.
    pub(crate) fn restore(&self, cluster: u64, mut members: Vec<Slot>) {
        let mut known = self.members.entry(cluster).or_default();
        let before = known.len().saturating_sub(1) as u64;
        for member in &*known {
            if !members.contains(member) {
                members.push(*member);
            }
        }
        let followers = members.len() as u64 - 1;
        *known = members.into();
        self.followers
            .fetch_add(followers - before, Ordering::Relaxed);
    }

    /// Takes an article out of its story.
    pub(crate) fn leave(&self, cluster: u64, slot: Slot) {
        self.members.remove_if_mut(&cluster, |_, members| {
            if take(members, &slot) && !members.is_empty() {
                self.followers.fetch_sub(1, Ordering::Relaxed);
            }
            members.is_empty()
        });
    }

    /// Gives back memory that is not used any more.
    pub(crate) fn shrink(&self) {
        shrink_map(&self.members);
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let members = self.members.iter();
        let members: usize = members
            .map(|members| allocated::<Slot>(members.capacity()))
            .sum();
        map_bytes(&self.members) + members
    }

    /// Number of articles that are not the first of their story.
    pub(crate) fn followers(&self) -> u64 {
        self.followers.load(Ordering::Relaxed)
    }

    /// Where the story begins now; `None` if it never had a second article.
    pub(crate) fn first(&self, cluster: u64) -> Option<Slot> {
        self.members
            .get(&cluster)
            .and_then(|members| members.front().copied())
    }

    /// At most `limit` members from the `from`th on, and how many there are in all; `None` if it never
    /// had a second article.
    pub(crate) fn page(
        &self,
        cluster: u64,
        from: usize,
        limit: usize,
    ) -> Option<(Vec<Slot>, usize)> {
        self.members.get(&cluster).map(|members| {
            (
                members.iter().skip(from).take(limit).copied().collect(),
                members.len(),
            )
        })
    }
}
