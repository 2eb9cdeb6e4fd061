//! What simpler rules make of the same pairs.

use basma_engine::{Detector, Fingerprint, Fingerprinter, Shingling};
use serde::Serialize;

use super::{
    corpus::Corpus,
    gold::Pair,
    recall::{KINDS, shares},
    replay::Replay,
    score::{Score, score},
    sets::{ExactPair, Sets},
    settings::simhash_only,
};

/// What the SimHashes count.
const FEATURES: [(Shingling, &str); 2] = [
    (Shingling::Words(3), "word 3-shingles"),
    (Shingling::Characters(5), "character 5-grams"),
];

/// Their greatest distances.
const DISTANCES: [u32; 3] = [3, 6, 10];

/// A rule and its figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Rule {
    pub(super) rule: String,
    #[serde(flatten)]
    pub(super) score: Score,
    /// Of the pairs of each kind in [`KINDS`], the share that it calls duplicates.
    pub(super) exact_pairs_called: [Option<f64>; KINDS.len()],
}

impl Rule {
    fn new(
        rule: String,
        gold: &[Pair],
        exact: &[ExactPair],
        calls: impl Fn(u32, u32) -> bool,
    ) -> Self {
        Self {
            rule,
            score: score(gold, |pair| calls(pair.later, pair.earlier)),
            exact_pairs_called: shares(exact, |pair| calls(pair.later, pair.earlier)),
        }
    }
}

/// Basma, SimHash alone, and the exact sets.
pub(super) fn rules(
    corpus: &Corpus,
    gold: &[Pair],
    sets: &Sets,
    exact: &[ExactPair],
    replay: &Replay,
) -> Vec<Rule> {
    let basma = |later, earlier| replay.calls(later, earlier);
    let mut rules = vec![Rule::new("Basma".to_owned(), gold, exact, basma)];
    for (features, name) in FEATURES {
        let prints = fingerprints(corpus, features);
        for k in DISTANCES {
            let rule = format!("SimHash, {name}, k = {k}");
            rules.push(Rule::new(rule, gold, exact, |later, earlier| {
                are_near(&prints[later as usize], &prints[earlier as usize], k)
            }));
        }
    }
    rules.push(Rule::new(
        "exact Jaccard >= 0.7".to_owned(),
        gold,
        exact,
        |later, earlier| sets.overlap(later, earlier).jaccard() >= 0.7,
    ));
    rules.push(Rule::new(
        "exact containment >= 0.5".to_owned(),
        gold,
        exact,
        |later, earlier| sets.overlap(later, earlier).containment() >= 0.5,
    ));
    rules
}

fn fingerprints(corpus: &Corpus, features: Shingling) -> Vec<Fingerprint> {
    let detector = simhash_only(features, 0);
    let mut fingerprinter = Fingerprinter::default();
    corpus
        .items
        .iter()
        .map(|item| fingerprinter.fingerprint("", &item.text, &detector))
        .collect()
}

/// As a collection that keeps only SimHashes decides.
fn are_near(a: &Fingerprint, b: &Fingerprint, k: u32) -> bool {
    let shorter = a.tokens.min(b.tokens);
    let equal = shorter > 0 && a.exact == b.exact;
    equal || shorter >= Detector::MIN_TOKENS && a.simhash.distance(b.simhash) <= k
}
