//! A text that an index is asked about, and what becomes of the articles that the index leads to.

use std::{cmp::Reverse, hash::Hash, ops::Range, sync::Arc};

use foldhash::{HashMap, HashMapExt as _, HashSet};

use crate::{
    age::Window,
    answer::{Answer, Evidence, Match, Relation, Verdict},
    detector::Detector,
    evidence::{Side, judge},
    fingerprint::ShingleSet,
    index::{
        articles::{Article, Timestamp},
        postings::Holders,
    },
    measured::{ENOUGH_TO_BE_MORE, Which},
    passages::passages,
    rarity::Rarity,
    story,
};

/// Number of the text's hashes that an article must post to be a candidate; of a text so short that all
/// of its shingles are sketched, one will do: a long one that holds it may post no more.
const LEAST_SHARED: u32 = 2;

/// How many of a text's hashes an article must post to be found: see [`LEAST_SHARED`].
pub(crate) fn least_shared(side: Side<'_>) -> u32 {
    let is_short = side
        .content
        .is_none_or(|content| content.sketch.holds_all());
    if is_short { 1 } else { LEAST_SHARED }
}

/// So many candidates that post one of the hashes only are measured as well, the rarest hash first: of a short text that a
/// long one holds hardly any may be posted, but of two texts that share a phrase that few have, one often holds the other.
const MOST_BY_ONE: usize = 8;

/// So many of these are tried for being within the window, if there is one.
const MOST_TRIED: usize = 64;

/// A hash that more articles post says nothing by itself.
const RARE: u32 = 16;

/// At most so many candidates are measured, those that share most first, unless more matches are wanted. (In an index of
/// 130,000 real articles 40 lose one in 150 that a longer text holds.)
const MOST_CANDIDATES: usize = 128;

/// How many candidates are measured where so many matches are wanted.
pub(crate) fn most_candidates(limit: usize) -> usize {
    // One more for the text's own article, and one more to know whether there are more.
    MOST_CANDIDATES.max(limit + 2)
}

/// Hardly any text shares hashes with more articles than this.
const FEW_CANDIDATES: usize = 112;

/// From this Jaccard similarity to an earlier article on, an article is a copy and no story of its own.
const COPY: f32 = 0.85;

/// Two passages lie apart if they share at most one in this many of the shorter one's words.
const APART: u32 = 5;

/// The articles that post hashes of a text, and how many of them each posts. `K` is what the index knows
/// articles by; the smaller is the older one.
#[derive(Debug)]
pub(crate) struct Sharing<K> {
    shared: HashMap<K, Shared>,
    /// Hashes that any post.
    added: u32,
    /// Lists that were looked at, and those of them that may have lost an article.
    lists: usize,
    full: usize,
}

/// What an article shares with a text.
#[derive(Clone, Copy, Debug)]
struct Shared {
    /// Number of hashes.
    hashes: u32,
    /// How many articles post the one of these that fewest do.
    fewest: u32,
    /// Which hashes: a bit for each, or for several where they are many.
    which: u64,
}

impl<K> Default for Sharing<K> {
    fn default() -> Self {
        Self {
            shared: HashMap::with_capacity(FEW_CANDIDATES),
            added: 0,
            lists: 0,
            full: 0,
        }
    }
}

impl<K: Copy + Eq + Hash + Ord> Sharing<K> {
    /// These articles post a hash.
    pub(crate) fn add(&mut self, articles: &[K]) {
        let which = 1 << (self.added % u64::BITS);
        self.added += 1;
        for article in articles {
            let shared = self.shared.entry(*article).or_insert(Shared {
                hashes: 0,
                fewest: u32::MAX,
                which: 0,
            });
            shared.which |= which;
            shared.hashes += 1;
            shared.fewest = shared.fewest.min(articles.len() as u32);
        }
    }

    /// A hash has been looked at.
    pub(crate) fn looked_at(&mut self, holders: Holders) {
        self.lists += 1;
        self.full += usize::from(holders.may_be_more());
    }

    /// Whether articles may share as much that are not looked at: of half of the hashes more articles than
    /// are kept, or too many to measure.
    pub(crate) fn may_be_more(&self, limit: usize) -> bool {
        self.full * 2 > self.lists || self.shared.len() > most_candidates(limit)
    }

    /// Which hashes an article posts.
    pub(crate) fn which(&self, article: K) -> Which {
        Which(self.shared.get(&article).map_or(0, |shared| shared.which))
    }

    /// Those that are worth measuring: at most `most`, that share most first, and some that share one rare hash.
    pub(crate) fn candidates(
        &self,
        side: Side<'_>,
        most: usize,
        mut may_match: impl FnMut(K) -> bool,
    ) -> Vec<K> {
        let least = least_shared(side);
        let (mut by_more, mut by_one) = (Vec::new(), Vec::new());
        for (article, shared) in &self.shared {
            if shared.hashes >= least {
                by_more.push((Reverse(shared.hashes), *article));
            } else if shared.fewest <= RARE {
                // Of those the latest: news is copied within days.
                by_one.push((shared.fewest, Reverse(*article)));
            }
        }
        by_more.retain(|(_, article)| may_match(*article));
        by_more.sort_unstable();
        by_more.truncate(most);
        // A text of a megabyte shares one hash with a hundred thousand.
        if by_one.len() > MOST_TRIED {
            by_one.select_nth_unstable(MOST_TRIED);
            by_one.truncate(MOST_TRIED);
        }
        by_one.sort_unstable();
        let by_one = by_one.into_iter().map(|(_, Reverse(article))| article);
        let by_one = by_one.filter(|article| may_match(*article));
        let candidates = by_more.into_iter().map(|(_, article)| article);
        candidates.chain(by_one.take(MOST_BY_ONE)).collect()
    }
}

/// A text that is asked about.
pub(crate) struct Query<'a> {
    pub(crate) side: Side<'a>,
    pub(crate) shingles: &'a ShingleSet,
    pub(crate) detector: Detector,
    /// An id that is not reported: the text's own.
    pub(crate) id: &'a str,
    /// How many matches are wanted.
    pub(crate) limit: usize,
    /// Articles outside of it do not match.
    pub(crate) window: Option<Window>,
    /// What the index knew of its words and shingles when the question was asked.
    pub(crate) rarity: Rarity<'a>,
    /// See [`Sharing::may_be_more`].
    pub(crate) may_be_more: bool,
}

impl Query<'_> {
    /// Whether an article of these times is within the window.
    pub(crate) fn reaches(&self, published: Option<Timestamp>, first_seen: Timestamp) -> bool {
        let window = self.window;
        window.is_none_or(|window| window.holds(published, first_seen))
    }

    /// Whether the text is a copy of an earlier one, and so no story of its own.
    pub(crate) fn is_copy(matches: &[Match]) -> bool {
        matches.iter().any(|found| {
            found.relation == Relation::Exact
                || found.evidence.jaccard.is_some_and(|share| share >= COPY)
        })
    }

    /// What the text is to another that is in the index, first seen then; `article` makes the article of it, and
    /// `canonical` says which is the first of its story.
    pub(crate) fn judge(
        &self,
        other: Side<'_>,
        first_seen: Timestamp,
        article: impl FnOnce() -> Option<Arc<Article>>,
        canonical: impl FnOnce(&Article) -> Box<str>,
    ) -> Option<Match> {
        if !self.reaches(other.published, first_seen) {
            return None;
        }
        let (relation, evidence) = judge(
            self.side,
            self.shingles,
            other,
            &self.detector,
            &self.rarity,
        )?;
        // Only now: most have nothing to do with the text.
        let article = article()?;
        if &*article.id == self.id {
            return None;
        }
        Some(Match {
            canonical_id: canonical(&article),
            article,
            relation,
            evidence,
        })
    }

    /// The answer that follows from all matches. Of two revisions of an article the later one counts.
    pub(crate) fn conclude(&self, mut matches: Vec<Match>) -> Answer {
        keep_latest(&mut matches);
        self.hear_witnesses(&mut matches);
        self.tell_pages_apart(&mut matches);
        matches.sort_by(|a, b| {
            (a.relation.cmp(&b.relation))
                .then(share(b).total_cmp(&share(a)))
                .then(a.evidence.hamming.cmp(&b.evidence.hamming))
                .then(a.article.sequence.cmp(&b.article.sequence))
        });
        let stories = (matches.iter()).map(|found| (found.relation, found.article.cluster));
        let story = story::of_matches(stories, self.limit.max(1));
        // So many were looked at that others, who were not, may be matches as well.
        let may_be_more = self.may_be_more;
        let truncated =
            matches.len() > self.limit || may_be_more && matches.len() >= ENOUGH_TO_BE_MORE;
        matches.truncate(self.limit.max(1));
        matches
            .iter_mut()
            .for_each(|found| self.find_passages(found));
        let verdict = matches
            .first()
            .map_or(Verdict::New, |best| Verdict::Related(best.relation));
        let mut answer = Answer {
            verdict,
            canonical_id: None,
            story,
            fingerprint: *self.side.fingerprint,
            truncated,
            matches,
            resubmission: false,
            revision: 0,
        };
        answer.name_canonical(self.id);
        answer
    }

    /// Says where what it shares with a match stands in the text, unless that was said.
    fn find_passages(&self, found: &mut Match) {
        let known = &mut found.evidence.passages;
        if known.is_empty() {
            *known = passages(self.shingles, found.article.content());
        }
    }

    /// A page that holds two whole stories is not nearly the same as the longer of them, however much of
    /// the page that is: it contains both.
    fn tell_pages_apart(&self, matches: &mut [Match]) {
        let mut duplicates: Vec<_> = matches
            .iter_mut()
            .filter(|found| found.relation.is_duplicate())
            .collect();
        // Nearly always there is one story.
        let clusters = duplicates.iter().map(|found| found.article.cluster);
        if clusters.collect::<HashSet<_>>().len() < 2 {
            return;
        }
        duplicates
            .iter_mut()
            .for_each(|found| self.find_passages(found));
        let stories: Vec<_> = duplicates
            .into_iter()
            .filter(|found| !found.evidence.passages.is_empty())
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

/// The greater of the shares that the text and a match have of each other.
pub(crate) fn share(found: &Match) -> f32 {
    let Evidence {
        containment,
        contained,
        ..
    } = found.evidence;
    containment
        .unwrap_or_default()
        .max(contained.unwrap_or_default())
}

/// Keeps each article once, in the order of their sequence, and of two revisions the later.
fn keep_latest(matches: &mut Vec<Match>) {
    if matches.len() < 2 {
        return;
    }
    matches.sort_unstable_by_key(|found| found.article.sequence);
    // Found in a table and told of as well.
    matches.dedup_by_key(|found| found.article.sequence);
    let mut later = foldhash::HashMap::<Box<str>, u64>::default();
    for found in &*matches {
        later.insert(found.article.id.clone(), found.article.sequence);
    }
    matches.retain(|found| later.get(&found.article.id) == Some(&found.article.sequence));
}

/// Whether what stands in one of two sets of passages hardly stands in the other.
pub(crate) fn lie_apart(ours: &[Range<u32>], theirs: &[Range<u32>]) -> bool {
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
