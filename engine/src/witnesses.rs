//! What copies have to say of a match that is in doubt.
//!
//! Two events told in one formula are now and then cut so much alike that nothing in the two texts tells them from
//! two cuts of one report. But most reports come in several cuts, and each leaves out something else. If a text
//! tells the story of a match, then copies of the text tell it as well, and the text tells that of the match's
//! copies. So a match in doubt is held against these, and what speaks against it most counts twice as much as the two
//! texts themselves. Nothing is kept for it: the witnesses are among the text's other matches.

use std::cell::OnceCell;

use foldhash::HashMap;

use crate::{
    answer::{Evidence, Match, Relation},
    evidence::{Side, measure, relate, threshold},
    fingerprint::{ShingleSet, Sketch, is_below},
    query::{Query, share},
    rarity::Rarity,
};

/// A score that lies no farther from the threshold is in doubt; of others hardly a witness would change the side.
const DOUBT: f64 = 0.25;

/// From this Jaccard similarity on, one of two duplicates is a copy of the other that may speak for it.
const COPY: f32 = 0.5;

/// At most so many witnesses are heard, the nearest copies first, and so many copies measured for it: the more there are,
/// the likelier one of them is a poor cut.
const MOST_WITNESSES: usize = 4;

/// A copy that lacks more of what text and match share knows nothing of it: it may be the other half of a page.
const MOST_MISSING: f64 = 0.3;

/// At most so many matches are looked at, those that share most with the text.
const MOST_MATCHES: usize = 32;

/// Of so many at most that are in doubt witnesses are heard, those that share most: a text that dozens resemble is to
/// cost a check little more than another.
const MOST_IN_DOUBT: usize = 8;

impl Query<'_> {
    /// Hears the copies among the matches on those that are in doubt, and says anew what the text is to these; what
    /// turns out to have nothing to do with it is left out. The matches come in the order of their sequence.
    pub(crate) fn hear_witnesses(&self, matches: &mut Vec<Match>) {
        // Nearly always.
        if matches.len() < 2 {
            return;
        }
        matches.sort_by(|a, b| share(b).total_cmp(&share(a)));
        let looked_at = &matches[..matches.len().min(MOST_MATCHES)];
        let in_doubt = (0..looked_at.len()).filter(|place| self.is_in_doubt(&looked_at[*place]));
        let in_doubt: Vec<_> = in_doubt.take(MOST_IN_DOUBT).collect();
        if in_doubt.is_empty() {
            return;
        }
        // All are heard before anything follows from what they say.
        let mut hearing = Hearing::new(self, looked_at);
        let mut heard = vec![None; looked_at.len()];
        for place in in_doubt {
            heard[place] = hearing.hear(place);
        }
        let mut heard = heard.into_iter();
        matches.retain_mut(|found| {
            let Some(score) = heard.next().flatten() else {
                return true;
            };
            found.evidence.score = Some(score);
            let (side, evidence) = (found.article.side(), &found.evidence);
            let relation = relate(self.side, side, evidence, &self.detector, &self.rarity);
            found.relation = relation.unwrap_or(found.relation);
            relation.is_some()
        });
    }

    fn is_in_doubt(&self, found: &Match) -> bool {
        let threshold = threshold(&self.detector, &self.rarity);
        let lies_near = |score: f32| (f64::from(score) - threshold).abs() <= DOUBT;
        found.relation != Relation::Exact && found.evidence.score.is_some_and(lies_near)
    }

    /// How near two copies are to each other; `None` if they are none.
    fn nearness(&self, evidence: &Evidence) -> Option<f32> {
        let is_one_story = f64::from(evidence.score?) >= threshold(&self.detector, &self.rarity);
        let nearness = evidence.jaccard?;
        (is_one_story && nearness >= COPY).then_some(nearness)
    }
}

/// The matches that are looked at, and what has been found out of any two of them.
struct Hearing<'a> {
    query: &'a Query<'a>,
    looked_at: Vec<LookedAt<'a>>,
    samples: Samples,
    /// What the first of two matches is to the second.
    measured: HashMap<(usize, usize), Evidence>,
}

struct LookedAt<'a> {
    side: Side<'a>,
    /// What the text is to it.
    ours: &'a Evidence,
    /// It as a text that is measured against others.
    asking: OnceCell<(ShingleSet, Rarity<'a>)>,
}

impl<'a> Hearing<'a> {
    fn new(query: &'a Query<'a>, matches: &'a [Match]) -> Self {
        let looked_at = matches.iter().map(|found| LookedAt {
            side: found.article.side(),
            ours: &found.evidence,
            asking: OnceCell::new(),
        });
        let looked_at: Vec<_> = looked_at.collect();
        Self {
            samples: Samples::new(query.shingles, &looked_at),
            measured: HashMap::default(),
            query,
            looked_at,
        }
    }

    /// The score of the match at `place` when its witnesses were heard; `None` if it has none.
    fn hear(&mut self, place: usize) -> Option<f32> {
        let query = self.query;
        let score = self.looked_at[place].ours.score?;
        // How near one of the two copies is that each may be, at most: only of the nearest all is measured.
        let others = (0..self.looked_at.len()).filter(|other| *other != place);
        let others = others.filter(|other| self.samples.knows(*other, place));
        let mut others: Vec<_> = others
            .filter_map(|other| {
                let of_text = query.nearness(self.looked_at[other].ours);
                let of_match = Some(self.samples.jaccard(place, other));
                let of_match = of_match.filter(|nearness| *nearness >= COPY);
                let nearness = of_text.into_iter().chain(of_match).reduce(f32::max)?;
                Some((nearness, other))
            })
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut said: Vec<(f32, f32)> = Vec::new();
        for (_, other) in others.into_iter().take(MOST_WITNESSES) {
            let ours = self.looked_at[other].ours;
            let theirs = self.measure(place.min(other), place.max(other));
            // A copy of the text, on the match; and the text, on a copy of the match.
            said.extend(query.nearness(ours).zip(theirs.score));
            said.extend(query.nearness(theirs).zip(ours.score));
        }
        said.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
        let heard = said.into_iter().take(MOST_WITNESSES);
        let against = heard.map(|(_, score)| score).reduce(f32::min)?;
        Some((score + 2.0 * against) / 3.0)
    }

    /// What two of the matches are to each other.
    fn measure(&mut self, first: usize, second: usize) -> &Evidence {
        let Self {
            query,
            looked_at,
            measured,
            ..
        } = self;
        measured.entry((first, second)).or_insert_with(|| {
            let (one, other) = (&looked_at[first], &looked_at[second]);
            let (shingles, rarity) = one.asking.get_or_init(|| {
                let content = one.side.content.unwrap_or_default();
                let shingles = ShingleSet::from(content.sketch);
                (shingles, query.rarity.lent(content))
            });
            measure(one.side, shingles, other.side, rarity)
        })
    }
}

/// The sketches of the matches as sets of bits, so that those of any two are compared at once.
struct Samples {
    /// Which hash a bit is of, ascending.
    hashes: Vec<u32>,
    /// Those that the text has.
    of_text: Vec<u64>,
    /// Those of each match, and its sketch's limit.
    sketches: Vec<(Vec<u64>, u32)>,
}

impl Samples {
    fn new(text: &ShingleSet, matches: &[LookedAt<'_>]) -> Self {
        let sketches = matches
            .iter()
            .map(|found| found.side.content.map(|content| content.sketch));
        let sketches: Vec<_> = sketches.map(Option::unwrap_or_default).collect();
        // With the number of the match behind each hash.
        let all = sketches.iter().zip(0u64..).flat_map(|(sketch, number)| {
            let hashes = sketch.hashes();
            hashes.map(move |hash| u64::from(hash) << 32 | number)
        });
        let mut sorted = Vec::with_capacity(sketches.iter().map(Sketch::len).sum());
        sorted.extend(all);
        sorted.sort_unstable();
        let is_same = |one: &u64, other: &u64| one >> 32 == other >> 32;
        let count = sorted.chunk_by(is_same).count();
        let none = || vec![0; count.div_ceil(64)];
        let mut samples = Self {
            hashes: Vec::with_capacity(count),
            of_text: none(),
            sketches: sketches
                .iter()
                .map(|sketch| (none(), sketch.limit()))
                .collect(),
        };
        for same in sorted.chunk_by(is_same) {
            let (hash, place) = ((same[0] >> 32) as u32, samples.hashes.len());
            let bit = |set: &mut Vec<u64>| set[place / 64] |= 1 << (place % 64);
            if text.position(hash).is_some() {
                bit(&mut samples.of_text);
            }
            for number in same.iter().map(|one| *one as u32 as usize) {
                bit(&mut samples.sketches[number].0);
            }
            samples.hashes.push(hash);
        }
        samples
    }

    /// How many of the hashes that a sample with this limit has are in all of some sets.
    fn count<const N: usize>(&self, sets: [&[u64]; N], limit: u32) -> u32 {
        let end = self.hashes.partition_point(|hash| is_below(*hash, limit));
        let word = |at: usize| sets.iter().fold(u64::MAX, |all, set| all & set[at]);
        let whole: u32 = (0..end / 64).map(|at| word(at).count_ones()).sum();
        match end % 64 {
            0 => whole,
            rest => whole + (word(end / 64) << (64 - rest)).count_ones(),
        }
    }

    /// Whether a match has most of what the text shares with another one.
    fn knows(&self, other: usize, place: usize) -> bool {
        let ((theirs, limit), (ours, _)) = (&self.sketches[other], &self.sketches[place]);
        let all = self.count([ours, &self.of_text], *limit);
        let known = self.count([ours, &self.of_text, theirs], *limit);
        known > 0 && f64::from(known) >= (1.0 - MOST_MISSING) * f64::from(all)
    }

    /// The Jaccard similarity of two matches, as far as the coarser of their samples reaches.
    fn jaccard(&self, one: usize, other: usize) -> f32 {
        let ((one, limit), (other, others)) = (&self.sketches[one], &self.sketches[other]);
        let limit = *limit.min(others);
        let shared = self.count([one, other], limit);
        let either = self.count([one], limit) + self.count([other], limit) - shared;
        if either == 0 {
            0.0
        } else {
            (f64::from(shared) / f64::from(either)) as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        detector::Detector,
        fingerprint::{Content, Fingerprinter, StoredContent},
    };

    /// Texts of 60 to 600 words, most of which are of one text.
    fn texts() -> Vec<String> {
        let word = |n: u64| format!("كلمة{}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44);
        let text = |n: u64| {
            let words =
                (0..60 + n * 45).map(|at| word(at + if at % (n + 2) == 0 { n << 20 } else { 0 }));
            words.collect::<Vec<_>>().join(" ")
        };
        (0..13).map(text).collect()
    }

    #[test]
    fn samples_are_compared_as_their_hashes_are() {
        let mut fingerprinter = Fingerprinter::default();
        let contents: Vec<StoredContent> = texts()
            .iter()
            .map(|text| {
                let fingerprint = fingerprinter.fingerprint("", text, &Detector::default());
                let content = fingerprinter.side(&fingerprint, None).content;
                content.map(Content::to_stored).expect("it is long enough")
            })
            .collect();
        let text = ShingleSet::from(contents[4].read().sketch);
        let fingerprint = fingerprinter.fingerprint("", "", &Detector::default());
        let evidence = Evidence::default();
        let looked_at = contents.iter().map(|content| LookedAt {
            side: Side {
                fingerprint: &fingerprint,
                content: Some(content.read()),
                published: None,
            },
            ours: &evidence,
            asking: OnceCell::new(),
        });
        let looked_at: Vec<_> = looked_at.collect();
        let samples = Samples::new(&text, &looked_at);
        let sketches = || {
            contents
                .iter()
                .map(|content| content.read().sketch)
                .enumerate()
        };
        let (mut similarities, mut knowing) = (HashSet::new(), HashSet::new());
        for (one, ours) in sketches() {
            let below = |limit: u32| ours.hashes().filter(move |hash| is_below(*hash, limit));
            for (other, theirs) in sketches() {
                let set = ShingleSet::from(theirs);
                let limit = ours.limit().min(theirs.limit());
                let shared = below(limit)
                    .filter(|hash| set.position(*hash).is_some())
                    .count();
                let either = below(limit).count() + set.count_below(limit) - shared;
                let jaccard = samples.jaccard(one, other);
                assert_eq!(jaccard, (shared as f64 / either as f64) as f32);
                similarities.insert((jaccard * 100.0) as u32);
                let shared = below(theirs.limit()).filter(|hash| text.position(*hash).is_some());
                let shared: Vec<_> = shared.collect();
                let known = shared
                    .iter()
                    .filter(|hash| set.position(**hash).is_some())
                    .count();
                let knows = known > 0 && known as f64 >= (1.0 - MOST_MISSING) * shared.len() as f64;
                assert_eq!(samples.knows(other, one), knows, "{one} {other}");
                knowing.insert(knows);
            }
        }
        assert!(
            similarities.len() > 10 && knowing.len() == 2,
            "{similarities:?}"
        );
    }
}
