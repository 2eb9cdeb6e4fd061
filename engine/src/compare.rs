//! Where two texts differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use crate::{
    answer::{Evidence, Relation},
    fingerprint::Fingerprint,
    text::FoldedText,
};

/// How long the difference is searched for before a coarser one is returned.
const DIFF_LIMIT: std::time::Duration = std::time::Duration::from_millis(500);

/// What came of setting two texts side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What the first is to the second; `None` if they have nothing to do with each other.
    pub relation: Option<Relation>,
    /// The measurements, the first as the article asked about.
    pub evidence: Evidence,
    /// The first's fingerprint.
    pub a: Fingerprint,
    /// The second's.
    pub b: Fingerprint,
    /// Both texts from beginning to end, in the order of the first; empty unless both are known.
    pub segments: Vec<Segment>,
}

/// A run of words that both texts have, or that one of them has: the words of both, or an empty range
/// for the text that has not got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Whether both have it.
    pub equal: bool,
    /// The words of the first, counted among its folded words.
    pub a: Range<u32>,
    /// The words of the second.
    pub b: Range<u32>,
}

/// Both texts as runs of words that both have, or one of them.
pub(crate) fn segments(a: &FoldedText, b: &FoldedText) -> Vec<Segment> {
    let (a, b) = (words(a), words(b));
    let deadline = std::time::Instant::now() + DIFF_LIMIT;
    let operations = capture_diff_slices_deadline(Algorithm::Patience, &a, &b, Some(deadline));
    let range = |range: Range<usize>| range.start as u32..range.end as u32;
    let mut segments = Vec::with_capacity(operations.len());
    for operation in operations {
        let (tag, a, b) = (operation, operation.old_range(), operation.new_range());
        let equal = matches!(tag, DiffOp::Equal { .. });
        if equal {
            segments.push(Segment {
                equal,
                a: range(a),
                b: range(b),
            });
            continue;
        }
        // A replacement is a removal and an insertion.
        if !a.is_empty() {
            segments.push(Segment {
                equal,
                a: range(a.clone()),
                b: range(b.start..b.start),
            });
        }
        if !b.is_empty() {
            segments.push(Segment {
                equal,
                a: range(a.end..a.end),
                b: range(b),
            });
        }
    }
    segments
}

fn words(text: &FoldedText) -> Vec<&[u16]> {
    (0..text.tokens().len())
        .map(|position| text.word(position))
        .collect()
}
