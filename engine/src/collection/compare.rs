//! Two texts, or what the index remembers of two articles, side by side.

use std::sync::Arc;

use super::Collection;
use crate::{
    compare::{Comparison, segments},
    evidence::{Side, measure, passages, relate},
    fingerprint::{Fingerprint, Fingerprinter, ShingleSet},
    index::articles::{Article, Metadata, Timestamp},
    rarity::Rarity,
};

/// One side of a comparison.
#[derive(Clone, Debug)]
pub enum Compared<'a> {
    /// A text.
    Text(&'a str),
    /// An indexed article, whose text is not known any more.
    Indexed(Arc<Article>),
    /// An indexed article, and its text.
    Kept(Arc<Article>, &'a str),
}

impl Collection {
    /// Says what the first is to the second, as [`Collection::check`] would if the second were indexed
    /// and known to be the only story besides those that are; and where two texts differ.
    pub fn compare(&self, a: &Compared<'_>, b: &Compared<'_>) -> Comparison {
        let detector = self.detector();
        let (mut first, mut second) = (Fingerprinter::default(), Fingerprinter::default());
        let prepare = |side: &Compared<'_>, fingerprinter: &mut Fingerprinter| -> Prepared {
            match side {
                Compared::Text(text) => (fingerprinter.fingerprint("", text, &detector), None),
                Compared::Kept(article, text) => {
                    let Metadata {
                        title, published, ..
                    } = &article.metadata;
                    let fingerprint = fingerprinter.fingerprint(title, text, &detector);
                    (fingerprint, *published)
                }
                Compared::Indexed(article) => {
                    (article.fingerprint.clone(), article.metadata.published)
                }
            }
        };
        let (a_print, a_published) = prepare(a, &mut first);
        let (b_print, b_published) = prepare(b, &mut second);
        let content = a_print.content.as_deref();
        let remembered = content
            .map(|content| ShingleSet::from(&content.sketch))
            .unwrap_or_default();
        let shingles = match a {
            Compared::Text(_) | Compared::Kept(..) => first.shingles(),
            Compared::Indexed(_) => &remembered,
        };
        let rarity = Rarity::new(content, &self.stories, &self.postings);
        let mut evidence = measure(
            Side {
                fingerprint: &a_print,
                published: a_published,
            },
            shingles,
            Side {
                fingerprint: &b_print,
                published: b_published,
            },
            &rarity,
        );
        evidence.passages = passages(shingles, &b_print);
        let texts = [a, b]
            .iter()
            .all(|side| !matches!(side, Compared::Indexed(_)));
        let relation = relate(&a_print, &b_print, &evidence, &detector, &rarity);
        Comparison {
            relation,
            evidence,
            segments: if texts {
                segments(first.text(), second.text())
            } else {
                Vec::new()
            },
            a: a_print,
            b: b_print,
        }
    }
}

type Prepared = (Fingerprint, Option<Timestamp>);
