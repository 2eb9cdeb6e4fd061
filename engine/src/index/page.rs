//! Pages: the articles of 64 slots one after the other.

use super::{
    Slot,
    articles::{Article, Timestamp},
    memory::allocated,
    packed::{self, Packed},
    row::{self, Origin},
};
use crate::codec::Reader;

/// Slots of a page.
pub(super) const SLOTS: usize = 64;

/// A page that is full gets room for so many more, so that it is moved eight times until all slots are filled.
const ROOM: usize = 8;

/// The articles of 64 slots, packed into bytes: each by itself would take half as much again, in a dozen pieces of
/// memory. They are read where they stand, or made anew when they are asked for.
#[derive(Debug)]
pub(super) struct Page {
    /// Times count from here.
    since: Timestamp,
    packed: Vec<u8>,
    /// Where in `packed` the article of each slot ends.
    ends: [u32; SLOTS],
}

impl Page {
    pub(super) fn new(since: Timestamp) -> Self {
        Self {
            since,
            packed: Vec::new(),
            ends: [0; SLOTS],
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// Puts an article into its slot, which is free.
    pub(super) fn insert(&mut self, article: &Article) {
        let mut packed = Vec::with_capacity(1024);
        packed::write(article, &self.origin(article.slot), &mut packed);
        self.replace(place(article.slot), &packed);
    }

    /// Empties a slot.
    pub(super) fn remove(&mut self, slot: Slot) {
        self.replace(place(slot), &[]);
    }

    pub(super) fn get(&self, slot: Slot) -> Option<Packed<'_>> {
        Packed::read(self.bytes_of(slot), self.origin(slot), slot)
    }

    /// The bytes of an article, none if there is none.
    pub(super) fn bytes_of(&self, slot: Slot) -> &[u8] {
        &self.packed[self.range(place(slot))]
    }

    /// Marks an article for those that find it until it is taken out.
    pub(super) fn mark_removed(&mut self, slot: Slot) {
        let range = self.range(place(slot));
        row::mark_removed(&mut self.packed[range]);
    }

    /// Whether an article of this sequence is there, and not marked.
    pub(super) fn holds(&self, slot: Slot, sequence: u64) -> bool {
        self.present(slot) == Some(sequence)
    }

    /// The sequence of the article of a slot, unless that is marked.
    pub(super) fn present(&self, slot: Slot) -> Option<u64> {
        let mut reader = Reader(self.bytes_of(slot));
        row::present(&mut reader, &self.origin(slot)).ok().flatten()
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<Self>(1) + allocated::<u8>(self.packed.capacity())
    }

    pub(super) fn origin(&self, slot: Slot) -> Origin {
        Origin {
            sequence: slot.0.into(),
            since: self.since,
            in_index: true,
        }
    }

    fn range(&self, place: usize) -> std::ops::Range<usize> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[place] as usize
    }

    fn replace(&mut self, place: usize, packed: &[u8]) {
        let range = self.range(place);
        let before = range.len();
        if self.packed.capacity() - self.packed.len() < packed.len() {
            // Slots are filled in order: as much for some of those that are left as for this one.
            self.packed
                .reserve_exact(packed.len() * (SLOTS - place).min(ROOM));
        }
        if range.end == self.packed.len() {
            // As one piece: nearly always it is the first free slot.
            self.packed.truncate(range.start);
            self.packed.extend_from_slice(packed);
        } else {
            self.packed.splice(range, packed.iter().copied());
        }
        for end in &mut self.ends[place..] {
            *end = *end + packed.len() as u32 - before as u32;
        }
        let is_sparse = packed.is_empty() && self.packed.len() * 2 < self.packed.capacity();
        if place == SLOTS - 1 || is_sparse {
            self.packed.shrink_to_fit();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        answer::{Evidence, PackedEvidence, Relation},
        collection::VERDICTS,
        detector::Detector,
        fingerprint::{Content, Fingerprint, Fingerprinter, SimHash},
        index::articles::{FirstMatch, Metadata},
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
        let first_matches = &article.first_matches;
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

    #[test]
    fn what_is_put_in_comes_out_whatever_the_order() {
        let mut page = Page::new(0);
        for slot in (0..64).rev().chain(0..64).map(|slot| 128 + slot * 37 % 64) {
            let text = "نص ".repeat(slot as usize % 11);
            page.remove(Slot(slot));
            assert!(page.get(Slot(slot)).is_none());
            page.insert(&article(slot, &text));
        }
        for slot in 128..192 {
            let text = "نص ".repeat(slot as usize % 11);
            let expected = article(slot, &text);
            let packed = page.get(Slot(slot)).expect("it was put in");
            let found = packed.article().expect("it is whole");
            assert_eq!(all(&found), all(&expected));
            assert_eq!(
                format!("{:?}", packed.side()),
                format!("{:?}", expected.side())
            );
            assert!(page.holds(Slot(slot), expected.sequence));
            assert!(!page.holds(Slot(slot), expected.sequence + 1));
        }
        page.mark_removed(Slot(130));
        assert!(!page.holds(Slot(130), 130 * 7));
        assert!(page.holds(Slot(131), 131 * 7));
        (128..192).for_each(|slot| page.remove(Slot(slot)));
        assert!(page.is_empty());
        assert_eq!(page.packed.capacity(), 0);
    }
}
