//! Measuring one article against another, and deciding what it is to it.
//!
//! What editors call a duplicate is told from the shorter text: has it anything that the longer one
//! lacks? Two things are asked of it, and what both have is discounted if it is a formula:
//!
//! - `words`: the share of its words, by stem and weighted by rarity, that the longer one has;
//! - `specificity`: the share of its shingles that the longer one has, each divided by the number of
//!   other stories that it stands in: a formula's shingles stand in many, a story's own in one.
//!
//! Two corrections speak against another event in the same words: a copy does not lack what its text
//! keeps talking about (`subject`), and does not put other numbers into the same places
//! (`contradicted`). Of a match that is in doubt its copies are heard as well ([`witnesses`](crate::witnesses)).
//! `ARCHITECTURE.md` has the measurements behind each.

use crate::{
    answer::{Evidence, Relation},
    detector::{Detector, Method},
    fingerprint::{Content, Fingerprint, ShingleSet, Vocabulary, Word, is_below},
    index::articles::Timestamp,
    rarity::{Rarity, Weights},
};

/// What the logarithm of the specificity counts, against the share of words.
const SPECIFICITY_WEIGHT: f64 = 0.18;
/// Keeps the logarithm finite, and small differences between formulas from counting.
const SPECIFICITY_FLOOR: f64 = 0.02;
/// What a subject that is wholly missing takes off.
const SUBJECT_WEIGHT: f64 = 0.6;
/// Weight of words that every text is taken to share with the other, so that one rare word that stands
/// twice does not decide.
const SUBJECT_PRIOR: f64 = 5.0;
/// What each doubling (in natural logarithms) of the days between the two takes off, up to a week.
const DAYS_WEIGHT: f64 = 0.06;
/// What numbers that contradict take off: much, since of all that is known it is this alone that speaks of
/// another event already when a formula is met for the second time, and in an index of any size.
const CONTRADICTION_WEIGHT: f64 = 0.4;
/// An empty index knows no formulas yet, so there more is asked for, half of it after so many stories.
const COLD_EXTRA: f64 = 0.2;
const COLD_STORIES: f64 = 300.0;
/// A shingle in more stories than this counts as if it stood in so many: a formula is known by then, and
/// a story that two hundred outlets have each edited a little must not become one. (On the July gold
/// any bound from 16 up gives the same decisions, 3 gives 12 templates for 5.)
const MOST_STORIES: u32 = 32;
/// Below this share of the specificity that its containment would have if all of it were its own, what
/// two texts share is a formula.
const FORMULA: f64 = 0.3;

/// Texts of which neither has more of the other's shingles do not tell one story, whatever their words are: a copy with
/// half of its words replaced shares an eighth. Nearly all that are looked at share less, and it is soon told.
const SLIGHT: f32 = 0.15;

/// So many sampled shingles two texts must share: of a short text there are few in the sample of a long one, and a phrase or two
/// that both have would be a good part of these.
const LEAST_IN_COMMON: usize = 3;

/// One of the two texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) fingerprint: &'a Fingerprint,
    pub(crate) content: Option<Content<'a>>,
    pub(crate) published: Option<Timestamp>,
}

/// Two texts of one formula have at least this share of words in common; texts that share stock phrases, or
/// what a site puts around each of its articles, have fewer.
const MIN_TEMPLATE_WORDS: f32 = 0.6;

/// Measures a text, with all its shingles, against an indexed one; where the shared text stands is for
/// [`passages`](crate::passages::passages) to say.
///
/// The shares of shingles are exact for matches whose sketch holds all of theirs (48 or fewer); of
/// longer ones one in eight is looked at, so that a share p is estimated from n samples with a standard error of
/// sqrt(p (1 - p) / n): n is 48 or more, and that .072 at most, for two texts of about one length, and an eighth
/// of the shorter one's shingles where the other is much longer. The shares of words are exact.
pub(crate) fn measure(
    query: Side<'_>,
    shingles: &ShingleSet,
    other: Side<'_>,
    rarity: &Rarity<'_>,
) -> Evidence {
    match Overlap::of(query, shingles, other, rarity) {
        Some(overlap) => overlap.measure(query, other, rarity),
        None => Evidence {
            hamming: hamming(query, other),
            ..Evidence::default()
        },
    }
}

/// Measures a text, with all its shingles, against an indexed one, and says what it is to it; `None` if
/// they have nothing to do with each other. Most that are asked about share a phrase and no more, which
/// costs little to find out.
pub(crate) fn judge(
    query: Side<'_>,
    shingles: &ShingleSet,
    other: Side<'_>,
    detector: &Detector,
    rarity: &Rarity<'_>,
) -> Option<(Relation, Evidence)> {
    let overlap = Overlap::of(query, shingles, other, rarity);
    if overlap.is_some_and(|overlap| overlap.is_slight(query, other, detector)) {
        return None;
    }
    let evidence = match overlap {
        Some(overlap) => overlap.measure(query, other, rarity),
        None => measure(query, shingles, other, rarity),
    };
    relate(query, other, &evidence, detector, rarity).map(|relation| (relation, evidence))
}

/// The share of an article's shingles that stand in a whole one, whose shingles these are; `None` if not both have
/// content.
pub(crate) fn held(
    article: Side<'_>,
    whole: Side<'_>,
    shingles: &ShingleSet,
    rarity: &Rarity<'_>,
) -> Option<f64> {
    Overlap::of(whole, shingles, article, rarity).map(|overlap| overlap.contained)
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 {
        0.0
    } else {
        part as f64 / of as f64
    }
}

fn hamming(query: Side<'_>, other: Side<'_>) -> Option<u32> {
    let (ours, theirs) = (query.fingerprint, other.fingerprint);
    let comparable = ours.tokens > 0 && theirs.tokens > 0;
    comparable.then(|| ours.simhash.distance(theirs.simhash))
}

/// What two texts share of their shingles, as far as both are sampled.
#[derive(Clone, Copy)]
struct Overlap {
    /// How many they share, and how many the shorter text has.
    shared: usize,
    of_shorter: usize,
    /// Share of the text's that the other has.
    containment: f64,
    /// Share of the other's that the text has.
    contained: f64,
    jaccard: f64,
    /// See [`Evidence::specificity`].
    specificity: f64,
    ours_is_shorter: bool,
}

impl Overlap {
    /// `None` if not both have content.
    fn of(
        query: Side<'_>,
        shingles: &ShingleSet,
        other: Side<'_>,
        rarity: &Rarity<'_>,
    ) -> Option<Self> {
        query.content?;
        let sketch = other.content?.sketch;
        let mut shared = Shared::default();
        // Both as far as the coarser of the two samples reaches.
        let limit = sketch.limit().min(shingles.limit());
        let mut in_theirs = 0;
        for hash in sketch.hashes().take_while(|hash| is_below(*hash, limit)) {
            in_theirs += 1;
            if shingles.position(hash).is_some() {
                shared.add(rarity.shingle(hash));
            }
        }
        let in_ours = shingles.count_below(limit);
        let share = |of: usize| share(shared.count, of);
        let (containment, contained) = (share(in_ours), share(in_theirs));
        let ours_is_shorter = query.fingerprint.tokens <= other.fingerprint.tokens;
        let of_shorter = if ours_is_shorter {
            containment
        } else {
            contained
        };
        Some(Self {
            shared: shared.count,
            of_shorter: if ours_is_shorter { in_ours } else { in_theirs },
            containment,
            contained,
            jaccard: share(in_ours + in_theirs - shared.count),
            specificity: of_shorter * shared.weight() / rarity.usual(),
            ours_is_shorter,
        })
    }

    /// Whether it is too little for any relation, whatever words the two have in common.
    fn is_slight(&self, query: Side<'_>, other: Side<'_>, detector: &Detector) -> bool {
        let least = SLIGHT.min(detector.min_partial);
        (self.containment.max(self.contained) < f64::from(least)
            || self.shared < LEAST_IN_COMMON.min(self.of_shorter))
            && query.fingerprint.exact != other.fingerprint.exact
    }

    fn score(&self, words: f64, subject: f64, contradicted: f64, days: f64) -> f64 {
        words
            + SPECIFICITY_WEIGHT * (self.specificity + SPECIFICITY_FLOOR).ln()
            + SUBJECT_WEIGHT * (subject - 1.0)
            - DAYS_WEIGHT * (1.0 + days.floor()).ln()
            - CONTRADICTION_WEIGHT * contradicted
    }

    fn measure(&self, query: Side<'_>, other: Side<'_>, rarity: &Rarity<'_>) -> Evidence {
        let (ours, theirs) = (
            query.content.unwrap_or_default(),
            other.content.unwrap_or_default(),
        );
        let (words, subject) = words(theirs.vocabulary, self.ours_is_shorter, rarity);
        let contradicted = match self.ours_is_shorter {
            true => contradicted(&ours, &theirs),
            false => contradicted(&theirs, &ours),
        };
        let score = self.score(words, subject, contradicted, days(query, other));
        Evidence {
            hamming: hamming(query, other),
            jaccard: Some(self.jaccard as f32),
            containment: Some(self.containment as f32),
            contained: Some(self.contained as f32),
            words: Some(words as f32),
            specificity: Some(self.specificity as f32),
            subject: Some(subject as f32),
            contradicted: Some(contradicted as f32),
            score: Some(score as f32),
            passages: Vec::new(),
        }
    }
}

/// Days between the publication of the two, as far as they count; none if they are not known.
fn days(query: Side<'_>, other: Side<'_>) -> f64 {
    match (query.published, other.published) {
        (Some(ours), Some(theirs)) => (ours.abs_diff(theirs) as f64 / 86_400_000.0).min(7.0),
        _ => 0.0,
    }
}

/// The score from which on two texts tell one story.
pub(crate) fn threshold(detector: &Detector, rarity: &Rarity<'_>) -> f64 {
    f64::from(detector.min_score) + COLD_EXTRA * COLD_STORIES / (rarity.stories() + COLD_STORIES)
}

/// The shingles that both texts have.
#[derive(Default)]
struct Shared {
    count: usize,
    weights: f64,
    weighed: usize,
}

impl Shared {
    /// Adds a shingle that stands in so many stories, the other text's among them, if that is known.
    fn add(&mut self, stories: Option<u32>) {
        self.count += 1;
        if let Some(stories) = stories {
            self.weights += 1.0 / f64::from(stories.clamp(1, MOST_STORIES));
            self.weighed += 1;
        }
    }

    /// Mean of one by one more than the other stories that a shared shingle stands in; 1 if unknown.
    fn weight(&self) -> f64 {
        if self.weighed == 0 {
            1.0
        } else {
            self.weights / self.weighed as f64
        }
    }
}

/// The share of the shorter text's words that the longer has; and of those that it keeps talking about,
/// its title counted, that the longer or its title has.
fn words(theirs: Vocabulary<'_>, ours_is_shorter: bool, rarity: &Rarity<'_>) -> (f64, f64) {
    let ours = rarity.words();
    let mut all = Weights::default();
    let mut held = Weights::default();
    // Of either text the words come by ascending key.
    let mut hold = |word: Word, weight: f64, other: Word| match other.count {
        0 => held.add_subject(word, weight),
        _ => held.add(word, weight),
    };
    if ours_is_shorter {
        all = ours.all();
        for other in theirs.words() {
            if let Some((word, weight)) = ours.get(other.key) {
                hold(word, weight, other);
            }
        }
    } else {
        for word in theirs.words() {
            let other = ours.get(word.key);
            let weight = other.map_or_else(|| rarity.word(word.key), |(_, weight)| weight);
            all.add(word, weight);
            if let Some((other, _)) = other {
                hold(word, weight, other);
            }
        }
    }
    (
        if all.text > 0.0 {
            held.text / all.text
        } else {
            1.0
        },
        (SUBJECT_PRIOR + held.subject) / (SUBJECT_PRIOR + all.subject),
    )
}

/// How far the numbers of the two contradict, 0 to 1: one slip among many numbers is a correction, a
/// quarter of them is another event.
fn contradicted(shorter: &Content<'_>, longer: &Content<'_>) -> f64 {
    let contradictions = shorter.numbers.contradictions(&longer.numbers);
    if contradictions == 0 {
        return 0.0;
    }
    let agreements = shorter.numbers.agreements(&longer.numbers);
    (4.0 * contradictions as f64 / (contradictions + agreements) as f64).min(1.0)
}

/// What a text is to an indexed one; `None` if they have nothing to do with each other.
pub(crate) fn relate(
    query: Side<'_>,
    other: Side<'_>,
    evidence: &Evidence,
    detector: &Detector,
    rarity: &Rarity<'_>,
) -> Option<Relation> {
    let (ours, theirs) = (query.fingerprint, other.fingerprint);
    if ours.tokens == 0 || theirs.tokens == 0 {
        return None;
    }
    if ours.exact == theirs.exact {
        return Some(Relation::Exact);
    }
    if ours.tokens.min(theirs.tokens) < Detector::MIN_TOKENS {
        return None;
    }
    if detector.method == Method::SimHashOnly {
        return (evidence.hamming? <= detector.distance).then_some(Relation::NearDuplicate);
    }
    let (Some(ours), Some(theirs)) = (query.content, other.content) else {
        return None;
    };
    let (ours, theirs) = (ours.sketch.shingles(), theirs.sketch.shingles());
    let containment = evidence.containment?.max(evidence.contained?);
    if f64::from(evidence.score?) >= threshold(detector, rarity) {
        let ratio = ours.min(theirs) as f32 / ours.max(theirs).max(1) as f32;
        return Some(match ratio >= detector.min_size_ratio {
            true => Relation::NearDuplicate,
            false if ours < theirs => Relation::ContainedIn,
            false => Relation::Contains,
        });
    }
    if containment < detector.min_partial {
        return None;
    }
    let is_formula = f64::from(evidence.specificity?) <= FORMULA * f64::from(containment);
    let same_words = evidence.words? >= MIN_TEMPLATE_WORDS;
    if same_words && (is_formula || evidence.contradicted? > 0.0) {
        Some(Relation::Template)
    } else {
        // Stock phrases, or what a site puts around each of its articles, are nothing to report.
        (!is_formula).then_some(Relation::Partial)
    }
}
