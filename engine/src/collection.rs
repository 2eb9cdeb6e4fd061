//! A collection: its tables as one index, and the operations on it.

mod candidates;
mod compare;
mod find;
mod import;
mod readmit;
mod restore;
mod submit;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::RwLock;

use crate::{
    answer::{Relation, Verdict},
    detector::Detector,
    index::{
        Slot, Slots, Spilling,
        arrivals::Arrivals,
        articles::{Article, Articles},
        clusters::Clusters,
        hamming::HammingIndex,
        keys::Keys,
        packed::Packed,
        postings::Postings,
        stories::Stories,
    },
    journal::Journal,
    spill::Spill,
    sync::{Mutex, interleave},
};
pub use compare::Compared;
pub use import::{Import, Unfit};
pub use readmit::Decision;
pub use restore::{Restoration, Sheet};
pub(crate) use submit::admitted;
pub use submit::{IndexFull, Submission};

/// Every verdict, in the order of their strength.
pub const VERDICTS: [Verdict; 7] = [
    Verdict::Related(Relation::Exact),
    Verdict::Related(Relation::NearDuplicate),
    Verdict::Related(Relation::ContainedIn),
    Verdict::Related(Relation::Contains),
    Verdict::Related(Relation::Partial),
    Verdict::Related(Relation::Template),
    Verdict::New,
];

/// An index of articles. All operations may be called from any number of threads at once.
///
/// Invariants: an article that a [`Collection::submit`] has returned for is found by every later
/// search that its relation to the query entitles it to, until it is deleted; of any submissions of
/// copies of one text, one alone is told [`Verdict::New`]; an article never matches its own id.
#[derive(Debug)]
pub struct Collection {
    detector: RwLock<Detector>,
    articles: Articles,
    /// By the hash of the text.
    exact: Keys,
    hamming: HammingIndex,
    postings: Postings,
    stories: Stories,
    clusters: Clusters,
    arrivals: Arrivals,
    slots: Slots,
    /// One submission or deletion of an id at a time: the lock that the id hashes to.
    ids: [Mutex<()>; 256],
    /// Submissions by verdict, in the order of [`VERDICTS`].
    verdicts: [AtomicU64; VERDICTS.len()],
    /// How many articles were taken out.
    withdrawn: AtomicU64,
}

/// After so many deletions it is looked whether tables have become too large.
const SOME: u64 = 4096;

/// What a collection holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Articles indexed.
    pub articles: u64,
    /// Different SimHashes among them.
    pub simhashes: u64,
    /// Stories.
    pub clusters: u64,
    /// Memory of the tables in bytes, estimated.
    pub bytes: u64,
    /// Bytes of articles that are not in memory: see [`Collection::spilling`].
    pub spilled_bytes: u64,
    /// Submissions by verdict since the collection was made, in the order of [`VERDICTS`];
    /// resubmissions do not count.
    pub verdicts: [u64; VERDICTS.len()],
}

impl Collection {
    /// An empty collection.
    pub fn new(detector: Detector) -> Self {
        Self {
            detector: RwLock::new(detector),
            articles: Articles::default(),
            exact: Keys::default(),
            hamming: HammingIndex::new(),
            postings: Postings::default(),
            stories: Stories::default(),
            clusters: Clusters::default(),
            arrivals: Arrivals::default(),
            slots: Slots::default(),
            ids: std::array::from_fn(|_| Mutex::new(())),
            verdicts: Default::default(),
            withdrawn: AtomicU64::new(0),
        }
    }

    /// Keeps about so many of the latest articles in memory, and puts what is known of older ones elsewhere. Only what
    /// finds them stays, and a question reads those that it compares.
    #[must_use]
    pub fn spilling(mut self, to: Arc<dyn Spill>, resident: usize) -> Self {
        self.articles.spill_to(Spilling::new(to, resident));
        self
    }

    /// Its settings.
    pub fn detector(&self) -> Detector {
        *self.detector.read()
    }

    /// Changes the settings, for what comes after. What shapes the fingerprints can change only while
    /// the collection is empty.
    ///
    /// # Errors
    ///
    /// [`SettingsFixed`] if it is not.
    pub fn set_detector(&self, detector: Detector) -> Result<(), SettingsFixed> {
        let mut current = self.detector.write();
        let same = (current.method, current.features) == (detector.method, detector.features);
        if !same && self.articles.len() > 0 {
            return Err(SettingsFixed);
        }
        *current = detector;
        Ok(())
    }

    /// The article of an id.
    pub fn get(&self, id: &str) -> Option<Arc<Article>> {
        self.articles.get_by_id(id)
    }

    /// At most `limit` articles from `from` on, and where the next page begins if there is one. The
    /// order is stable, and nearly that of submission; what is submitted or replaced meanwhile may be
    /// in it or not.
    pub fn list(&self, from: u32, limit: usize) -> (Vec<Arc<Article>>, Option<u32>) {
        let mut page = self
            .articles
            .page(Slot(from), self.slots.first_free(), limit + 1);
        let next = page.get(limit).map(|article| article.slot.0);
        page.truncate(limit);
        (page, next)
    }

    /// Its mean specificity: see [`Stories::usual`].
    pub fn usual(&self) -> f64 {
        self.stories.usual()
    }

    /// Deletes an article: it matches nothing from then on. False if there is none of this id.
    pub fn delete(&self, id: &str, journal: &dyn Journal) -> bool {
        self.delete_if(id, |_| true, journal)
    }

    /// As [`Collection::delete`], if the article that now has the id is as it should be.
    pub fn delete_if(
        &self,
        id: &str,
        condition: impl FnOnce(&Article) -> bool,
        journal: &dyn Journal,
    ) -> bool {
        let _id = self.lock_id(id).lock();
        let Some(article) = self
            .articles
            .get_by_id(id)
            .filter(|article| condition(article))
        else {
            return false;
        };
        // First, so that whoever does not find it any more is told of later.
        journal.deleted(&article);
        self.withdraw(&article);
        true
    }

    /// Whether an id still means the article of this sequence; not while it is being deleted or replaced,
    /// which this waits for.
    pub fn is_current(&self, id: &str, sequence: u64) -> bool {
        let _id = self.lock_id(id).lock();
        self.articles
            .get_by_id(id)
            .is_some_and(|article| article.sequence == sequence)
    }

    /// The id of the first article of the story that an article belongs to.
    pub fn canonical_id(&self, article: &Article) -> Box<str> {
        let first = self.clusters.first(article.cluster).and_then(|slot| {
            let of_story = |first: &Packed<'_>| first.cluster() == article.cluster;
            let id = |first: &Packed<'_>| of_story(first).then(|| first.id().into());
            self.articles.read(slot, id).flatten()
        });
        first.unwrap_or_else(|| article.id.clone())
    }

    /// At most `limit` articles of an article's story from the `from`th on, and how many there are.
    pub fn cluster(
        &self,
        article: &Arc<Article>,
        from: usize,
        limit: usize,
    ) -> (Vec<Arc<Article>>, usize) {
        match self.clusters.page(article.cluster, from, limit) {
            Some((slots, size)) => {
                let members = slots.into_iter().filter_map(|slot| self.articles.get(slot));
                (
                    members
                        .filter(|member| member.cluster == article.cluster)
                        .collect(),
                    size,
                )
            }
            None => (
                [article]
                    .into_iter()
                    .skip(from)
                    .take(limit)
                    .cloned()
                    .collect(),
                1,
            ),
        }
    }

    /// Counts what it holds.
    pub fn stats(&self) -> Stats {
        let articles = self.articles.len() as u64;
        Stats {
            articles,
            simhashes: self.hamming.len() as u64,
            clusters: articles - self.clusters.followers().min(articles),
            bytes: self.memory().map(|(_, bytes)| bytes as u64).iter().sum(),
            spilled_bytes: self.articles.spilled_bytes() as u64,
            verdicts: std::array::from_fn(|n| self.verdicts[n].load(Ordering::Relaxed)),
        }
    }

    /// Memory of each table in bytes, estimated: [`Stats::bytes`] is their sum.
    pub fn memory(&self) -> [(&'static str, usize); 6] {
        [
            ("articles", self.articles.bytes()),
            ("SimHashes", self.hamming.bytes()),
            ("exact hashes", self.exact.bytes()),
            ("postings", self.postings.bytes()),
            ("stories", self.clusters.bytes()),
            ("stems", self.stories.bytes()),
        ]
    }

    /// Takes an article out of every table.
    fn withdraw(&self, article: &Article) {
        self.articles.mark_removed(article);
        let fingerprint = &article.fingerprint;
        if fingerprint.tokens > 0 {
            self.exact.remove(fingerprint.exact.0, article.slot);
        }
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            self.hamming.remove(fingerprint.simhash, article.slot);
        }
        if let Some(content) = article.content() {
            self.postings
                .remove(content.sketch.posted(), article.slot, article.is_story);
            if article.is_story {
                self.stories.remove(content.vocabulary);
            }
        }
        self.clusters.leave(article.cluster, article.slot);
        self.articles.remove(article);
        self.slots.give_back(article.slot);
        if (self.withdrawn.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(SOME) {
            self.shrink();
        }
    }

    /// Gives back what articles took that are no more.
    fn shrink(&self) {
        self.articles.shrink();
        self.exact.shrink();
        self.hamming.shrink();
        self.clusters.shrink();
        self.slots.shrink();
    }

    /// Puts an article into every table of fingerprints. It must be among the articles already, so that
    /// whatever finds its slot in another table can look it up.
    fn enter(&self, article: &Article) {
        let fingerprint = &article.fingerprint;
        if fingerprint.tokens > 0 {
            self.exact.insert(fingerprint.exact.0, article.slot);
        }
        interleave();
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            self.hamming.insert(fingerprint.simhash, article.slot);
        }
        interleave();
        if let Some(content) = article.content() {
            self.postings
                .insert(content.sketch.posted(), article.slot, article.is_story);
            if article.is_story {
                self.stories.add(content.vocabulary);
            }
        }
    }

    /// Adds an article to the story of one that is known, while it is being admitted.
    fn join(&self, known: &Article, old: Option<&Article>, slot: Slot) {
        let begin = !self.articles.is_removed(known);
        self.clusters.join(known, begin, old, slot);
        // Whoever deletes it marks it first and takes it out of its story then: if it is not marked by now,
        // it will still be taken out.
        if begin && self.articles.is_removed(known) {
            self.clusters.leave(known.cluster, known.slot);
        }
    }

    fn lock_id(&self, id: &str) -> &Mutex<()> {
        let hash = xxhash_rust::xxh3::xxh3_64(id.as_bytes());
        &self.ids[(hash % self.ids.len() as u64) as usize]
    }
}

/// A collection that holds articles cannot change how articles are fingerprinted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsFixed;

#[cfg(test)]
mod tests;
