//! How many of the pairs that share their words are found, by the exact sets.

use serde::Serialize;

use super::{
    replay::Replay,
    score::share,
    sets::{ExactPair, Overlap, Sets},
};

/// A name, and whether two sets that overlap so are of the kind.
type Kind = (&'static str, fn(Overlap) -> bool);

/// Kinds of pairs.
pub(super) const KINDS: [Kind; 3] = [
    ("J >= 0.7", |overlap| overlap.jaccard() >= 0.7),
    ("J >= 0.5", |overlap| overlap.jaccard() >= 0.5),
    ("C >= 0.8", |overlap| overlap.containment() >= 0.8),
];

/// Every pair of any kind.
pub(super) fn exact_pairs(sets: &Sets) -> Vec<ExactPair> {
    sets.pairs(|overlap| KINDS.iter().any(|(_, is_one)| is_one(overlap)))
}

/// What became of the pairs of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Recall {
    pub(super) kind: &'static str,
    pub(super) pairs: usize,
    /// The share that was reported in any relation.
    pub(super) matched: Option<f64>,
    /// The share that was called duplicates.
    pub(super) called: Option<f64>,
}

/// Looks the pairs of each kind up in the replay.
pub(super) fn recall(pairs: &[ExactPair], replay: &Replay) -> Vec<Recall> {
    let matched = shares(pairs, |pair| {
        replay.relation(pair.later, pair.earlier).is_some()
    });
    let called = shares(pairs, |pair| replay.calls(pair.later, pair.earlier));
    KINDS
        .iter()
        .zip(matched.into_iter().zip(called))
        .map(|((kind, is_one), (matched, called))| Recall {
            kind,
            pairs: pairs.iter().filter(|pair| is_one(pair.overlap)).count(),
            matched,
            called,
        })
        .collect()
}

/// The pairs that were called duplicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Called {
    pub(super) pairs: usize,
    /// The share of them that have [`RELATED`] in common by the exact sets.
    pub(super) related: Option<f64>,
}

/// From this Jaccard similarity on two texts have to do with each other.
pub(super) const RELATED: f64 = 0.3;

/// Looks up how much those have in common that were called duplicates.
pub(super) fn called(sets: &Sets, replay: &Replay) -> Called {
    let (mut pairs, mut related) = (0, 0);
    for (later, earlier) in replay.called() {
        pairs += 1;
        related += u32::from(sets.overlap(later, earlier).jaccard() >= RELATED);
    }
    Called {
        pairs,
        related: share(f64::from(related), pairs as f64),
    }
}

/// For each kind, the share of its pairs that are `hit`.
pub(super) fn shares(
    pairs: &[ExactPair],
    hit: impl Fn(&ExactPair) -> bool,
) -> [Option<f64>; KINDS.len()] {
    KINDS.map(|(_, is_one)| {
        let (mut hits, mut all) = (0, 0);
        for pair in pairs.iter().filter(|pair| is_one(pair.overlap)) {
            all += 1;
            hits += u32::from(hit(pair));
        }
        share(f64::from(hits), f64::from(all))
    })
}
