//! Which indexed articles are worth measuring against a text, and what they turn out to be.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};

use super::Collection;
use crate::{
    answer::{Answer, Match, Verdict},
    detector::{Detector, Method},
    evidence::{measure, relate},
    fingerprint::{Fingerprint, ShingleSet, SimHash},
    index::{Slot, articles::Article},
};

/// Number of shared posted hashes that makes an article a candidate.
const LEAST_SHARED: u32 = 2;

/// At most so many candidates are measured, those that share most first.
const MOST_CANDIDATES: usize = 128;

/// A text that is asked about.
pub(super) struct Query<'a> {
    pub(super) fingerprint: Fingerprint,
    pub(super) shingles: &'a ShingleSet,
    pub(super) detector: Detector,
    /// An id that is not reported: the text's own.
    pub(super) id: &'a str,
    /// How many matches are wanted.
    pub(super) limit: usize,
}

impl Query<'_> {
    /// What the text is to an article.
    pub(super) fn judge(&self, article: &Arc<Article>, collection: &Collection) -> Option<Match> {
        if &*article.id == self.id || article.is_removed() {
            return None;
        }
        let other = &article.fingerprint;
        let evidence = measure(&self.fingerprint, self.shingles, other);
        let relation = relate(&self.fingerprint, other, &evidence, &self.detector)?;
        Some(Match {
            canonical_id: collection.canonical_id(article),
            article: Arc::clone(article),
            relation,
            evidence,
        })
    }

    /// The answer that follows from all matches. Of two revisions of an article the later one counts.
    pub(super) fn conclude(&self, mut matches: Vec<Match>) -> Answer {
        matches.sort_by(|a, b| {
            let share = |found: &Match| {
                let evidence = &found.evidence;
                evidence
                    .containment
                    .unwrap_or_default()
                    .max(evidence.contained.unwrap_or_default())
            };
            (a.relation.cmp(&b.relation))
                .then(share(b).total_cmp(&share(a)))
                .then(a.evidence.hamming.cmp(&b.evidence.hamming))
                .then(a.article.sequence.cmp(&b.article.sequence))
        });
        // Found in a table and told of as well.
        matches.dedup_by_key(|found| found.article.sequence);
        let mut later = foldhash::HashMap::<Box<str>, u64>::default();
        for found in &matches {
            let sequence = later.entry(found.article.id.clone()).or_default();
            *sequence = found.article.sequence.max(*sequence);
        }
        matches.retain(|found| later.get(&found.article.id) == Some(&found.article.sequence));
        let truncated = matches.len() > self.limit;
        matches.truncate(self.limit.max(1));
        let verdict = matches
            .first()
            .map_or(Verdict::New, |best| Verdict::Related(best.relation));
        let canonical_id = matches
            .first()
            .filter(|best| verdict.is_duplicate() && &*best.canonical_id != self.id)
            .map(|best| best.canonical_id.clone());
        Answer {
            verdict,
            canonical_id,
            fingerprint: self.fingerprint.clone(),
            truncated,
            matches,
            resubmission: false,
            revision: 0,
        }
    }
}

impl Collection {
    /// All matches of a text that the tables lead to, one more than wanted if there are more.
    pub(super) fn search(&self, query: &Query<'_>) -> Vec<Match> {
        let fingerprint = &query.fingerprint;
        if fingerprint.tokens == 0 {
            return Vec::new();
        }
        // One more for the text's own article, and one more to know whether there are more.
        let most = query.limit + 2;
        let mut slots = self.exact.find(fingerprint.exact, most);
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            slots.extend(self.near(fingerprint.simhash, query.detector.distance, most));
        }
        if let Some(sketch) = fingerprint
            .sketch
            .as_ref()
            .filter(|_| query.detector.method == Method::Full)
        {
            let mut sharing = self.postings.sharing(&sketch.posted(), LEAST_SHARED);
            sharing.sort_unstable_by_key(|(slot, shared)| (std::cmp::Reverse(*shared), *slot));
            slots.extend(
                sharing
                    .into_iter()
                    .take(MOST_CANDIDATES)
                    .map(|(slot, _)| slot),
            );
        }
        let mut seen = HashSet::with_capacity(slots.len());
        slots.retain(|slot| seen.insert(*slot));
        let articles = slots.into_iter().filter_map(|slot| self.articles.get(slot));
        articles
            .filter_map(|article| query.judge(&article, self))
            .collect()
    }

    /// The articles within a Hamming distance, nearest first, at most `most` of one fingerprint and
    /// not many more than [`MOST_CANDIDATES`] or `most` in all.
    pub(super) fn near(&self, simhash: SimHash, distance: u32, most: usize) -> Vec<Slot> {
        let mut fingerprints = Vec::new();
        self.hamming.within(simhash, distance, |other, bits| {
            fingerprints.push((bits, other));
        });
        fingerprints.sort_unstable();
        let mut slots = Vec::new();
        for (_, other) in fingerprints {
            if slots.len() >= most.max(MOST_CANDIDATES) {
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
