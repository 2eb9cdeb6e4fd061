//! Pages: the articles of 64 slots one after the other.

use std::sync::{Arc, atomic::AtomicBool, atomic::Ordering};

use super::{
    Slot,
    articles::{Article, FirstMatch, Metadata, Timestamp},
    memory::allocated,
};
use crate::{
    answer::PackedEvidence,
    codec::{Malformed, Reader, put_bytes, put_varint},
    collection::VERDICTS,
    fingerprint::{ExactHash, Fingerprint, SimHash},
};

/// Slots of a page.
pub(super) const SLOTS: usize = 64;

/// The flags that a packed article begins with; the lowest three bits are the verdict.
const TRUNCATED: u16 = 1 << 3;
const IS_STORY: u16 = 1 << 4;
const REMOVED: u16 = 1 << 5;
const HAS_PUBLISHED: u16 = 1 << 6;
const IS_REVISED: u16 = 1 << 7;
const IN_A_STORY: u16 = 1 << 8;
const HAS_MATCHES: u16 = 1 << 9;

/// The articles of 64 slots. Those that have no content to be compared by are packed into bytes, and made
/// anew when they are asked for: that happens once or twice a question, and there may be a hundred million.
/// The others, which are compared by the dozen, are kept whole.
#[derive(Debug)]
pub(super) struct Page {
    /// Times of the packed articles count from here.
    since: Timestamp,
    packed: Vec<u8>,
    /// Where in `packed` the article of each slot ends.
    ends: [u32; SLOTS],
    whole: Vec<Option<Arc<Article>>>,
}

impl Page {
    pub(super) fn new(since: Timestamp) -> Self {
        Self {
            since,
            packed: Vec::new(),
            ends: [0; SLOTS],
            whole: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packed.is_empty() && self.whole.iter().all(Option::is_none)
    }

    /// Puts an article into its slot, which is free.
    pub(super) fn insert(&mut self, article: &Arc<Article>) {
        let place = place(article.slot);
        if article.content.is_some() {
            if self.whole.is_empty() {
                self.whole = vec![None; SLOTS];
            }
            self.whole[place] = Some(Arc::clone(article));
            return;
        }
        let mut packed = Vec::with_capacity(256);
        pack(article, self.since, &mut packed);
        self.replace(place, &packed);
    }

    /// Empties a slot.
    pub(super) fn remove(&mut self, slot: Slot) {
        self.replace(place(slot), &[]);
        if let Some(whole) = self.whole.get_mut(place(slot)) {
            *whole = None;
        }
    }

    pub(super) fn get(&self, slot: Slot) -> Option<Arc<Article>> {
        if let Some(Some(whole)) = self.whole.get(place(slot)) {
            return Some(Arc::clone(whole));
        }
        let packed = &self.packed[self.range(place(slot))];
        unpack(packed, slot, self.since).map(Arc::new).ok()
    }

    /// Marks an article for those that find it until it is taken out.
    pub(super) fn mark_removed(&mut self, slot: Slot) {
        let range = self.range(place(slot));
        if let Some(flags) = self.packed[range].first_mut() {
            *flags |= REMOVED as u8;
        }
    }

    /// Whether a packed article of this sequence is there, and not marked.
    pub(super) fn holds(&self, slot: Slot, sequence: u64) -> bool {
        let mut reader = Reader(&self.packed[self.range(place(slot))]);
        let found = reader.array().and_then(|flags| {
            let is_removed = u16::from_le_bytes(flags) & REMOVED != 0;
            Ok(!is_removed && unrelated(reader.varint()?, slot) == sequence)
        });
        found == Ok(true)
    }

    /// Memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let whole = self.whole.iter().flatten();
        let whole: usize = whole.map(|article| article.bytes()).sum();
        allocated::<Self>(1)
            + allocated::<u8>(self.packed.capacity())
            + allocated::<Option<Arc<Article>>>(self.whole.capacity())
            + whole
    }

    fn range(&self, place: usize) -> std::ops::Range<usize> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[place] as usize
    }

    fn replace(&mut self, place: usize, packed: &[u8]) {
        let range = self.range(place);
        let before = range.len();
        if self.packed.capacity() - self.packed.len() < packed.len() {
            // Slots are filled in order: as much for each that is left as for this one.
            self.packed.reserve_exact(packed.len() * (SLOTS - place));
        }
        self.packed.splice(range, packed.iter().copied());
        for end in &mut self.ends[place..] {
            *end = *end + packed.len() as u32 - before as u32;
        }
        if place == SLOTS - 1 || self.packed.len() * 2 < self.packed.capacity() {
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

/// A sequence by how far it is from the slot, and back: they go nearly together.
fn related(sequence: u64, slot: Slot) -> u64 {
    let distance = sequence.wrapping_sub(slot.0.into()) as i64;
    zigzag(distance)
}

fn unrelated(distance: u64, slot: Slot) -> u64 {
    u64::from(slot.0).wrapping_add(unzigzag(distance) as u64)
}

/// Small numbers for numbers near zero, of either sign.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

fn pack(article: &Article, since: Timestamp, out: &mut Vec<u8>) {
    let verdict = VERDICTS.iter().position(|other| *other == article.verdict);
    let in_a_story = (article.cluster, article.standing) != (article.sequence, article.sequence);
    let flags = [
        (article.truncated, TRUNCATED),
        (article.is_story, IS_STORY),
        (article.removed.load(Ordering::Acquire), REMOVED),
        (article.metadata.published.is_some(), HAS_PUBLISHED),
        (article.revision != 1, IS_REVISED),
        (in_a_story, IN_A_STORY),
        (!article.first_matches.is_empty(), HAS_MATCHES),
    ];
    let flags = flags.iter().filter(|(set, _)| *set);
    let flags = flags.fold(verdict.unwrap_or_default() as u16, |all, (_, flag)| {
        all | flag
    });
    out.extend_from_slice(&flags.to_le_bytes());
    put_varint(out, related(article.sequence, article.slot));
    let Metadata {
        title,
        source,
        url,
        published,
    } = &article.metadata;
    for text in [&article.id, title, source, url] {
        put_bytes(out, text.as_bytes());
    }
    if let Some(published) = published {
        put_varint(out, zigzag(published.wrapping_sub(since)));
    }
    put_varint(out, zigzag(article.first_seen.wrapping_sub(since)));
    let fingerprint = &article.fingerprint;
    out.extend_from_slice(&fingerprint.exact.0.to_le_bytes());
    out.extend_from_slice(&fingerprint.simhash.0.to_le_bytes());
    put_varint(out, fingerprint.tokens.into());
    if article.revision != 1 {
        put_varint(out, article.revision.into());
    }
    if in_a_story {
        put_varint(out, article.cluster);
        put_varint(out, article.standing);
    }
    if !article.first_matches.is_empty() {
        put_varint(out, article.first_matches.len() as u64);
        for found in &article.first_matches {
            put_varint(out, found.slot.0.into());
            put_varint(out, related(found.sequence, found.slot));
            out.push(found.relation as u8);
            found.evidence.encode(out);
        }
    }
}

fn unpack(packed: &[u8], slot: Slot, since: Timestamp) -> Result<Article, Malformed> {
    let reader = &mut Reader(packed);
    let flags = u16::from_le_bytes(reader.array()?);
    let has = |flag| flags & flag != 0;
    let time = |number| since.wrapping_add(unzigzag(number));
    let sequence = unrelated(reader.varint()?, slot);
    Ok(Article {
        id: reader.text()?.into(),
        metadata: Metadata {
            title: reader.text()?.into(),
            source: reader.text()?.into(),
            url: reader.text()?.into(),
            published: (has(HAS_PUBLISHED).then(|| reader.varint().map(time))).transpose()?,
        },
        first_seen: time(reader.varint()?),
        fingerprint: Fingerprint {
            exact: ExactHash(u128::from_le_bytes(reader.array()?)),
            simhash: SimHash(reader.long()?),
            tokens: reader.short_varint()?,
            sketch: 0,
        },
        content: None,
        revision: if has(IS_REVISED) {
            reader.short_varint()?
        } else {
            1
        },
        verdict: VERDICTS[usize::from(flags & 7).min(VERDICTS.len() - 1)],
        slot,
        sequence,
        cluster: if has(IN_A_STORY) {
            reader.varint()?
        } else {
            sequence
        },
        standing: if has(IN_A_STORY) {
            reader.varint()?
        } else {
            sequence
        },
        first_matches: if has(HAS_MATCHES) {
            let count = reader.varint()?;
            (0..count)
                .map(|_| first_match(reader))
                .collect::<Result<_, _>>()?
        } else {
            Box::default()
        },
        truncated: has(TRUNCATED),
        is_story: has(IS_STORY),
        removed: AtomicBool::new(has(REMOVED)),
    })
}

fn first_match(reader: &mut Reader<'_>) -> Result<FirstMatch, Malformed> {
    let slot = Slot(reader.short_varint()?);
    Ok(FirstMatch {
        slot,
        sequence: unrelated(reader.varint()?, slot),
        relation: crate::record::relation(reader.byte()?)?,
        evidence: PackedEvidence::decode(reader)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Evidence, Relation};

    fn article(slot: u32, text: &str) -> Arc<Article> {
        let evidence = Evidence {
            hamming: Some(3),
            score: Some(0.5),
            ..Evidence::default()
        };
        let many = slot % 3;
        Arc::new(Article {
            id: format!("{text}-{slot}").into(),
            metadata: Metadata {
                title: text.into(),
                published: (many == 1).then_some(Timestamp::MIN + Timestamp::from(slot)),
                ..Metadata::default()
            },
            first_seen: Timestamp::MAX - Timestamp::from(slot),
            revision: 1 + many,
            fingerprint: Fingerprint {
                exact: ExactHash(u128::MAX / u128::from(slot + 1)),
                simhash: SimHash(u64::from(slot) << 40),
                tokens: slot * 1000,
                sketch: 0,
            },
            content: None,
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
            removed: AtomicBool::new(false),
        })
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
            article.removed,
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
            let found = page.get(Slot(slot)).expect("it was put in");
            assert_eq!(all(&found), all(&expected));
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
