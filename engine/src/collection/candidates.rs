//! Which indexed articles are worth measuring against a text, and what they turn out to be.

use std::{ops::Range, sync::Arc};

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::Collection;
use crate::{
    age::Window,
    answer::{Answer, Match, Relation, Verdict},
    detector::{Detector, Method},
    evidence::{Side, judge, passages},
    fingerprint::{ShingleSet, SimHash},
    index::{Slot, articles::Article},
    rarity::Rarity,
    sync::interleave,
};

/// Number of the text's hashes that an article must post to be a candidate; of a text so short that all
/// of its shingles are sketched, one will do.
const LEAST_SHARED: u32 = 2;

/// At most so many candidates are measured, those that share most first.
const MOST_CANDIDATES: usize = 128;

/// From so many matches on there may be more than are looked at.
const ENOUGH_TO_BE_MORE: usize = 24;

/// At least so many articles near a SimHash are looked at: some turn out to be no match, or to be gone.
const SPARE: usize = 32;

/// At most so many different fingerprints within the distance are put in order: of a cloud of crafted ones
/// there can be a million.
const MOST_NEAR: usize = 4096;

/// With a window, so many articles of one SimHash are looked at.
const MOST_SAME: usize = 1024;

/// Articles with the same text are looked at by so many.
const PAGE: usize = 256;

/// From this Jaccard similarity to an earlier article on, an article is a copy and no story of its own.
const COPY: f32 = 0.85;

/// Two passages lie apart if they share at most one in this many of the shorter one's words.
const APART: u32 = 5;

/// A text that is asked about.
pub(super) struct Query<'a> {
    side: Side<'a>,
    pub(super) shingles: &'a ShingleSet,
    detector: Detector,
    /// An id that is not reported: the text's own.
    id: &'a str,
    /// How many matches are wanted.
    pub(super) limit: usize,
    /// Articles outside of it do not match.
    window: Option<Window>,
    /// What the index knew of its words and shingles when the question was asked.
    pub(super) rarity: Rarity<'a>,
    /// The articles that share hashes with it, and how many.
    sharing: HashMap<Slot, u32>,
    /// Whether there may be more of these: of half of its hashes more articles than are kept.
    is_crowded: bool,
}

impl<'a> Query<'a> {
    /// Asks the index what shares hashes with the text, and how common these are.
    pub(super) fn new(
        collection: &'a Collection,
        detector: Detector,
        side: Side<'a>,
        shingles: &'a ShingleSet,
        id: &'a str,
        limit: usize,
    ) -> Self {
        let mut sharing = HashMap::new();
        // A long text posts few of its hashes, so those of a short one that it holds are looked for with
        // more of them than it posts.
        let hashes = side
            .content
            .iter()
            .flat_map(|content| content.sketch.hashes());
        let holders: Vec<_> = hashes
            .map(|hash| {
                let count = |slot| *sharing.entry(slot).or_default() += 1;
                collection.postings.find(hash, count)
            })
            .collect();
        let full = holders.iter().filter(|holders| holders.may_be_more());
        let is_crowded = full.count() * 2 > holders.len();
        let stories = holders.iter().map(|holders| holders.stories);
        Self {
            side,
            shingles,
            detector,
            id,
            limit,
            window: None,
            rarity: Rarity::new(side.content, &collection.stories, stories),
            sharing,
            is_crowded,
        }
    }

    /// The same, of articles within a window alone.
    pub(super) fn within(self, window: Option<Window>) -> Self {
        Self { window, ..self }
    }

    /// Whether an article is within the window.
    fn reaches(&self, article: &Article) -> bool {
        self.window.is_none_or(|window| window.holds(article))
    }

    /// Whether the text is a copy of an earlier one, and so no story of its own.
    pub(super) fn is_copy(matches: &[Match]) -> bool {
        matches.iter().any(|found| {
            found.relation == Relation::Exact
                || found.evidence.jaccard.is_some_and(|share| share >= COPY)
        })
    }

    /// What the text is to an article.
    pub(super) fn judge(&self, article: &Arc<Article>, collection: &Collection) -> Option<Match> {
        let is_removed = collection.articles.is_removed(article);
        if &*article.id == self.id || is_removed || !self.reaches(article) {
            return None;
        }
        let other = article.side();
        let (relation, mut evidence) = judge(
            self.side,
            self.shingles,
            other,
            &self.detector,
            &self.rarity,
        )?;
        evidence.passages = passages(self.shingles, other.content);
        Some(Match {
            canonical_id: collection.canonical_id(article),
            article: Arc::clone(article),
            relation,
            evidence,
        })
    }

    /// The answer that follows from all matches. Of two revisions of an article the later one counts.
    pub(super) fn conclude(&self, mut matches: Vec<Match>) -> Answer {
        self.tell_pages_apart(&mut matches);
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
        // So many were looked at that others, who were not, may be matches as well.
        let may_be_more = self.is_crowded || self.sharing.len() > MOST_CANDIDATES;
        let truncated =
            matches.len() > self.limit || may_be_more && matches.len() >= ENOUGH_TO_BE_MORE;
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
            fingerprint: *self.side.fingerprint,
            truncated,
            matches,
            resubmission: false,
            revision: 0,
        }
    }

    /// A page that holds two whole stories is not nearly the same as the longer of them, however much of
    /// the page that is: it contains both.
    fn tell_pages_apart(&self, matches: &mut [Match]) {
        let stories: Vec<_> = matches
            .iter()
            .filter(|found| found.relation.is_duplicate() && !found.evidence.passages.is_empty())
            .map(|found| (found.article.cluster, found.evidence.passages.clone()))
            .collect();
        for found in matches
            .iter_mut()
            .filter(|found| found.relation == Relation::NearDuplicate)
        {
            let cluster = found.article.cluster;
            let longer = self.side.fingerprint.tokens > found.article.fingerprint.tokens;
            let holds_another = || {
                let passages = &found.evidence.passages;
                stories
                    .iter()
                    .any(|(other, theirs)| *other != cluster && lie_apart(passages, theirs))
            };
            if longer && holds_another() {
                found.relation = Relation::Contains;
            }
        }
    }
}

impl Collection {
    /// All matches of a text that the tables lead to, one more than wanted if there are more.
    pub(super) fn search(&self, query: &Query<'_>) -> Vec<Match> {
        let Side {
            fingerprint,
            content,
            ..
        } = query.side;
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
            // Of a short text a long one that holds it may share a single posted hash.
            let is_short = content.is_none_or(|content| content.sketch.holds_all());
            let least = if is_short { 1 } else { LEAST_SHARED };
            let sharing = query.sharing.iter().map(|(slot, shared)| (*slot, *shared));
            let mut sharing: Vec<_> = sharing.filter(|(_, shared)| *shared >= least).collect();
            if query.window.is_some() {
                let reached = |slot| {
                    self.articles
                        .get(slot)
                        .is_some_and(|other| query.reaches(&other))
                };
                sharing.retain(|(slot, _)| reached(*slot));
            }
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

    /// The latest articles with the same text that are within the query's window, at most `most`.
    fn same_within(&self, query: &Query<'_>, most: usize) -> Vec<Slot> {
        let mut found = Vec::new();
        let mut before = usize::MAX;
        while before > 0 && found.len() < most {
            let exact = query.side.fingerprint.exact.0;
            let (slots, left) = self.exact.latest(exact, before, PAGE);
            before = left;
            let reached = |slot: &Slot| {
                self.articles
                    .get(*slot)
                    .is_some_and(|other| query.reaches(&other))
            };
            found.extend(slots.into_iter().filter(reached));
        }
        found.truncate(most);
        found
    }

    /// The articles within a Hamming distance, nearest first, at most `most` of one fingerprint and not many
    /// more in all than `most` or [`SPARE`].
    pub(super) fn near(&self, simhash: SimHash, distance: u32, most: usize) -> Vec<Slot> {
        let mut fingerprints = Vec::new();
        self.hamming.within(simhash, distance, |other, bits| {
            fingerprints.push((bits, other));
            fingerprints.len() < MOST_NEAR
        });
        // Each has an article at least, so that no more than these can be wanted.
        let enough = most.max(SPARE);
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

/// Whether what stands in one of two sets of passages hardly stands in the other.
pub(super) fn lie_apart(ours: &[Range<u32>], theirs: &[Range<u32>]) -> bool {
    let words = |passages: &[Range<u32>]| -> u32 {
        passages.iter().map(|range| range.end - range.start).sum()
    };
    let overlap =
        |a: &Range<u32>, b: &Range<u32>| a.end.min(b.end).saturating_sub(a.start.max(b.start));
    let shared: u32 = ours
        .iter()
        .flat_map(|a| theirs.iter().map(move |b| overlap(a, b)))
        .sum();
    shared * APART <= words(ours).min(words(theirs))
}
