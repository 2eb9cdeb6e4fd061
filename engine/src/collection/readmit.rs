//! Adding again what was decided before, without searching for it.

use std::sync::Arc;

use super::{Collection, IndexFull, Submission};
use crate::{
    answer::Verdict,
    fingerprint::{Content, Fingerprint, Fingerprinter},
    index::{articles::Article, first_matches::FirstMatches},
    rarity::Rarity,
};

/// What an article's submission came to, as far as later ones depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// An article of the story that it belongs to; `None` if it began one.
    pub story: Option<&'a str>,
    /// See [`Article::is_story`].
    pub is_story: bool,
}

impl Collection {
    /// Adds an article of a new id, of which `decision` is known from before; `fingerprinter` made
    /// `fingerprint` last, by this collection's settings. Articles that are added in the order in which
    /// they were first submitted leave the collection as it was then, at a fraction of the cost. What
    /// is told to a resubmission has no matches.
    ///
    /// # Errors
    ///
    /// [`IndexFull`], and then nothing has changed.
    pub fn readmit(
        &self,
        fingerprinter: &Fingerprinter,
        fingerprint: Fingerprint,
        submission: Submission<'_>,
        decision: Decision<'_>,
    ) -> Result<(), IndexFull> {
        let Submission { id, metadata, .. } = submission;
        let side = fingerprinter.side(&fingerprint, metadata.published);
        let stories = |hash| self.postings.find(hash, |_| ()).stories;
        let specificity = Rarity::of(side.content, &self.stories, stories).specificity();
        let locked = self.lock_id(id).lock();
        let slot = self.slots.take().ok_or(IndexFull)?;
        let story = decision.story.and_then(|id| self.get(id));
        let mut search = self.arrivals.open();
        let article = search.admit(|sequence, _| {
            let article = Arc::new(Article {
                id: id.into(),
                metadata: metadata.clone(),
                first_seen: submission.now,
                revision: 1,
                fingerprint,
                content: side.content.map(Content::to_stored),
                verdict: decision.verdict,
                slot,
                sequence,
                cluster: story.as_ref().map_or(sequence, |story| story.cluster),
                standing: sequence,
                first_matches: FirstMatches::default(),
                truncated: false,
                is_story: decision.is_story,
            });
            self.articles.insert(&article);
            if let Some(story) = &story {
                self.join(story, None, slot);
            }
            self.observe(&article, specificity);
            article
        });
        self.enter(&article);
        drop((search, locked));
        self.count(decision.verdict);
        self.articles.spill();
        Ok(())
    }
}
