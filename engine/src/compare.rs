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

/// A run of words that both texts have, or that one of them has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Who has it, and how.
    pub kind: Kind,
    /// Where it stands in the first; `None` if only the second has it.
    pub a: Option<Span>,
    /// Where it stands in the second; `None` if only the first has it.
    pub b: Option<Span>,
}

/// Who has a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Both, letter by letter.
    Equal,
    /// Both, written otherwise: only what folding takes away is different.
    Folded,
    /// Only the first.
    OnlyA,
    /// Only the second.
    OnlyB,
}

/// A run of words in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Counted among the folded words.
    pub words: Range<u32>,
    /// Bytes of the original, from the first word's first to the last one's last.
    pub bytes: Range<u32>,
}

/// A text as it was written, and folded.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) text: &'a str,
    pub(crate) folded: &'a FoldedText,
}

impl Written<'_> {
    fn words(&self) -> Vec<&[u16]> {
        let count = self.folded.tokens().len();
        (0..count).map(|place| self.folded.word(place)).collect()
    }

    /// A word as it was written.
    fn original(&self, word: usize) -> Option<&str> {
        let token = self.folded.tokens().get(word)?;
        self.text.get(token.start as usize..token.end as usize)
    }

    /// Where some words stand; `None` for none.
    fn span(&self, words: Range<usize>) -> Option<Span> {
        let tokens = self.folded.tokens().get(words.clone())?;
        Some(Span {
            words: words.start as u32..words.end as u32,
            bytes: tokens.first()?.start..tokens.last()?.end,
        })
    }
}

/// Both texts as runs of words that both have, or one of them.
pub(crate) fn segments(a: Written<'_>, b: Written<'_>) -> Vec<Segment> {
    let (a_words, b_words) = (a.words(), b.words());
    let deadline = Some(std::time::Instant::now() + DIFF_LIMIT);
    let operations =
        capture_diff_slices_deadline(Algorithm::Patience, &a_words, &b_words, deadline);
    let mut segments = Vec::with_capacity(operations.len());
    for operation in operations {
        let (in_a, in_b) = (operation.old_range(), operation.new_range());
        if let DiffOp::Equal { len, .. } = operation {
            let is_equal = |n: &usize| a.original(in_a.start + n) == b.original(in_b.start + n);
            let places: Vec<_> = (0..len).collect();
            for run in places.chunk_by(|one, next| is_equal(one) == is_equal(next)) {
                let (first, end) = (run[0], run[0] + run.len());
                segments.push(Segment {
                    kind: if is_equal(&first) {
                        Kind::Equal
                    } else {
                        Kind::Folded
                    },
                    a: a.span(in_a.start + first..in_a.start + end),
                    b: b.span(in_b.start + first..in_b.start + end),
                });
            }
            continue;
        }
        // A replacement is a removal and an insertion.
        for (kind, in_a, in_b) in [
            (Kind::OnlyA, a.span(in_a), None),
            (Kind::OnlyB, None, b.span(in_b)),
        ] {
            if in_a.is_some() || in_b.is_some() {
                segments.push(Segment {
                    kind,
                    a: in_a,
                    b: in_b,
                });
            }
        }
    }
    segments
}
