//! Measuring one article against another, and deciding what it is to it.

use std::ops::Range;

use crate::{
    answer::{Evidence, Relation},
    detector::{Detector, Method},
    fingerprint::{Fingerprint, ShingleSet, Sketch, is_below},
};

/// Words in the shingles of a sketch, less one: how far a shingle reaches beyond its first word.
const SHINGLE_REACH: u32 = 2;

/// A passage ends after this many sampled shingles in a row that the other has not.
const PASSAGE_GAP: usize = 2;

/// Measures a text, with all its shingles, against an indexed fingerprint.
///
/// The shares are exact for matches whose sketch holds all their shingles (fewer than 128 or so);
/// of longer ones one shingle in four is looked at, so that a share p is estimated from n = 64 or
/// more samples with a standard error of at most sqrt(p (1 - p) / n) = .06.
pub(crate) fn measure(query: &Fingerprint, shingles: &ShingleSet, other: &Fingerprint) -> Evidence {
    let comparable = query.tokens > 0 && other.tokens > 0;
    let hamming = comparable.then(|| query.simhash.distance(other.simhash));
    let Some(sketch) = other.sketch.as_ref().filter(|_| !shingles.is_empty()) else {
        return Evidence {
            hamming,
            ..Evidence::default()
        };
    };
    // Both are looked at as far down as the coarser of the two samples reaches.
    let level = sketch.level().max(shingles.level());
    let theirs = || {
        sketch
            .hashes()
            .iter()
            .filter(|hash| is_below(**hash, level))
    };
    let ours = shingles
        .ordered()
        .iter()
        .filter(|(hash, _)| is_below(*hash, level))
        .count();
    let shared = theirs()
        .filter(|hash| shingles.position(**hash).is_some())
        .count();
    let share = |of: usize| {
        if of == 0 {
            0.0
        } else {
            shared as f32 / of as f32
        }
    };
    Evidence {
        hamming,
        jaccard: Some(share(ours + theirs().count() - shared)),
        containment: Some(share(ours)),
        contained: Some(share(theirs().count())),
        passages: if shared > 0 && shingles.level() == 0 {
            passages(shingles, sketch)
        } else {
            Vec::new()
        },
    }
}

/// The runs of words in which the sampled shingles stand in both.
fn passages(shingles: &ShingleSet, sketch: &Sketch) -> Vec<Range<u32>> {
    let mut theirs = sketch.hashes().to_vec();
    theirs.sort_unstable();
    let mut passages: Vec<Range<u32>> = Vec::new();
    let mut missed = usize::MAX;
    for (hash, position) in shingles
        .ordered()
        .iter()
        .filter(|(hash, _)| is_below(*hash, sketch.level()))
    {
        if theirs.binary_search(hash).is_err() {
            missed = missed.saturating_add(1);
            continue;
        }
        let end = position + SHINGLE_REACH + 1;
        match passages.last_mut() {
            Some(passage) if missed < PASSAGE_GAP => passage.end = end,
            _ => passages.push(*position..end),
        }
        missed = 0;
    }
    passages
}

/// What a text is to an indexed one; `None` if they have nothing to do with each other.
pub(crate) fn relate(
    query: &Fingerprint,
    other: &Fingerprint,
    evidence: &Evidence,
    detector: &Detector,
) -> Option<Relation> {
    if query.tokens == 0 || other.tokens == 0 {
        return None;
    }
    if query.exact == other.exact {
        return Some(Relation::Exact);
    }
    if query.tokens.min(other.tokens) < Detector::MIN_TOKENS {
        return None;
    }
    if detector.method == Method::SimHashOnly {
        return (evidence.hamming? <= detector.distance).then_some(Relation::NearDuplicate);
    }
    let (jaccard, containment, contained) = (
        evidence.jaccard?,
        evidence.containment?,
        evidence.contained?,
    );
    let greater = containment.max(contained);
    if jaccard >= detector.min_jaccard && greater >= detector.min_containment {
        Some(Relation::NearDuplicate)
    } else if greater >= detector.min_containment {
        Some(if containment >= contained {
            Relation::ContainedIn
        } else {
            Relation::Contains
        })
    } else if greater >= Detector::MIN_PARTIAL {
        Some(Relation::Partial)
    } else {
        None
    }
}
