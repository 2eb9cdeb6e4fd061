//! Live statistics: how many stories there are, in how many each word stands, and how rare an ordinary
//! story's shingles are.
//!
//! A story here is an article that is not a near-identical copy of an earlier one: counting copies would
//! make a widely syndicated story look like a formula. Counting only what was decided NEW would feed
//! back: a template that was once taken for a copy would never be counted and go on being taken for one.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use parking_lot::Mutex;

use super::articles::Article;
use crate::fingerprint::{KEY_BITS, Vocabulary};

/// The mean is taken over about this many of the latest stories.
const MEMORY: u64 = 1000;

/// Counts over the stories that are indexed.
#[derive(Debug)]
pub struct Stories {
    count: AtomicU64,
    /// Stories by the key of a stem; made for the first one.
    words: OnceLock<Box<[AtomicU32]>>,
    /// Held by whoever changes these.
    changing: Mutex<()>,
    /// Running mean of a new story's specificity, as the bits of an f64.
    usual: AtomicU64,
}

/// Stories that one thread counts, to be added at once.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    count: u64,
    /// By the key of a stem; empty before the first story.
    words: Vec<u32>,
}

impl Tally {
    /// Counts a story.
    pub(crate) fn add(&mut self, vocabulary: Vocabulary<'_>) {
        self.count += 1;
        self.words.resize(1 << KEY_BITS, 0);
        for word in vocabulary.words().filter(|word| word.count > 0) {
            self.words[usize::from(word.key)] += 1;
        }
    }
}

impl Default for Stories {
    fn default() -> Self {
        Self {
            count: AtomicU64::new(0),
            words: OnceLock::new(),
            changing: Mutex::new(()),
            usual: AtomicU64::new(1f64.to_bits()),
        }
    }
}

impl Stories {
    /// Number of stories.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// In how many stories a stem stands.
    pub(crate) fn with_word(&self, key: u16) -> u32 {
        let words = self.words.get();
        words.map_or(0, |words| words[usize::from(key)].load(Ordering::Relaxed))
    }

    /// What share of its shingles' weight an ordinary new story keeps when each shingle is divided by one
    /// more than the stories it stands in. It falls as an index grows, since common phrases gather
    /// stories; divided by it, the specificity of a match means the same in an index of any size.
    pub fn usual(&self) -> f64 {
        f64::from_bits(self.usual.load(Ordering::Relaxed))
    }

    /// Takes the mean weight of a new story's shingles into the mean, and returns that.
    pub fn observe(&self, specificity: f64) -> f64 {
        let rate = 1.0 / (self.count() + 1).min(MEMORY) as f64;
        let usual = self.usual();
        self.set_usual(usual + rate * (specificity - usual))
    }

    /// Takes everything as others have counted it: stories, by the key of a stem, and the mean.
    ///
    /// # Panics
    ///
    /// If `words` has not one count for each key.
    pub fn set(&self, count: u64, words: &[u32], usual: f64) {
        assert_eq!(words.len(), 1 << KEY_BITS, "a count for each key");
        self.count.store(count, Ordering::Relaxed);
        let _changing = self.changing.lock();
        for (known, count) in self.words().iter().zip(words) {
            known.store(*count, Ordering::Relaxed);
        }
        self.set_usual(usual);
    }

    /// Counts an article that was admitted, as a [`crate::Collection`] does, and returns the mean.
    pub fn admit(&self, article: &Article, specificity: f64) -> f64 {
        match article.content().filter(|_| article.is_story) {
            Some(content) => {
                let usual = self.observe(specificity);
                self.add(content.vocabulary);
                usual
            }
            None => self.usual(),
        }
    }

    /// Counts an article that was admitted elsewhere, where this was the mean after it.
    pub fn import(&self, article: &Article, usual: f64) {
        if let Some(content) = article.content().filter(|_| article.is_story) {
            self.add(content.vocabulary);
        }
        self.set_usual(usual);
    }

    /// Takes an article out that was counted.
    pub fn withdraw(&self, article: &Article) {
        if let Some(content) = article.content().filter(|_| article.is_story) {
            self.remove(content.vocabulary);
        }
    }

    /// Sets the mean.
    pub(crate) fn set_usual(&self, usual: f64) -> f64 {
        self.usual.store(usual.to_bits(), Ordering::Relaxed);
        usual
    }

    /// Counts a story.
    pub(crate) fn add(&self, vocabulary: Vocabulary<'_>) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.change(vocabulary, |count| count.wrapping_add(1));
    }

    /// Changes the counts of a story's words.
    ///
    /// Under a lock, and not by atomic additions, of which each waits until its line of memory has come from the processor
    /// that counted the last story, and the next one waits for it.
    fn change(&self, vocabulary: Vocabulary<'_>, change: impl Fn(u32) -> u32) {
        let words = self.words();
        let _changing = self.changing.lock();
        for word in vocabulary.words().filter(|word| word.count > 0) {
            let count = &words[usize::from(word.key)];
            count.store(change(count.load(Ordering::Relaxed)), Ordering::Relaxed);
        }
    }

    /// Counts all stories of a tally.
    pub(crate) fn add_all(&self, tally: &Tally) {
        if tally.count > 0 {
            self.count.fetch_add(tally.count, Ordering::Relaxed);
            let _changing = self.changing.lock();
            for (sum, count) in self.words().iter().zip(&tally.words) {
                let all = sum.load(Ordering::Relaxed).wrapping_add(*count);
                sum.store(all, Ordering::Relaxed);
            }
        }
    }

    fn words(&self) -> &[AtomicU32] {
        self.words.get_or_init(|| {
            let none = (0..1 << KEY_BITS).map(|_| AtomicU32::new(0));
            none.collect()
        })
    }

    /// Takes a story out that was counted.
    pub(crate) fn remove(&self, vocabulary: Vocabulary<'_>) {
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.change(vocabulary, |count| count.wrapping_sub(1));
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.words.get().map_or(0, |words| size_of_val(&**words))
    }
}
