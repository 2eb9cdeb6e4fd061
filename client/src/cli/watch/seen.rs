//! What was seen of the articles.

use std::collections::{HashMap, VecDeque};

use basma_proto::v1::{StoredArticle, Verdict};

/// Duplicates that are remembered, the latest ones.
const LATEST: usize = 50;

/// Articles of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Source {
    pub(super) articles: u64,
    pub(super) duplicates: u64,
}

/// Sources and the latest duplicates.
#[derive(Debug, Default)]
pub(super) struct Seen {
    sources: HashMap<String, Source>,
    latest: VecDeque<StoredArticle>,
    /// Duplicates since [`Seen::forget_fresh`].
    fresh: usize,
}

impl Seen {
    pub(super) fn add(&mut self, article: StoredArticle) {
        let duplicate = matches!(
            article.verdict(),
            Verdict::Exact | Verdict::NearDuplicate | Verdict::ContainedIn | Verdict::Contains
        );
        let source = self.sources.entry(article.source.clone()).or_default();
        source.articles += 1;
        if duplicate {
            source.duplicates += 1;
            self.fresh += 1;
            self.latest.push_front(article);
            self.latest.truncate(LATEST);
        }
    }

    /// The sources with the most articles.
    pub(super) fn top(&self, most: usize) -> Vec<(&str, Source)> {
        let mut top: Vec<_> = self
            .sources
            .iter()
            .map(|(name, source)| (name.as_str(), *source))
            .collect();
        top.sort_by(|(a, one), (b, other)| other.articles.cmp(&one.articles).then(a.cmp(b)));
        top.truncate(most);
        top
    }

    /// Duplicates, the latest first.
    pub(super) fn latest(&self) -> impl Iterator<Item = &StoredArticle> {
        self.latest.iter()
    }

    /// How many duplicates are new since the last view.
    pub(super) fn fresh(&self) -> usize {
        self.fresh
    }

    pub(super) fn forget_fresh(&mut self) {
        self.fresh = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_sources_and_keeps_the_latest_duplicates() {
        let mut seen = Seen::default();
        for n in 0..200 {
            let verdict = if n % 2 == 0 {
                Verdict::Template
            } else {
                Verdict::Contains
            };
            seen.add(StoredArticle {
                id: n.to_string(),
                source: if n < 150 { "أ" } else { "ب" }.to_owned(),
                verdict: verdict.into(),
                ..StoredArticle::default()
            });
        }
        let source = |articles, duplicates| Source {
            articles,
            duplicates,
        };
        assert_eq!(seen.top(5), [("أ", source(150, 75)), ("ب", source(50, 25))]);
        assert_eq!((seen.fresh(), seen.latest().count()), (100, LATEST));
        assert_eq!(
            seen.latest().next().map(|article| article.id.as_str()),
            Some("199")
        );
    }
}
