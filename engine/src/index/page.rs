//! Pages: the articles of 64 slots one after the other.

use std::{ops::Range, sync::Arc};

use super::{
    Slot,
    articles::{Article, Timestamp},
    memory::allocated,
    packed,
    row::Origin,
    spilling::{self, Extent, Spilled},
};

/// Slots of a page: as many as a word has bits.
pub(super) const SLOTS: usize = 64;

/// A page that is full gets room for so many more, so that it is moved eight times until all slots are filled.
const ROOM: usize = 8;

/// The articles of 64 slots, packed into bytes: each by itself would take half as much again, in a dozen pieces of
/// memory. They are read where they stand, or made anew when they are asked for.
#[derive(Debug)]
pub(super) struct Page {
    /// Times count from here.
    since: Timestamp,
    bytes: Bytes,
    /// Where in the bytes the article of each slot ends.
    ends: [u32; SLOTS],
    /// A bit for each slot that has an article.
    taken: u64,
    /// A bit for each slot whose article is marked as removed.
    marked: u64,
    /// Counts what was put in or taken out, from a number on that no other page has come to: see [`Page::new`].
    changes: u64,
}

#[derive(Debug)]
enum Bytes {
    /// In memory.
    Resident(Vec<u8>),
    /// Elsewhere, until another article comes. One that is taken out stays there.
    Spilled(Arc<Extent>),
}

/// An article's bytes.
pub(super) enum Found<'a> {
    Here(&'a [u8]),
    Elsewhere(Spilled),
}

/// A page as it is spilled.
pub(super) struct Sealed {
    pub(super) bytes: Vec<u8>,
    ends: [u32; SLOTS],
    changes: u64,
}

impl Page {
    /// An empty one, which is to begin with an article of this time. No two may have the same `number`, also if one of
    /// them is gone: what was sealed of the one must not be taken for the other.
    pub(super) fn new(since: Timestamp, number: u32) -> Self {
        Self {
            since,
            bytes: Bytes::Resident(Vec::new()),
            ends: [0; SLOTS],
            taken: 0,
            marked: 0,
            changes: u64::from(number) << 32,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// Puts an article into its slot, which is free. Returns whether the page should be spilled some time: it is full,
    /// or was spilled before.
    pub(super) fn insert(&mut self, article: &Article) -> bool {
        let was_spilled = self.load();
        let mut packed = Vec::with_capacity(1024);
        packed::write(article, &self.origin(article.slot), &mut packed);
        self.replace(place(article.slot), &packed);
        self.taken |= bit(article.slot);
        was_spilled || self.taken == u64::MAX
    }

    /// Empties a slot.
    pub(super) fn remove(&mut self, slot: Slot) {
        self.replace(place(slot), &[]);
        self.taken &= !bit(slot);
        self.marked &= !bit(slot);
    }

    /// The bytes of an article.
    pub(super) fn find(&self, slot: Slot) -> Option<Found<'_>> {
        let range = self.range(place(slot));
        (self.taken & bit(slot) != 0).then(|| match &self.bytes {
            Bytes::Resident(packed) => {
                Found::Here(&packed[range.start as usize..range.end as usize])
            }
            Bytes::Spilled(extent) => Found::Elsewhere(Spilled::new(extent, range)),
        })
    }

    /// Marks an article for those that find it until it is taken out.
    pub(super) fn mark_removed(&mut self, slot: Slot) {
        self.marked |= bit(slot) & self.taken;
    }

    pub(super) fn is_marked(&self, slot: Slot) -> bool {
        self.marked & bit(slot) != 0
    }

    /// What is to be spilled; `None` if it is already.
    pub(super) fn seal(&self) -> Option<Sealed> {
        let Bytes::Resident(packed) = &self.bytes else {
            return None;
        };
        let mut bytes = Vec::with_capacity(packed.len() + SLOTS * spilling::CHECKSUM);
        let ends = std::array::from_fn(|place| {
            let range = self.range(place);
            if !range.is_empty() {
                spilling::write(
                    &packed[range.start as usize..range.end as usize],
                    &mut bytes,
                );
            }
            bytes.len() as u32
        });
        (!bytes.is_empty()).then_some(Sealed {
            bytes,
            ends,
            changes: self.changes,
        })
    }

    /// Takes note of where it is spilled to, unless it has changed since.
    pub(super) fn spill(&mut self, sealed: &Sealed, extent: Extent) {
        if self.changes == sealed.changes {
            self.bytes = Bytes::Spilled(Arc::new(extent));
            self.ends = sealed.ends;
        }
    }

    /// Brings it back into memory; returns whether it was not there.
    fn load(&mut self) -> bool {
        let Bytes::Spilled(extent) = &self.bytes else {
            return false;
        };
        let mut packed = Vec::with_capacity(extent.len());
        self.ends = std::array::from_fn(|place| {
            if self.taken & 1 << place != 0 {
                Spilled::new(extent, self.range(place)).read(&mut packed);
            }
            packed.len() as u32
        });
        self.bytes = Bytes::Resident(packed);
        true
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let bytes = match &self.bytes {
            Bytes::Resident(packed) => allocated::<u8>(packed.capacity()),
            // With its two counts.
            Bytes::Spilled(_) => allocated::<(Extent, [usize; 2])>(1),
        };
        allocated::<Self>(1) + bytes
    }

    /// Bytes of it that are elsewhere.
    pub(super) fn spilled_bytes(&self) -> usize {
        match &self.bytes {
            Bytes::Resident(_) => 0,
            Bytes::Spilled(extent) => extent.len(),
        }
    }

    pub(super) fn origin(&self, slot: Slot) -> Origin {
        Origin {
            sequence: slot.0.into(),
            since: self.since,
            in_index: true,
        }
    }

    fn range(&self, place: usize) -> Range<u32> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[place]
    }

    /// Puts bytes into the place of those that are there. What is spilled stays as it is.
    fn replace(&mut self, place: usize, article: &[u8]) {
        self.changes = self.changes.wrapping_add(1);
        let Range { start, end } = self.range(place);
        let Bytes::Resident(packed) = &mut self.bytes else {
            return;
        };
        if packed.capacity() - packed.len() < article.len() {
            // Slots are filled in order: as much for some of those that are left as for this one.
            packed.reserve_exact(article.len() * (SLOTS - place).min(ROOM));
        }
        let range = start as usize..end as usize;
        if range.end == packed.len() {
            // As one piece: nearly always it is the first free slot.
            packed.truncate(range.start);
            packed.extend_from_slice(article);
        } else {
            packed.splice(range, article.iter().copied());
        }
        for later in &mut self.ends[place..] {
            *later = *later + article.len() as u32 - (end - start);
        }
        let is_sparse = article.is_empty() && packed.len() * 2 < packed.capacity();
        if place == SLOTS - 1 || is_sparse {
            packed.shrink_to_fit();
        }
    }
}

/// The page that a slot is in.
pub(super) fn number(slot: Slot) -> u32 {
    slot.0 / SLOTS as u32
}

fn place(slot: Slot) -> usize {
    slot.0 as usize % SLOTS
}

fn bit(slot: Slot) -> u64 {
    1 << place(slot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        answer::{Evidence, PackedEvidence, Relation},
        collection::VERDICTS,
        detector::Detector,
        fingerprint::{Content, Fingerprint, Fingerprinter, SimHash},
        index::{
            articles::Metadata,
            first_matches::FirstMatch,
            packed::Packed,
            spilling::{Spilling, tests::Heap},
        },
        spill::Spill,
    };

    /// Every other one has content.
    fn article(slot: u32, text: &str) -> Article {
        let evidence = Evidence {
            hamming: Some(3),
            score: Some(0.5),
            ..Evidence::default()
        };
        let many = slot % 3;
        let mut fingerprinter = Fingerprinter::default();
        let words: String = (0..slot % 2 * slot).map(|n| format!("كلمة{n} ")).collect();
        let fingerprint = fingerprinter.fingerprint(text, &words, &Detector::default());
        let content = fingerprinter.side(&fingerprint, None).content;
        assert_eq!(content.is_some(), slot % 2 == 1);
        Article {
            id: format!("{text}-{slot}").into(),
            metadata: Metadata {
                title: text.into(),
                published: (many == 1).then_some(Timestamp::MIN + Timestamp::from(slot)),
                ..Metadata::default()
            },
            first_seen: Timestamp::MAX - Timestamp::from(slot),
            revision: 1 + many,
            fingerprint: Fingerprint {
                simhash: SimHash(u64::from(slot) << 40),
                ..fingerprint
            },
            content: content.map(Content::to_stored),
            verdict: VERDICTS[slot as usize % VERDICTS.len()],
            slot: Slot(slot),
            sequence: u64::from(slot) * 7,
            cluster: u64::from(slot) * 7 - u64::from(many),
            standing: u64::from(slot) * 7,
            first_matches: (0..many)
                .map(|n| FirstMatch {
                    slot: Slot(n),
                    sequence: u64::MAX / 3,
                    relation: Relation::Template,
                    evidence: PackedEvidence::from(&evidence),
                })
                .collect(),
            truncated: many == 2,
            is_story: many == 1,
        }
    }

    /// Everything there is to an article.
    fn all(article: &Article) -> String {
        let first_matches: Vec<_> = article.first_matches.iter().collect();
        format!(
            "{article:?} {:?} {} {:?} {:?} {} {} {} {first_matches:?} {} {} {:?}",
            article.metadata,
            article.first_seen,
            article.fingerprint,
            article.slot,
            article.sequence,
            article.cluster,
            article.standing,
            article.truncated,
            article.is_story,
            article.content,
        )
    }

    /// Reads an article and asks something about it.
    fn with<T>(page: &Page, slot: Slot, ask: impl FnOnce(&Packed<'_>) -> T) -> Option<T> {
        let mut read = Vec::new();
        let bytes = match page.find(slot)? {
            Found::Here(bytes) => bytes,
            Found::Elsewhere(spilled) => {
                spilled.read(&mut read);
                &read
            }
        };
        Packed::read(bytes, page.origin(slot), slot)
            .as_ref()
            .map(ask)
    }

    fn spill(page: &mut Page, to: &Spilling) {
        let sealed = page.seal().expect("there is something to spill");
        let extent = to.put(0, &sealed.bytes).expect("there is room");
        page.spill(&sealed, extent);
        assert_eq!(page.spilled_bytes(), sealed.bytes.len());
    }

    #[test]
    fn what_is_put_in_comes_out_whatever_the_order() {
        let heap = Arc::new(Heap::default());
        let to = Spilling::new(Arc::clone(&heap) as Arc<dyn Spill>, 0);
        let mut page = Page::new(0, 7);
        let mut chance = 0;
        for slot in (0..64).rev().chain(0..64).map(|slot| 128 + slot * 37 % 64) {
            let text = "نص ".repeat(slot as usize % 11);
            page.remove(Slot(slot));
            assert!(page.find(Slot(slot)).is_none());
            let was_spilled = page.spilled_bytes() > 0;
            let asks = page.insert(&article(slot, &text));
            assert_eq!(asks, was_spilled || page.taken == u64::MAX);
            chance = (chance + slot) % 5;
            if chance == 0 {
                spill(&mut page, &to);
            }
        }
        for is_spilled in [false, true] {
            for slot in 128..192 {
                let text = "نص ".repeat(slot as usize % 11);
                let expected = article(slot, &text);
                let found = with(&page, Slot(slot), |packed| {
                    let side = format!("{:?}", packed.side());
                    (packed.article().expect("it is whole"), side)
                });
                let (found, side) = found.expect("it was put in");
                assert_eq!(all(&found), all(&expected));
                assert_eq!(side, format!("{:?}", expected.side()));
            }
            if !is_spilled && page.spilled_bytes() == 0 {
                spill(&mut page, &to);
            }
        }
        page.mark_removed(Slot(130));
        assert!(page.is_marked(Slot(130)) && !page.is_marked(Slot(131)));
        (128..192).for_each(|slot| page.remove(Slot(slot)));
        assert!(page.is_empty() && !page.is_marked(Slot(130)));
        assert!((128..192).all(|slot| page.find(Slot(slot)).is_none()));
        page.insert(&article(140, "نص"));
        page.remove(Slot(140));
        let Bytes::Resident(packed) = &page.bytes else {
            panic!("it was loaded");
        };
        assert_eq!(packed.capacity(), 0);
        assert_eq!(heap.used(), 0);
    }

    #[test]
    fn a_page_that_changes_while_it_is_spilled_stays() {
        let heap = Arc::new(Heap::default());
        let to = Spilling::new(Arc::clone(&heap) as Arc<dyn Spill>, 0);
        let mut page = Page::new(0, 7);
        page.insert(&article(33, "نص"));
        let sealed = page.seal().expect("there is something to spill");
        page.remove(Slot(33));
        page.insert(&article(33, "آخر"));
        let extent = to.put(0, &sealed.bytes).expect("there is room");
        page.spill(&sealed, extent);
        assert_eq!((page.spilled_bytes(), heap.used()), (0, 0));
        let id = with(&page, Slot(33), |packed| packed.id().to_owned());
        assert_eq!(id.as_deref(), Some("آخر-33"));
    }
}
