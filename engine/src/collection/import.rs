//! Articles from another index, taken as they are there.

use std::sync::Arc;

use super::{Collection, restore::Follower};
use crate::{
    index::{Slot, articles::Article},
    journal::Journal,
    record::Record,
};

/// An import under way into a collection that goes on answering. Articles keep their sequences, so that stories
/// and first answers mean the same; which articles are of one story is known once it has finished.
#[derive(Debug, Default)]
pub struct Import {
    /// Sequence and slot of each article, ascending.
    places: Vec<(u64, Slot)>,
    followers: Vec<Follower>,
}

/// Why an article cannot be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The collection has an article of its own under this id.
    IdTaken,
    /// The collection has given out this sequence, or a later one.
    OutOfOrder,
    /// The collection holds as many articles as it can.
    IndexFull,
}

impl Import {
    /// Adds the article of a record, which must come in the order of the sequences. False if it was here already:
    /// an import that ended early can be begun anew.
    ///
    /// # Errors
    ///
    /// [`Unfit`], and then nothing has changed.
    pub fn add(
        &mut self,
        collection: &Collection,
        record: Record,
        journal: &dyn Journal,
    ) -> Result<bool, Unfit> {
        let usual = record.usual();
        let mut article = record.into_article();
        let locked = collection.lock_id(&article.id).lock();
        if let Some(known) = collection.get(&article.id) {
            let same = known.sequence == article.sequence
                && known.fingerprint.exact == article.fingerprint.exact;
            return match same {
                true => {
                    self.note(&known);
                    Ok(false)
                }
                false => Err(Unfit::IdTaken),
            };
        }
        let slot = collection.slots.take().ok_or(Unfit::IndexFull)?;
        article.slot = slot;
        article.first_matches.locate(|sequence| self.slot(sequence));
        let article = Arc::new(article);
        let mut search = collection.arrivals.open();
        let admitted = search.admit_as(article.sequence, || {
            collection.articles.insert(&article);
            collection.stories.set_usual(usual);
            journal.admitted(&article, None, usual);
            Arc::clone(&article)
        });
        if admitted.is_none() {
            collection.slots.give_back(slot);
            return Err(Unfit::OutOfOrder);
        }
        collection.enter(&article);
        drop((search, locked));
        collection.count(article.verdict);
        collection.articles.spill();
        self.note(&article);
        Ok(true)
    }

    /// Puts the articles together that are of one story.
    pub fn finish(self, collection: &Collection) {
        let Self { places, followers } = self;
        collection.restore_stories(followers, |sequence| slot(&places, sequence));
    }

    fn note(&mut self, article: &Article) {
        self.places.push((article.sequence, article.slot));
        if article.cluster != article.sequence {
            let follower = (article.cluster, article.standing, article.slot);
            self.followers.push(follower);
        }
    }

    fn slot(&self, sequence: u64) -> Option<Slot> {
        slot(&self.places, sequence)
    }
}

fn slot(places: &[(u64, Slot)], sequence: u64) -> Option<Slot> {
    let found = places.binary_search_by_key(&sequence, |(sequence, _)| *sequence);
    found.ok().map(|place| places[place].1)
}
