//! What is near an indexed article or a SimHash.

use std::sync::Arc;

use super::Collection;
use crate::{
    answer::{Evidence, Match, Relation},
    fingerprint::{ShingleSet, SimHash},
    index::articles::Article,
};

impl Collection {
    /// The articles whose SimHashes differ from `simhash` in at most `distance` bits, nearest and first
    /// come first, at most `limit`; and whether there are more. `except` is left out.
    pub fn find_near(
        &self,
        simhash: SimHash,
        distance: u32,
        except: Option<&Article>,
        limit: usize,
    ) -> (Vec<Match>, bool) {
        let slots = self.near(simhash, distance, limit + 2);
        let articles = slots.into_iter().filter_map(|slot| self.articles.get(slot));
        let others = articles.filter(|article| except.is_none_or(|except| except.id != article.id));
        let mut matches: Vec<_> = others
            .map(|article| {
                let bits = simhash.distance(article.fingerprint.simhash);
                // A distance alone cannot tell the same text from a nearly equal one.
                Match {
                    canonical_id: self.canonical_id(&article),
                    article,
                    relation: Relation::NearDuplicate,
                    evidence: Evidence {
                        hamming: Some(bits),
                        ..Evidence::default()
                    },
                }
            })
            .filter(|found| found.evidence.hamming.is_some_and(|bits| bits <= distance))
            .collect();
        matches.sort_by_key(|found| (found.evidence.hamming, found.article.sequence));
        let truncated = matches.len() > limit;
        matches.truncate(limit);
        (matches, truncated)
    }

    /// What an indexed article matches today, whether it came before or after: as [`Collection::check`]
    /// would say of its text, from what the index remembers of it.
    pub fn find_related(&self, article: &Arc<Article>, limit: usize) -> (Vec<Match>, bool) {
        let side = article.side();
        let shingles = side
            .content
            .map(|content| ShingleSet::from(content.sketch))
            .unwrap_or_default();
        let asked = self.ask(self.detector(), side, &shingles, &article.id, limit);
        let answer = asked.query.conclude(self.search(&asked));
        (answer.matches, answer.truncated)
    }
}
