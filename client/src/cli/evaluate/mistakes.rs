//! The pairs of the gold that were called wrongly, for whoever wants to know why.

use serde::Serialize;

use super::{corpus::Corpus, gold::Pair, replay::Replay, sets::Sets};

/// A pair that was called a duplicate and is none, or is one and was not called so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Mistake {
    /// The article that came second.
    pub(super) later: String,
    /// The one before it.
    pub(super) earlier: String,
    pub(super) label: &'static str,
    /// What it was reported as, or `none`.
    pub(super) reported: &'static str,
    pub(super) weight: f64,
    pub(super) evidence: Option<Evidence>,
    /// By the exact sets.
    pub(super) exact_jaccard: f64,
    /// By the exact sets, of the smaller one.
    pub(super) exact_containment: f64,
}

/// What the match was reported with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Evidence {
    pub(super) hamming: Option<u32>,
    pub(super) jaccard: Option<f32>,
    pub(super) containment: Option<f32>,
    pub(super) contained: Option<f32>,
}

/// All of them, in the order of the gold.
pub(super) fn mistakes(
    pairs: &[Pair],
    corpus: &Corpus,
    sets: &Sets,
    replay: &Replay,
) -> Vec<Mistake> {
    let id = |place: u32| corpus.items[place as usize].id.clone();
    pairs
        .iter()
        .filter(|pair| pair.label.is_positive() != replay.calls(pair.later, pair.earlier))
        .map(|pair| {
            let overlap = sets.overlap(pair.later, pair.earlier);
            let found = replay.found(pair.later, pair.earlier);
            Mistake {
                later: id(pair.later),
                earlier: id(pair.earlier),
                label: pair.label.letter(),
                reported: found.map_or("none", |found| found.relation.name()),
                weight: pair.weight,
                evidence: found.map(|found| Evidence {
                    hamming: found.hamming,
                    jaccard: found.jaccard,
                    containment: found.containment,
                    contained: found.contained,
                }),
                exact_jaccard: overlap.jaccard(),
                exact_containment: overlap.containment(),
            }
        })
        .collect()
}
