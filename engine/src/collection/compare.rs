//! Two texts, or what the index remembers of two articles, side by side.

use std::sync::Arc;

use super::Collection;
use crate::{
    compare::{Comparison, Written, segments},
    detector::Detector,
    evidence::{Side, judge, measure},
    fingerprint::{Fingerprint, Fingerprinter, ShingleSet},
    index::{
        articles::{Article, Timestamp},
        stories::Stories,
    },
    passages::passages,
    rarity::Rarity,
    text::FoldedText,
};

/// One side of a comparison.
#[derive(Clone, Debug)]
pub enum Compared<'a> {
    /// A text that is not indexed, with what its submission would say of it.
    Text {
        /// The headline; may be empty.
        title: &'a str,
        /// The text.
        text: &'a str,
        /// When it was published, if that is known.
        published: Option<Timestamp>,
    },
    /// An indexed article, whose text is not known any more.
    Indexed(Arc<Article>),
    /// An indexed article, and its text.
    Kept(Arc<Article>, &'a str),
}

impl Collection {
    /// Says what the first is to the second, as [`Collection::check`] would if the second were indexed
    /// and known to be the only story besides those that are; and where two texts differ.
    pub fn compare(&self, a: &Compared<'_>, b: &Compared<'_>) -> Comparison {
        let stories = |hash| self.postings.find(hash, |_| ()).stories;
        Compared::compare([a, b], &self.detector(), &self.stories, stories)
    }
}

impl Compared<'_> {
    /// What [`Collection::compare`] says, where `posted` knows in how many stories a hash stands.
    pub fn compare(
        [a, b]: [&Self; 2],
        detector: &Detector,
        stories: &Stories,
        posted: impl FnMut(u32) -> u32,
    ) -> Comparison {
        let (mut first, mut second) = (Fingerprinter::default(), Fingerprinter::default());
        let (a_print, b_print) = (
            a.fingerprint(&mut first, detector),
            b.fingerprint(&mut second, detector),
        );
        let (a_side, b_side) = (a.side(&a_print, &first), b.side(&b_print, &second));
        let remembered = a_side
            .content
            .map(|content| ShingleSet::from(content.sketch));
        let remembered = remembered.unwrap_or_default();
        let shingles = match a {
            Compared::Text { .. } | Compared::Kept(..) => first.shingles(),
            Compared::Indexed(_) => &remembered,
        };
        let rarity = Rarity::of(a_side.content, stories, posted);
        let (relation, mut evidence) = match judge(a_side, shingles, b_side, detector, &rarity) {
            Some((relation, evidence)) => (Some(relation), evidence),
            None => (None, measure(a_side, shingles, b_side, &rarity)),
        };
        evidence.passages = passages(shingles, b_side.content);
        let texts = a.written(first.text()).zip(b.written(second.text()));
        Comparison {
            relation,
            evidence,
            segments: texts.map_or_else(Vec::new, |(a, b)| segments(a, b)),
            a: a_print,
            b: b_print,
        }
    }

    /// The hashes of which [`Compared::compare`] asks in how many stories they stand, if this is its first.
    pub fn posts(&self, detector: &Detector) -> Vec<u32> {
        let mut fingerprinter = Fingerprinter::default();
        let fingerprint = self.fingerprint(&mut fingerprinter, detector);
        let content = self.side(&fingerprint, &fingerprinter).content;
        let posted = content.iter().flat_map(|content| content.sketch.posted());
        posted.collect()
    }

    fn fingerprint(&self, fingerprinter: &mut Fingerprinter, detector: &Detector) -> Fingerprint {
        match self {
            Self::Text { title, text, .. } => fingerprinter.fingerprint(title, text, detector),
            Self::Kept(article, text) => {
                fingerprinter.fingerprint(&article.metadata.title, text, detector)
            }
            Self::Indexed(article) => article.fingerprint,
        }
    }

    /// The text, if it is known; `folded` is made of it.
    fn written<'a>(&'a self, folded: &'a FoldedText) -> Option<Written<'a>> {
        match self {
            Self::Text { text, .. } | Self::Kept(_, text) => Some(Written { text, folded }),
            Self::Indexed(_) => None,
        }
    }

    fn side<'a>(&'a self, fingerprint: &'a Fingerprint, text: &'a Fingerprinter) -> Side<'a> {
        match self {
            Self::Text { published, .. } => text.side(fingerprint, *published),
            Self::Kept(article, _) => text.side(fingerprint, article.metadata.published),
            Self::Indexed(article) => article.side(),
        }
    }
}
