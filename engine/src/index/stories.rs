//! Live statistics: how many stories there are, in how many each word stands, and how rare an ordinary
//! story's shingles are.
//!
//! A story here is an article that is not a near-identical copy of an earlier one: counting copies would
//! make a widely syndicated story look like a formula. Counting only what was decided NEW would feed
//! back: a template that was once taken for a copy would never be counted and go on being taken for one.

use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use foldhash::fast::RandomState;

use crate::fingerprint::Vocabulary;

/// The mean is taken over about this many of the latest stories.
const MEMORY: u64 = 1000;

/// Counts over the stories that are indexed.
#[derive(Debug)]
pub(crate) struct Stories {
    count: AtomicU64,
    /// Stories by the key of a stem.
    words: DashMap<u32, u32, RandomState>,
    /// Running mean of a new story's specificity, as the bits of an f64.
    usual: AtomicU64,
}

impl Default for Stories {
    fn default() -> Self {
        Self {
            count: AtomicU64::new(0),
            words: DashMap::default(),
            usual: AtomicU64::new(1f64.to_bits()),
        }
    }
}

impl Stories {
    /// Number of stories.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// In how many stories a stem stands.
    pub(crate) fn with_word(&self, key: u32) -> u32 {
        self.words.get(&key).map_or(0, |count| *count)
    }

    /// What share of its shingles' weight an ordinary new story keeps when each shingle is divided by one
    /// more than the stories it stands in. It falls as an index grows, since common phrases gather
    /// stories; divided by it, the specificity of a match means the same in an index of any size.
    pub(crate) fn usual(&self) -> f64 {
        f64::from_bits(self.usual.load(Ordering::Relaxed))
    }

    /// Takes the mean weight of a new story's shingles into the mean, and returns that.
    pub(crate) fn observe(&self, specificity: f64) -> f64 {
        let rate = 1.0 / (self.count() + 1).min(MEMORY) as f64;
        let usual = self.usual();
        self.set_usual(usual + rate * (specificity - usual))
    }

    /// Sets the mean.
    pub(crate) fn set_usual(&self, usual: f64) -> f64 {
        self.usual.store(usual.to_bits(), Ordering::Relaxed);
        usual
    }

    /// Counts a story.
    pub(crate) fn add(&self, vocabulary: &Vocabulary) {
        self.count.fetch_add(1, Ordering::Relaxed);
        for word in vocabulary.words().filter(|word| word.count > 0) {
            *self.words.entry(word.key).or_default() += 1;
        }
    }

    /// Takes a story out.
    pub(crate) fn remove(&self, vocabulary: &Vocabulary) {
        self.count.fetch_sub(1, Ordering::Relaxed);
        for word in vocabulary.words().filter(|word| word.count > 0) {
            self.words.remove_if_mut(&word.key, |_, count| {
                *count = count.saturating_sub(1);
                *count == 0
            });
        }
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * (size_of::<(u32, u32)>() + 1)
    }
}
