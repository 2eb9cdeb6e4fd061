//! What copies have to say of a match that is in doubt.
//!
//! Two events told in one formula are now and then cut so much alike that nothing in the two texts tells them from
//! two cuts of one report. But most reports come in several cuts, and each leaves out something else. If a text
//! tells the story of a match, then copies of the text tell it as well, and the text tells that of the match's
//! copies. So a match in doubt is held against these, and what speaks against it most counts twice as much as the two
//! texts themselves. Nothing is kept for it: the witnesses are among the text's other matches.

use crate::{
    answer::{Evidence, Match, Relation},
    evidence::{Side, jaccard, measure, relate, threshold},
    fingerprint::{Content, ShingleSet},
    query::{Query, share},
};

/// A score that lies no farther from the threshold is in doubt; of others hardly a witness would change the side.
const DOUBT: f64 = 0.25;

/// From this Jaccard similarity on, one of two duplicates is a copy of the other that may speak for it.
const COPY: f32 = 0.5;

/// At most so many witnesses are heard, the nearest copies first: the more there are, the likelier one of them is a
/// poor cut.
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
        let looked_at: Vec<_> = (matches.iter().take(MOST_MATCHES))
            .map(|found| (found.article.side(), found))
            .collect();
        // All are heard before anything follows from what they say.
        let in_doubt = (0..looked_at.len()).filter(|place| self.is_in_doubt(looked_at[*place].1));
        let mut heard = vec![None; looked_at.len()];
        for place in in_doubt.take(MOST_IN_DOUBT) {
            heard[place] = self.hear(place, &looked_at);
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

    /// The score of the match at `place` when its witnesses were heard; `None` if it has none.
    fn hear(&self, place: usize, matches: &[(Side<'_>, &Match)]) -> Option<f32> {
        let (article, found) = matches[place];
        let (score, content) = (found.evidence.score?, article.content?);
        let shingles = ShingleSet::from(content.sketch);
        let of_text = |hash: &u32| self.shingles.position(*hash).is_some();
        let shared = content.sketch.hashes().filter(of_text);
        let shared = ShingleSet::of(shared, content.sketch.limit());
        let rarity = self.rarity.lent(content);
        let (before, after) = (&matches[..place], &matches[place + 1..]);
        // How near one of the two copies is that each may be, at most: only of the nearest all is measured.
        let mut others: Vec<_> = (before.iter().chain(after))
            .filter(|(side, _)| side.content.is_some_and(|content| knows(content, &shared)))
            .filter_map(|(side, other)| {
                let of_text = self.nearness(&other.evidence);
                let of_match = jaccard(&shingles, side.content?);
                let of_match = Some(of_match).filter(|nearness| *nearness >= COPY);
                let nearness = of_text.into_iter().chain(of_match).reduce(f32::max)?;
                Some((nearness, *side, &other.evidence))
            })
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut said: Vec<(f32, f32)> = Vec::new();
        for (nearness, side, ours) in others.into_iter().take(2 * MOST_WITNESSES) {
            let farthest = said.get(MOST_WITNESSES - 1);
            if farthest.is_some_and(|(farthest, _)| *farthest > nearness) {
                break;
            }
            let theirs = measure(article, &shingles, side, &rarity);
            // A copy of the text, on the match; and the text, on a copy of the match.
            said.extend(self.nearness(ours).zip(theirs.score));
            said.extend(self.nearness(&theirs).zip(ours.score));
            // Of equally near ones the same are heard, in whatever order they were found.
            said.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
            said.truncate(MOST_WITNESSES);
        }
        let scores = said.into_iter().map(|(_, score)| score);
        let against = scores.reduce(f32::min)?;
        Some((score + 2.0 * against) / 3.0)
    }

    /// How near two copies are to each other; `None` if they are none.
    fn nearness(&self, evidence: &Evidence) -> Option<f32> {
        let is_one_story = f64::from(evidence.score?) >= threshold(&self.detector, &self.rarity);
        let nearness = evidence.jaccard?;
        (is_one_story && nearness >= COPY).then_some(nearness)
    }
}

/// Whether a text has most of what two others share.
fn knows(other: Content<'_>, shared: &ShingleSet) -> bool {
    let sketch = other.sketch;
    let known = sketch
        .hashes()
        .filter(|hash| shared.position(*hash).is_some());
    let (all, known) = (shared.count_below(sketch.limit()), known.count());
    known > 0 && known as f64 >= (1.0 - MOST_MISSING) * all as f64
}
