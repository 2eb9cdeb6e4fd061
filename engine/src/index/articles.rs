//! What is known of each article, by its slot and by its id.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use dashmap::DashMap;
use foldhash::fast::RandomState;

use super::Slot;
use crate::{
    answer::{Match, PackedEvidence, Relation, Verdict},
    evidence::Side,
    fingerprint::{Content, Fingerprint, StoredContent},
};

/// Milliseconds since 1970-01-01 UTC.
pub type Timestamp = i64;

/// What a caller says of an article beside its text. Kept and returned, never part of the decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The headline.
    pub title: Box<str>,
    /// The outlet.
    pub source: Box<str>,
    /// Where it was fetched.
    pub url: Box<str>,
    /// When the outlet published it.
    pub published: Option<Timestamp>,
}

/// An indexed article. What changes with a changed text is a new value in a new slot.
pub struct Article {
    /// The caller's name for it.
    pub id: Box<str>,
    /// What the caller said of it.
    pub metadata: Metadata,
    /// When this id was first submitted.
    pub first_seen: Timestamp,
    /// 1 for the first text under this id, one more for each changed text.
    pub revision: u32,
    /// What its text became.
    pub fingerprint: Fingerprint,
    /// What its relation to other texts is decided by, unless it is too short or the collection keeps
    /// SimHash only.
    pub(crate) content: Option<StoredContent>,
    /// The verdict that its submission got.
    pub verdict: Verdict,
    pub(crate) slot: Slot,
    /// Its place in the order of admission.
    pub(crate) sequence: u64,
    /// The story it belongs to: the sequence of the story's first article.
    pub(crate) cluster: u64,
    /// The sequence of the first of the revisions that its place in that story goes back to.
    pub(crate) standing: u64,
    /// What its submission was told, strongest first: an equal submission is told the same.
    pub(crate) first_matches: Box<[FirstMatch]>,
    /// Whether there were more than were kept or asked for.
    pub(crate) truncated: bool,
    /// Whether it counts as a story of its own: it is not a near-identical copy of an earlier one.
    pub is_story: bool,
    /// Set when it is deleted or replaced, for those that still hold it.
    pub(crate) removed: AtomicBool,
}

/// A match in a first answer. It names the article by slot and sequence: the slot may have gone to
/// another article since. The evidence is that of the time, since what is rare changes.
#[derive(Clone, Debug)]
pub(crate) struct FirstMatch {
    pub(crate) slot: Slot,
    pub(crate) sequence: u64,
    pub(crate) relation: Relation,
    pub(crate) evidence: PackedEvidence,
}

impl From<&Match> for FirstMatch {
    fn from(found: &Match) -> Self {
        Self {
            slot: found.article.slot,
            sequence: found.article.sequence,
            relation: found.relation,
            evidence: PackedEvidence::from(&found.evidence),
        }
    }
}

impl Article {
    /// Memory that it takes, in bytes, its id among the ids included.
    fn bytes(&self) -> usize {
        let Metadata {
            title, source, url, ..
        } = &self.metadata;
        let content = self.content.as_ref().map_or(0, StoredContent::bytes);
        size_of::<Self>()
            + 2 * self.id.len()
            + title.len()
            + source.len()
            + url.len()
            + content
            + size_of_val(&*self.first_matches)
    }

    /// Its place in the order of admission, from 0.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Its place in the order of [`crate::Collection::list`].
    pub fn place(&self) -> u32 {
        self.slot.0
    }

    pub(crate) fn content(&self) -> Option<Content<'_>> {
        self.content.as_ref().map(StoredContent::read)
    }

    /// It as one of two texts that are compared.
    pub(crate) fn side(&self) -> Side<'_> {
        Side {
            fingerprint: &self.fingerprint,
            content: self.content(),
            published: self.metadata.published,
        }
    }

    pub(crate) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }
}

/// Its id and verdict: articles hold too much to be of use in a log.
impl fmt::Debug for Article {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Article")
            .field("id", &self.id)
            .field("revision", &self.revision)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

/// All articles of a collection.
#[derive(Debug, Default)]
pub(crate) struct Articles {
    by_slot: DashMap<Slot, Arc<Article>, RandomState>,
    by_id: DashMap<Box<str>, Slot, RandomState>,
}

impl Articles {
    pub(crate) fn get(&self, slot: Slot) -> Option<Arc<Article>> {
        self.by_slot.get(&slot).map(|article| Arc::clone(&article))
    }

    pub(crate) fn get_by_id(&self, id: &str) -> Option<Arc<Article>> {
        let slot = *self.by_id.get(id)?;
        self.get(slot).filter(|article| &*article.id == id)
    }

    /// Adds an article, or puts it in the place of the one that had its id.
    pub(crate) fn insert(&self, article: &Arc<Article>) {
        self.by_slot.insert(article.slot, Arc::clone(article));
        self.by_id.insert(article.id.clone(), article.slot);
    }

    /// Takes an article out; its id too, unless that has gone to another revision.
    pub(crate) fn remove(&self, article: &Article) {
        self.by_id
            .remove_if(&article.id, |_, slot| *slot == article.slot);
        self.by_slot.remove(&article.slot);
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let tables = self.by_slot.capacity() * (size_of::<(Slot, Arc<Article>)>() + 1)
            + self.by_id.capacity() * (size_of::<(Box<str>, Slot)>() + 1);
        tables
            + self
                .by_slot
                .iter()
                .map(|article| article.bytes())
                .sum::<usize>()
    }

    /// At most `limit` articles with slots from `from` on, in the order of their slots.
    pub(crate) fn page(&self, from: Slot, end: u32, limit: usize) -> Vec<Arc<Article>> {
        (from.0..end)
            .filter_map(|slot| self.get(Slot(slot)))
            .take(limit)
            .collect()
    }
}
