//! Originals mixed with planted copies, and the truth about each. Item `i` is a pure function of
//! the corpus, the mix and `i`, and an original at position `i` is article `i` of the corpus.

use super::Corpus;
use super::article::{Article, moment};
use super::edit::Edit;
use super::mix::Mix;
use super::names::PAPERS;
use super::page::{self, Page, Part};
use super::random::Random;
use super::template::Template;

/// How an item relates to what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Not at all.
    New,
    /// It folds to the same as `of`.
    Exact,
    /// An edited copy of `of`.
    NearDuplicate,
    /// A brief: the opening of `of`.
    ContainedIn,
    /// A longer report that holds `of`.
    Contains,
    /// A page that holds `of` and, after it, `second`.
    Glued,
    /// An instance of a formula: no duplicate of the others.
    Template,
}

impl Kind {
    /// The name, as verdicts are printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Exact => "EXACT",
            Self::NearDuplicate => "NEAR_DUPLICATE",
            Self::ContainedIn => "CONTAINED_IN",
            Self::Contains => "CONTAINS",
            Self::Glued => "GLUED",
            Self::Template => "TEMPLATE",
        }
    }
}

/// What is true of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// The relation.
    pub kind: Kind,
    /// The position of the original, always an earlier one.
    pub of: Option<u64>,
    /// The position of the second original of a glued page.
    pub second: Option<u64>,
    /// The edit and its strength; of a brief or report, only the share, without an edit.
    pub edit: Option<Edit>,
    /// The strength of the edit, or the share of a brief or report.
    pub strength: f64,
    /// The formula.
    pub template: Option<Template>,
    /// Whether the site's wrapper is around it.
    pub wrapped: bool,
}

/// An item of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Planted {
    /// The article; its id is that of its position.
    pub article: Article,
    /// The truth about it.
    pub truth: Truth,
    /// Where the text of which positions stands in it: known for briefs, reports, glued pages and
    /// wrapped articles (of these, the article itself).
    pub parts: Vec<Part>,
}

/// An endless stream; an iterator, and addressable by position.
#[derive(Clone, Debug)]
pub struct Stream {
    corpus: Corpus,
    mix: Mix,
    next: u64,
}

impl Stream {
    /// The stream of `mix` over `corpus`.
    #[must_use]
    pub fn new(corpus: Corpus, mix: Mix) -> Self {
        Self {
            corpus,
            mix,
            next: 0,
        }
    }

    /// The item at position `index`, in constant time.
    #[must_use]
    pub fn get(&self, index: u64) -> Planted {
        let (kind, mut random) = self.kind(index);
        let mut truth = Truth {
            kind,
            of: None,
            second: None,
            edit: None,
            strength: 0.0,
            template: None,
            wrapped: false,
        };
        let (mut article, mut parts) = self.make(index, &mut truth, &mut random);
        article.id = format!("{:x}-{index}", self.corpus.seed());
        article.published = moment(self.corpus.seed(), index);
        if truth.kind != Kind::Glued && random.chance(self.mix.wrapped) {
            truth.wrapped = true;
            let page = page::wrapped((index, &article));
            parts.clear();
            (article.text, parts) = (page.text, page.parts);
        }
        Planted {
            article,
            truth,
            parts,
        }
    }

    /// What is drawn for a position; the first is always an original.
    fn kind(&self, index: u64) -> (Kind, Random) {
        let mut random = Random::of(self.corpus.seed(), 20, index);
        let mut left = random.unit();
        let Mix {
            exact,
            near,
            contained,
            glued,
            template,
            ..
        } = self.mix;
        let shares = [
            (exact, Kind::Exact),
            (near, Kind::NearDuplicate),
            (contained / 2.0, Kind::ContainedIn),
            (contained / 2.0, Kind::Contains),
            (glued, Kind::Glued),
            (template, Kind::Template),
        ];
        for (share, kind) in shares {
            if left < share && index > 0 {
                return (kind, random);
            }
            left -= share;
        }
        (Kind::New, random)
    }

    fn make(&self, index: u64, truth: &mut Truth, random: &mut Random) -> (Article, Vec<Part>) {
        let seed = random.bits();
        if truth.kind == Kind::New {
            return (self.corpus.article(index), Vec::new());
        }
        if truth.kind == Kind::Template {
            let template = Template::ALL[random.below(Template::ALL.len())];
            truth.template = Some(template);
            return (
                template.published(self.corpus.seed(), index, moment(self.corpus.seed(), index)),
                Vec::new(),
            );
        }
        let of = self.original(index, random);
        let original = self.corpus.article(of);
        truth.of = Some(of);
        let page = match truth.kind {
            Kind::ContainedIn => {
                truth.strength = 0.25 + random.unit() / 2.0;
                page::brief((of, &original), truth.strength)
            }
            Kind::Contains => {
                truth.strength = 0.25 + random.unit() * 0.35;
                let around = self.corpus.mean_words(900.0).article(index);
                page::report((of, &original), &around, truth.strength)
            }
            Kind::Glued => {
                let second = self.original(index, random);
                if second == of {
                    // Too early for two: a position that nothing else refers to.
                    (truth.kind, truth.of) = (Kind::New, None);
                    return (self.corpus.article(index), Vec::new());
                }
                truth.second = Some(second);
                page::glued(
                    (of, &original),
                    (second, &self.corpus.article(second)),
                    seed,
                )
            }
            kind => {
                let edit = match kind {
                    Kind::Exact => Edit::Orthography,
                    _ => Edit::NEAR[random.below(Edit::NEAR.len())],
                };
                truth.edit = Some(edit);
                truth.strength = 0.02 + random.unit() * (self.mix.strength - 0.02).max(0.0);
                Page::from(edit.apply(&original.text, truth.strength, seed))
            }
        };
        // Another paper's, under another headline nine times of ten.
        let source = PAPERS[random.below(PAPERS.len())].key;
        let title = match random.chance(0.92) {
            true => Edit::Words.apply(&original.title, 0.4, seed),
            false => original.title,
        };
        (
            Article {
                title,
                source,
                text: page.text,
                ..original
            },
            page.parts,
        )
    }

    /// An original before `index`, within the window if there is one nearby.
    fn original(&self, index: u64, random: &mut Random) -> u64 {
        let back = random.below(self.mix.window.clamp(1, index) as usize) as u64;
        let latest = index - 1 - back;
        (latest.saturating_sub(64)..=latest)
            .rev()
            .find(|&at| self.kind(at).0 == Kind::New)
            .unwrap_or(0)
    }
}

impl Iterator for Stream {
    type Item = Planted;

    fn next(&mut self) -> Option<Planted> {
        self.next += 1;
        Some(self.get(self.next - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token;

    #[test]
    fn shares_and_references_hold() {
        let stream = Corpus::new(11).mean_words(120.0).stream(Mix::NEWS);
        let mut exact = 0;
        for (index, item) in stream.clone().take(3000).enumerate() {
            assert_eq!(item, stream.get(index as u64));
            exact += usize::from(item.truth.kind == Kind::Exact);
            for of in [item.truth.of, item.truth.second].into_iter().flatten() {
                assert!(of < index as u64);
                assert_eq!(stream.get(of).truth.kind, Kind::New);
            }
            for part in &item.parts {
                assert_eq!(
                    token::count(&item.article.text[part.bytes.clone()]),
                    part.tokens.len()
                );
            }
        }
        assert!((180..300).contains(&exact), "{exact}");
    }

    #[test]
    fn a_stream_of_one_text() {
        let mix = Mix {
            exact: 1.0,
            ..Mix::ORIGINALS
        };
        assert_eq!(Corpus::new(1).stream(mix).get(1_000_000).truth.of, Some(0));
    }
}
