//! What a caller is told: verdicts, relations, and the evidence behind them.

use std::{ops::Range, sync::Arc};

use crate::{
    codec::{Malformed, Reader},
    fingerprint::Fingerprint,
    index::articles::Article,
};

/// What an article is to the one it matched, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// The same words in the same order.
    Exact,
    /// The same story in nearly the same words.
    NearDuplicate,
    /// Nearly all of it stands in the match.
    ContainedIn,
    /// It holds nearly all of the match.
    Contains,
    /// They share passages, and each has much of its own.
    Partial,
    /// The same formula, other facts.
    Template,
}

impl Relation {
    /// Whether it makes the two articles one story.
    pub fn is_duplicate(self) -> bool {
        self < Self::Partial
    }

    /// The name that callers see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "EXACT",
            Self::NearDuplicate => "NEAR_DUPLICATE",
            Self::ContainedIn => "CONTAINED_IN",
            Self::Contains => "CONTAINS",
            Self::Partial => "PARTIAL",
            Self::Template => "TEMPLATE",
        }
    }
}

/// The answer in a word: the strongest relation to any other article, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It has this relation to at least one article, and none stronger to any.
    Related(Relation),
    /// Nothing like it is known.
    New,
}

impl Verdict {
    /// The name that callers see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Related(relation) => relation.name(),
            Self::New => "NEW",
        }
    }

    /// Whether the article is of a story that is known.
    pub fn is_duplicate(self) -> bool {
        matches!(self, Self::Related(relation) if relation.is_duplicate())
    }
}

/// The measurements behind a relation. Shares are from 0 to 1, and absent where one of the two texts has
/// no content to compare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Bits in which the SimHashes differ; absent where one of the texts has no words.
    pub hamming: Option<u32>,
    /// Shared shingles by all shingles of both.
    pub jaccard: Option<f32>,
    /// Share of the shingles of the article asked about that stand in the match.
    pub containment: Option<f32>,
    /// Share of the match's shingles that stand in the article asked about.
    pub contained: Option<f32>,
    /// Share of the shorter text's words, by stem and weighted by rarity, that the longer has.
    pub words: Option<f32>,
    /// Share of the shorter text's shingles that the longer has, each divided by the number of other
    /// stories that it stands in; 1 for a whole copy of an ordinary story, near 0 for a formula, more than
    /// 1 for an extraordinary one.
    pub specificity: Option<f32>,
    /// Share of the words that the shorter text keeps talking about that the longer has.
    pub subject: Option<f32>,
    /// How far numbers in the same places contradict, 0 to 1.
    pub contradicted: Option<f32>,
    /// What all of this comes to, and what copies say where it is in doubt: the two are one story from
    /// [`crate::Detector::min_score`] on.
    pub score: Option<f32>,
    /// Runs of words of the article asked about that stand in the match.
    pub passages: Vec<Range<u32>>,
}

/// Evidence in 36 bytes: without the passages, which follow from the two texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedEvidence {
    /// In the order of the fields; not a number for what is absent.
    shares: [f32; 8],
    /// More than 64 for what is absent.
    hamming: u8,
}

impl From<&Evidence> for PackedEvidence {
    fn from(evidence: &Evidence) -> Self {
        let shares = [
            evidence.jaccard,
            evidence.containment,
            evidence.contained,
            evidence.words,
            evidence.specificity,
            evidence.subject,
            evidence.contradicted,
            evidence.score,
        ];
        Self {
            shares: shares.map(|share| share.unwrap_or(f32::NAN)),
            hamming: evidence.hamming.map_or(u8::MAX, |bits| bits as u8),
        }
    }
}

impl PackedEvidence {
    /// Bytes that it takes at least when encoded.
    pub(crate) const LEAST: usize = 2;

    /// Appends which shares there are, and those.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let present = self.shares.iter().enumerate();
        let present = present.filter(|(_, share)| !share.is_nan());
        out.push(present.clone().fold(0, |all, (n, _)| all | 1 << n));
        present.for_each(|(_, share)| out.extend_from_slice(&share.to_le_bytes()));
        out.push(self.hamming);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let present = reader.byte()?;
        let mut shares = [f32::NAN; 8];
        for (n, share) in shares.iter_mut().enumerate() {
            if present >> n & 1 == 1 {
                *share = f32::from_le_bytes(reader.array()?);
            }
        }
        Ok(Self {
            shares,
            hamming: reader.byte()?,
        })
    }

    /// The evidence, with these passages.
    pub(crate) fn unpack(self, passages: Vec<Range<u32>>) -> Evidence {
        let shares = self.shares.map(|share| (!share.is_nan()).then_some(share));
        let [
            jaccard,
            containment,
            contained,
            words,
            specificity,
            subject,
            contradicted,
            score,
        ] = shares;
        Evidence {
            hamming: (self.hamming <= 64).then_some(self.hamming.into()),
            jaccard,
            containment,
            contained,
            words,
            specificity,
            subject,
            contradicted,
            score,
            passages,
        }
    }
}

/// An article that matched.
#[derive(Clone, Debug)]
pub struct Match {
    /// The article.
    pub article: Arc<Article>,
    /// The first article of its story.
    pub canonical_id: Box<str>,
    /// What the article asked about is to it.
    pub relation: Relation,
    /// Why.
    pub evidence: Evidence,
}

/// What is known of one article, strongest first.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The strongest relation among the matches.
    pub verdict: Verdict,
    /// The first article of the story, if the article is not that itself.
    pub canonical_id: Option<Box<str>>,
    /// The story that it belongs to, if one of the matches does: the sequence of that one's first article.
    pub(crate) story: Option<u64>,
    /// What its text became.
    pub fingerprint: Fingerprint,
    /// What it matched.
    pub matches: Vec<Match>,
    /// Whether there were more.
    pub truncated: bool,
    /// Whether the same text was submitted under the same id before, and this is the first answer
    /// again.
    pub resubmission: bool,
    /// Which text of its id it is, from 1; 0 if it was only checked.
    pub revision: u32,
}
