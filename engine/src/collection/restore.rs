//! A collection from what was written down of it.

use std::{mem, sync::Arc};

use parking_lot::Mutex;

use super::{Collection, IndexFull};
use crate::{
    codec::Malformed,
    detector::Detector,
    index::{
        Gathered, Slot, Slots, arrivals::Arrivals, hamming::HammingIndex, postings::Postings,
        share_out, stories::Tally,
    },
    record::Record,
};

/// A collection that is being put together: it will answer as one that these articles, and no others, were
/// admitted to in the order of their sequences.
#[derive(Debug)]
pub struct Restoration<'a> {
    collection: Collection,
    /// Of the articles, ascending: the place of each is its slot.
    sequences: &'a [u64],
    sheets: Mutex<Vec<Rows>>,
}

/// What goes into the tables at the end, all at once.
#[derive(Debug, Default)]
struct Rows {
    ids: Gathered<u128>,
    exact: Gathered<u128>,
    simhashes: Gathered<u128>,
    postings: Gathered<u64>,
    followers: Vec<Follower>,
}

/// Story, place in it and slot of an article that is not the first of its story.
pub(super) type Follower = (u64, u64, Slot);

/// A part of a [`Restoration`], for one thread.
#[derive(Debug)]
pub struct Sheet<'a> {
    restoration: &'a Restoration<'a>,
    rows: Rows,
    stories: Tally,
    /// Where the article after the last one stands: the next to come is nearly always that.
    next: usize,
}

impl<'a> Restoration<'a> {
    /// Begins with a collection that is empty, and the sequences of all articles that there will be, ascending.
    ///
    /// # Errors
    ///
    /// [`IndexFull`] if there are more than an index can hold.
    pub fn new(collection: Collection, sequences: &'a [u64]) -> Result<Self, IndexFull> {
        let count = u32::try_from(sequences.len()).map_err(|_| IndexFull)?;
        Ok(Self {
            collection: Collection {
                slots: Slots::first(count),
                ..collection
            },
            sequences,
            sheets: Mutex::default(),
        })
    }

    /// A part of the work. Any number of threads may have one each; whatever is dropped before
    /// [`Restoration::finish`] is in it.
    pub fn sheet(&self) -> Sheet<'_> {
        Sheet {
            restoration: self,
            rows: Rows::default(),
            stories: Tally::default(),
            next: 0,
        }
    }

    /// The collection, which goes on with the sequence `next` and this mean specificity.
    pub fn finish(self, next: u64, usual: f64) -> Collection {
        let next = self.sequences.last().map_or(0, |last| last + 1).max(next);
        let collection = Collection {
            arrivals: Arrivals::from(next),
            ..self.collection
        };
        collection.stories.set_usual(usual);
        let mut sheets = self.sheets.into_inner();
        let simhashes = Gathered::parts(sheets.iter_mut().map(|rows| &mut rows.simhashes));
        collection.hamming.fill(simhashes);

        let of = &collection;
        let mut tasks: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
        for part in Gathered::parts(sheets.iter_mut().map(|rows| &mut rows.ids)) {
            tasks.push(Box::new(move || of.articles.fill_ids(part)));
        }
        for part in Gathered::parts(sheets.iter_mut().map(|rows| &mut rows.exact)) {
            tasks.push(Box::new(move || of.exact.fill(part)));
        }
        for part in Gathered::parts(sheets.iter_mut().map(|rows| &mut rows.postings)) {
            tasks.push(Box::new(move || of.postings.fill(part)));
        }
        let followers = sheets.into_iter().flat_map(|rows| rows.followers).collect();
        let sequences = self.sequences;
        tasks.push(Box::new(move || {
            of.restore_stories(followers, |sequence| slot(sequences, sequence));
        }));
        share_out(tasks);
        collection
    }

    fn slot(&self, sequence: u64) -> Option<Slot> {
        slot(self.sequences, sequence)
    }
}

impl Sheet<'_> {
    /// Adds the article of a record; no article may be added twice.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none, or has the sequence of none that there is to be.
    pub fn add(&mut self, record: &[u8]) -> Result<(), Malformed> {
        let Record { mut article, .. } = Record::decode(record)?;
        let slot = match self.restoration.sequences.get(self.next) == Some(&article.sequence) {
            true => Some(Slot(self.next as u32)),
            false => self.restoration.slot(article.sequence),
        };
        article.slot = slot.ok_or(Malformed("it is of none of the articles"))?;
        self.next = article.slot.0 as usize + 1;
        article
            .first_matches
            .locate(|sequence| self.restoration.slot(sequence));
        let article = Arc::new(article);
        let (collection, rows, slot) = (&self.restoration.collection, &mut self.rows, article.slot);
        collection.articles.restore(&article, &mut rows.ids);
        collection.articles.spill();
        let fingerprint = &article.fingerprint;
        if fingerprint.tokens > 0 {
            collection
                .exact
                .gather(fingerprint.exact.0, slot, &mut rows.exact);
        }
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            HammingIndex::gather(fingerprint.simhash, slot, &mut rows.simhashes);
        }
        if let Some(content) = article.content() {
            let posted = content.sketch.posted();
            Postings::gather(posted, slot, article.is_story, &mut rows.postings);
            if article.is_story {
                self.stories.add(content.vocabulary);
            }
        }
        if article.cluster != article.sequence {
            rows.followers
                .push((article.cluster, article.standing, slot));
        }
        Ok(())
    }
}

/// Hands over what was gathered.
impl Drop for Sheet<'_> {
    fn drop(&mut self) {
        self.restoration.collection.stories.add_all(&self.stories);
        let rows = mem::take(&mut self.rows);
        self.restoration.sheets.lock().push(rows);
    }
}

impl Collection {
    /// Stories of more than one article, in the order in which their places were taken; `slot` knows that of a
    /// sequence.
    pub(super) fn restore_stories(
        &self,
        mut followers: Vec<Follower>,
        slot: impl Fn(u64) -> Option<Slot>,
    ) {
        followers.sort_unstable();
        for story in followers.chunk_by(|(one, ..), (other, ..)| one == other) {
            let cluster = story[0].0;
            // A story is named by the sequence of its first article.
            let first = slot(cluster);
            let members: Vec<_> = first
                .into_iter()
                .chain(story.iter().map(|(.., slot)| *slot))
                .collect();
            if members.len() > 1 {
                self.clusters.restore(cluster, members);
            }
        }
    }
}

fn slot(sequences: &[u64], sequence: u64) -> Option<Slot> {
    let place = sequences.binary_search(&sequence).ok()?;
    Some(Slot(place as u32))
}
