//! What is known of each article, by its slot and by its id.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use dashmap::DashMap;
use foldhash::fast::RandomState;

use super::{
    Gathered, Part, Slot,
    first_matches::FirstMatches,
    keys::Keys,
    memory::{map_bytes, shrink_map},
    packed::{Copies, Packed},
    page::{self, Found, Page},
    row::{self, Origin},
    spilling::Spilling,
};
use crate::{
    answer::Verdict,
    codec::Reader,
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
    pub(crate) first_matches: FirstMatches,
    /// Whether there were more than were kept or asked for.
    pub(crate) truncated: bool,
    /// Whether it counts as a story of its own: it is not a near-identical copy of an earlier one.
    pub is_story: bool,
}

impl Article {
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
    pages: DashMap<u32, Box<Page>, RandomState>,
    /// By id. While an article is replaced there are two of one id.
    ids: Keys,
    len: AtomicUsize,
    /// Where pages are that are not in memory; `None` if all are.
    spilling: Option<Spilling>,
}

impl Articles {
    pub(crate) fn get(&self, slot: Slot) -> Option<Arc<Article>> {
        self.read(slot, |article| article.article()).flatten()
    }

    /// Reads an article where it stands.
    pub(crate) fn read<T>(&self, slot: Slot, read: impl FnOnce(&Packed<'_>) -> T) -> Option<T> {
        let packed = |bytes: &[u8], origin| Packed::read(bytes, origin, slot).as_ref().map(read);
        self.look(slot, |_| true, packed).flatten()
    }

    /// Copies of those articles that are there and not marked as removed.
    pub(crate) fn copies(&self, slots: &[Slot]) -> Copies {
        let mut copies = Copies::for_so_many(slots.len());
        for slot in slots {
            let copy = |bytes: &[u8], origin| copies.add(*slot, origin, bytes);
            self.look(*slot, |page| !page.is_marked(*slot), copy);
        }
        copies
    }

    /// Reads the bytes of an article, if its page is such a one; without a guard where that takes time.
    fn look<T>(
        &self,
        slot: Slot,
        condition: impl FnOnce(&Page) -> bool,
        read: impl FnOnce(&[u8], Origin) -> T,
    ) -> Option<T> {
        let page = self.pages.get(&page::number(slot))?;
        let found = page.find(slot).filter(|_| condition(&page))?;
        let origin = page.origin(slot);
        match found {
            Found::Here(bytes) => Some(read(bytes, origin)),
            Found::Elsewhere(spilled) => {
                drop(page);
                let mut bytes = Vec::new();
                spilled.read(&mut bytes);
                Some(read(&bytes, origin))
            }
        }
    }

    pub(crate) fn get_by_id(&self, id: &str) -> Option<Arc<Article>> {
        let slots = self.ids.find(id, usize::MAX).into_iter();
        let articles = slots.filter_map(|slot| self.get(slot));
        articles
            .filter(|article| &*article.id == id)
            .max_by_key(|article| article.sequence)
    }

    /// Adds an article to its slot, which is free.
    pub(crate) fn insert(&self, article: &Arc<Article>) {
        self.put(article);
        self.ids.insert(&*article.id, article.slot);
    }

    /// As [`Articles::insert`], and gathers what it will be found by when the ids are filled.
    pub(crate) fn restore(&self, article: &Arc<Article>, ids: &mut Gathered<u128>) {
        self.put(article);
        self.ids.gather(&*article.id, article.slot, ids);
    }

    /// Puts a part of what was gathered in.
    pub(crate) fn fill_ids(&self, part: Part<u128>) {
        self.ids.fill(part);
    }

    fn put(&self, article: &Arc<Article>) {
        let number = page::number(article.slot);
        let is_full = self
            .pages
            .entry(number)
            .or_insert_with(|| {
                let number = self.spilling.as_ref().map_or(0, Spilling::next_number);
                Box::new(Page::new(article.first_seen, number))
            })
            .insert(article);
        self.len.fetch_add(1, Ordering::Relaxed);
        if let Some(spilling) = self.spilling.as_ref().filter(|_| is_full) {
            spilling.note_full(number);
        }
    }

    /// Spills all but some of its pages from now on.
    pub(crate) fn spill_to(&mut self, spilling: Spilling) {
        self.spilling = Some(spilling);
    }

    /// Spills what need not be in memory any more. It takes time, and is to be called where nobody waits for a lock.
    pub(crate) fn spill(&self) {
        let Some(spilling) = &self.spilling else {
            return;
        };
        for number in spilling.due() {
            let sealed = self.pages.get(&number).and_then(|page| page.seal());
            let Some(sealed) = sealed else {
                continue;
            };
            if let Some(extent) = spilling.put(number, &sealed.bytes)
                && let Some(mut page) = self.pages.get_mut(&number)
            {
                page.spill(&sealed, extent);
            }
        }
    }

    /// Marks an article that is to be taken out of the tables, for those that find it meanwhile.
    pub(crate) fn mark_removed(&self, article: &Article) {
        if let Some(mut page) = self.pages.get_mut(&page::number(article.slot)) {
            page.mark_removed(article.slot);
        }
    }

    /// Whether an article has been marked or taken out since it was got.
    pub(crate) fn is_removed(&self, article: &Article) -> bool {
        let slot = article.slot;
        let sequence = |bytes: &[u8], origin| row::sequence(&mut Reader(bytes), &origin).ok();
        let found = self.look(slot, |page| !page.is_marked(slot), sequence);
        found.flatten() != Some(article.sequence)
    }

    /// Takes an article out.
    pub(crate) fn remove(&self, article: &Article) {
        self.ids.remove(&*article.id, article.slot);
        self.pages
            .remove_if_mut(&page::number(article.slot), |_, page| {
                page.remove(article.slot);
                page.is_empty()
            });
        self.len.fetch_sub(1, Ordering::Relaxed);
    }

    /// Gives back memory that is not used any more.
    pub(crate) fn shrink(&self) {
        shrink_map(&self.pages);
        self.ids.shrink();
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let pages: usize = self.pages.iter().map(|page| page.bytes()).sum();
        map_bytes(&self.pages) + pages + self.ids.bytes()
    }

    /// Bytes of it that are not in memory.
    pub(crate) fn spilled_bytes(&self) -> usize {
        self.pages.iter().map(|page| page.spilled_bytes()).sum()
    }

    /// At most `limit` articles with slots from `from` on, in the order of their slots.
    pub(crate) fn page(&self, from: Slot, end: u32, limit: usize) -> Vec<Arc<Article>> {
        (from.0..end)
            .filter_map(|slot| self.get(Slot(slot)))
            .take(limit)
            .collect()
    }
}
