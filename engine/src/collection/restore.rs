//! A collection from what was written down of it.

use std::{sync::Arc, thread};

use super::{Collection, IndexFull};
use crate::{
    detector::Detector,
    index::{Slot, Slots, arrivals::Arrivals, articles::Article},
    record::Record,
};

impl Collection {
    /// A collection that answers as one that these articles, and no others, were admitted to in the order
    /// of their sequences, and that goes on with the sequence `next` and this mean specificity.
    ///
    /// No two records may have the same id; of two with the same sequence one is taken.
    ///
    /// # Errors
    ///
    /// [`IndexFull`] if there are more than an index can hold.
    pub fn restore(
        detector: Detector,
        records: Vec<Record>,
        next: u64,
        usual: f64,
    ) -> Result<Self, IndexFull> {
        let mut articles: Vec<_> = records.into_iter().map(|record| record.article).collect();
        articles.sort_unstable_by_key(|article| article.sequence);
        articles.dedup_by_key(|article| article.sequence);
        let count = u32::try_from(articles.len()).map_err(|_| IndexFull)?;
        let sequences: Vec<u64> = articles.iter().map(|article| article.sequence).collect();
        let next = sequences.last().map_or(0, |last| last + 1).max(next);
        let slot = |sequence| match sequences.binary_search(&sequence) {
            Ok(slot) => Slot(slot as u32),
            Err(_) => Slot::NONE,
        };
        let articles: Vec<_> = (articles.into_iter().zip(0..))
            .map(|(mut article, own)| {
                article.slot = Slot(own);
                for found in &mut article.first_matches {
                    found.slot = slot(found.sequence);
                }
                Arc::new(article)
            })
            .collect();

        let collection = Self {
            arrivals: Arrivals::from(next),
            slots: Slots::first(count),
            ..Self::new(detector)
        };
        collection.stories.set_usual(usual);
        thread::scope(|scope| {
            // In the order of admission in every table; what is in no order takes half of the time.
            scope.spawn(|| {
                articles
                    .iter()
                    .for_each(|article| collection.enter_content(article));
            });
            for article in &articles {
                collection.articles.insert(article);
                collection.enter_hashes(article);
            }
            collection.restore_stories(&articles);
        });
        Ok(collection)
    }

    /// Stories of more than one article, in the order in which their places were taken.
    fn restore_stories(&self, articles: &[Arc<Article>]) {
        let mut members: Vec<_> = articles
            .iter()
            .map(|article| (article.cluster, article.standing, article.slot))
            .collect();
        members.sort_unstable();
        let stories = members.chunk_by(|(one, ..), (other, ..)| one == other);
        for (cluster, _, slot) in stories.filter(|story| story.len() > 1).flatten() {
            self.clusters.restore(*cluster, *slot);
        }
    }
}
