//! Where the text stands that two articles share.

use std::ops::Range;

use crate::fingerprint::{Content, ShingleSet};

/// Words in the shingles of a sketch, less one: how far a shingle reaches beyond its first word.
const SHINGLE_REACH: u32 = 2;

/// A passage ends after this many sampled shingles in a row that the other has not.
const PASSAGE_GAP: usize = 2;

/// The runs of words of a text that stand in the other, too; none if it is not a whole text.
///
/// Known is of which sampled shingles that is true. A run ends midway between the last that is in it and
/// the next that is not, or with the text; one sampled shingle by itself is a phrase that both happen to
/// use, if there are longer runs.
pub(crate) fn passages(shingles: &ShingleSet, other: Option<Content<'_>>) -> Vec<Range<u32>> {
    let Some(Content { sketch, .. }) = other else {
        return Vec::new();
    };
    if shingles.limit() != u32::MAX {
        return Vec::new();
    }
    let mut theirs = Vec::with_capacity(sketch.len());
    theirs.extend(sketch.hashes());
    let mut runs: Vec<Run> = Vec::new();
    let (mut missed, mut last_missed) = (usize::MAX, None);
    for (hash, position) in shingles.below(sketch.limit()) {
        if theirs.binary_search(&hash).is_err() {
            if let Some(run) = runs.last_mut().filter(|_| missed == 0) {
                run.words.end = (run.words.end + position + SHINGLE_REACH) / 2;
            }
            missed = missed.saturating_add(1);
            last_missed = Some(position);
            continue;
        }
        let end = position + SHINGLE_REACH + 1;
        match runs.last_mut() {
            Some(run) if missed < PASSAGE_GAP => {
                run.words.end = end;
                run.shingles += 1;
            }
            _ => runs.push(Run {
                words: last_missed.map_or(0, |last| (last + 1 + position) / 2)..end,
                shingles: 1,
            }),
        }
        missed = 0;
    }
    if let Some(run) = runs.last_mut().filter(|_| missed == 0) {
        run.words.end = shingles.in_text().len() as u32 + SHINGLE_REACH;
    }
    let has_longer = runs.iter().any(|run| run.shingles > 1);
    let kept = runs
        .into_iter()
        .filter(|run| run.shingles > 1 || !has_longer);
    kept.map(|run| run.words).collect()
}

/// A run of words in which sampled shingles are shared.
struct Run {
    words: Range<u32>,
    /// How many are shared in it.
    shingles: usize,
}
