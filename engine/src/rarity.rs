//! How common a text's words and shingles are among the stories of an index.

use std::cell::OnceCell;

use foldhash::HashMap;

use crate::{
    fingerprint::Content,
    index::{postings::Postings, stories::Stories},
};

/// A word that stands in a smaller share of the stories is no rarer for it.
const RAREST: f64 = 0.001;

/// Stories that a word is taken not to stand in before any is known, so that in an index of a few copies
/// of one story its words are not taken for the commonest there are.
const UNSEEN_STORIES: f64 = 100.0;

/// What an index knows, when a text is asked about, of the text's words and shingles.
#[derive(Debug)]
pub(crate) struct Rarity<'a> {
    stories: &'a Stories,
    count: f64,
    usual: f64,
    /// In how many stories each hash that the text's sketch posts stands.
    shingles: HashMap<u32, u32>,
    content: Option<Content<'a>>,
    /// Weights of the text's own stems, looked up when the first is needed.
    words: OnceCell<HashMap<u16, f64>>,
}

impl<'a> Rarity<'a> {
    pub(crate) fn new(
        content: Option<Content<'a>>,
        stories: &'a Stories,
        postings: &Postings,
    ) -> Self {
        let posted = content.iter().flat_map(|content| content.sketch.posted());
        Self {
            stories,
            count: stories.count() as f64,
            usual: stories.usual(),
            shingles: postings.stories(posted),
            content,
            words: OnceCell::new(),
        }
    }

    /// Number of stories.
    pub(crate) fn stories(&self) -> f64 {
        self.count
    }

    /// See [`Stories::usual`].
    pub(crate) fn usual(&self) -> f64 {
        self.usual
    }

    /// In how many stories a shingle stands, if it is one of those that the text posts.
    pub(crate) fn shingle(&self, hash: u32) -> Option<u32> {
        self.shingles.get(&hash).copied()
    }

    /// What share of its weight an average posted shingle of the text keeps: see [`Stories::usual`].
    pub(crate) fn specificity(&self) -> f64 {
        let weight = |stories: &u32| 1.0 / (1.0 + f64::from(*stories));
        // In an order of its own, since a sum depends on its order in the last bit, and the table's is one
        // of chance: the same articles in the same order are always told the same.
        let mut stories: Vec<u32> = self.shingles.values().copied().collect();
        stories.sort_unstable();
        match stories.len() {
            0 => 1.0,
            count => stories.iter().map(weight).sum::<f64>() / count as f64,
        }
    }

    /// The weight of a stem, of the text or of another: one more than its inverse document frequency, over
    /// stories. The one keeps what stands everywhere from weighing nothing, which in an index of few
    /// stories would be all that two copies share.
    pub(crate) fn word(&self, key: u16) -> f64 {
        let own = self.words.get_or_init(|| {
            let words = self
                .content
                .iter()
                .flat_map(|content| content.vocabulary.words());
            words
                .map(|word| (word.key, self.look_up(word.key)))
                .collect()
        });
        own.get(&key).copied().unwrap_or_else(|| self.look_up(key))
    }

    fn look_up(&self, key: u16) -> f64 {
        // One of the stories is that of the other text.
        let others = f64::from(self.stories.with_word(key).saturating_sub(1));
        let share = (others + 0.5) / (self.count + UNSEEN_STORIES);
        1.0 - share.clamp(RAREST, 1.0).ln()
    }
}
