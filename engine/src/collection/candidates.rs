//! Which indexed articles are worth measuring against a text, and what they turn out to be.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};

use super::Collection;
use crate::{
    answer::Match,
    detector::{Detector, Method},
    evidence::Side,
    fingerprint::{ShingleSet, SimHash, Sketch},
    index::{Slot, articles::Article, packed::Packed},
    measured::Measured,
    query::{Query, Sharing, most_candidates},
    rarity::Rarity,
    sync::interleave,
};

/// At least so many articles near a SimHash are looked at: some turn out to be no match, or to be gone.
const SPARE: usize = 16;

/// So many different fingerprints within the distance are put in order, unless more are wanted: of texts that share a
/// boilerplate, or a cloud of crafted ones, there can be a million. Who is one of a crowd finds so many at once; on the edge of
/// one half of it is compared to find some dozens, and all of it to find hundreds.
const MOST_NEAR: usize = 64;

/// With a window, so many articles of one SimHash are looked at.
const MOST_SAME: usize = 1024;

/// So many candidates are read at once: of those that follow hardly any is looked at where a crowd shares the text.
const AT_ONCE: usize = 32;

/// Articles with the same text are looked at by so many.
const PAGE: usize = 256;

/// A question to the tables of a collection.
pub(super) struct Asked<'a> {
    pub(super) query: Query<'a>,
    /// The articles that share hashes with the text.
    sharing: Sharing<Slot>,
}

impl Collection {
    /// Asks what shares hashes with a text, and how common these are.
    pub(super) fn ask<'a>(
        &'a self,
        detector: Detector,
        side: Side<'a>,
        shingles: &'a ShingleSet,
        id: &'a str,
        limit: usize,
    ) -> Asked<'a> {
        let mut sharing = Sharing::default();
        // A long text posts few of its hashes, so those of a short one that it holds are looked for with
        // more of them than it posts.
        let sketch = side.content.map(|content| content.sketch);
        let mut hashes = Vec::with_capacity(sketch.map_or(0, |sketch| sketch.len()));
        hashes.extend(sketch.iter().flat_map(Sketch::hashes));
        let holders = self.postings.find_all(&hashes, |slots| sharing.add(slots));
        let stories: Vec<_> = holders
            .into_iter()
            .map(|holders| {
                sharing.looked_at(holders);
                holders.stories
            })
            .collect();
        let query = Query {
            side,
            shingles,
            detector,
            id,
            limit,
            window: None,
            rarity: Rarity::new(side.content, &self.stories, stories),
            may_be_more: sharing.may_be_more(limit),
        };
        Asked { query, sharing }
    }

    /// What a text is to an article, unless that is gone.
    pub(super) fn judge(&self, query: &Query<'_>, article: &Arc<Article>) -> Option<Match> {
        if self.articles.is_removed(article) {
            return None;
        }
        let known = || Some(Arc::clone(article));
        query.judge(article.side(), article.first_seen, known, |other| {
            self.canonical_id(other)
        })
    }

    /// Whether an article is within the query's window.
    fn reaches(&self, query: &Query<'_>, slot: Slot) -> bool {
        let reaches =
            |other: &Packed<'_>| query.reaches(other.side().published, other.first_seen());
        self.articles.read(slot, reaches).unwrap_or_default()
    }

    /// All matches of a text that the tables lead to, one more than wanted if there are more.
    pub(super) fn search(&self, asked: &Asked<'_>) -> Vec<Match> {
        let query = &asked.query;
        let fingerprint = query.side.fingerprint;
        if fingerprint.tokens == 0 {
            return Vec::new();
        }
        interleave();
        // One more for the text's own article, and one more to know whether there are more.
        let most = query.limit + 2;
        let mut slots = match query.window {
            None => self.exact.find(fingerprint.exact.0, most),
            Some(_) => self.same_within(query, most),
        };
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            let most = match query.window {
                None => most,
                Some(_) => most.max(MOST_SAME),
            };
            slots.extend(self.near(fingerprint.simhash, query.detector.distance, most));
        }
        if query.detector.method == Method::Full {
            let reached = |slot| query.window.is_none() || self.reaches(query, slot);
            slots.extend(asked.sharing.candidates(
                query.side,
                most_candidates(query.limit),
                reached,
            ));
        }
        let mut seen = HashSet::with_capacity(slots.len());
        slots.retain(|slot| seen.insert(*slot));
        let judge = |other: Packed<'_>| {
            let canonical = |article: &Article| self.canonical_id(article);
            let article = || other.article();
            query.judge(other.side(), other.first_seen(), article, canonical)
        };
        let mut measured = Measured::for_so_many(query.limit);
        for slots in slots.chunks(AT_ONCE) {
            let which = |slot: &Slot| asked.sharing.which(*slot);
            let wanted = |slot: &&Slot| !measured.has_enough_like(which(slot));
            let slots: Vec<_> = slots.iter().filter(wanted).copied().collect();
            for other in self.articles.copies(&slots).iter() {
                measured.measure(which(&other.slot()), || judge(other));
            }
        }
        measured.matches()
    }

    /// The latest articles with the same text that are within the query's window, at most `most`.
    fn same_within(&self, query: &Query<'_>, most: usize) -> Vec<Slot> {
        let mut found = Vec::new();
        let mut before = usize::MAX;
        while before > 0 && found.len() < most {
            let exact = query.side.fingerprint.exact.0;
            let (slots, left) = self.exact.latest(exact, before, PAGE);
            before = left;
            let slots = slots.into_iter();
            found.extend(slots.filter(|slot| self.reaches(query, *slot)));
        }
        found.truncate(most);
        found
    }

    /// The articles within a Hamming distance, nearest first, at most `most` of one fingerprint and not many
    /// more in all than `most` or [`SPARE`].
    pub(super) fn near(&self, simhash: SimHash, distance: u32, most: usize) -> Vec<Slot> {
        // Each has an article at least, so that no more than these can be wanted.
        let enough = most.max(SPARE);
        let mut fingerprints = Vec::new();
        self.hamming.within(simhash, distance, |other, bits| {
            fingerprints.push((bits, other));
            fingerprints.len() < MOST_NEAR.max(enough)
        });
        if fingerprints.len() > enough {
            fingerprints.select_nth_unstable(enough);
            fingerprints.truncate(enough);
        }
        fingerprints.sort_unstable();
        let mut slots = Vec::new();
        for (_, other) in fingerprints {
            if slots.len() >= enough {
                break;
            }
            let mut left = most;
            self.hamming.articles(other, |slot| {
                slots.push(slot);
                left -= 1;
                left > 0
            });
        }
        slots
    }
}
