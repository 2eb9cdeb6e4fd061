//! How common a text's words and shingles are among the stories of an index.

use std::{cell::OnceCell, sync::LazyLock};

use crate::{
    fingerprint::{Content, Vocabulary, Word},
    index::stories::Stories,
    sieve::Sieve,
};

/// A word that stands in a smaller share of the stories is no rarer for it: the logarithm of a thousandth.
const LN_RAREST: f64 = -3.0 * std::f64::consts::LN_10;

/// Stories that a word is taken not to stand in before any is known, so that in an index of a few copies
/// of one story its words are not taken for the commonest there are.
const UNSEEN_STORIES: f64 = 100.0;

/// What an index knows, when a text is asked about, of the text's words and shingles.
#[derive(Debug)]
pub(crate) struct Rarity<'a> {
    stories: &'a Stories,
    count: f64,
    /// The logarithm of that, and of the stories that a word is taken not to stand in.
    ln_count: f64,
    usual: f64,
    /// The hashes that the text's sketch posts, ascending, and in how many stories each stands.
    shingles: Vec<(u32, u32)>,
    content: Option<Content<'a>>,
    /// The text's own stems, looked up when the first is needed.
    words: OnceCell<Words>,
}

impl<'a> Rarity<'a> {
    /// For a text whose posted hashes stand in so many stories each, in the order of its sketch.
    pub(crate) fn new(
        content: Option<Content<'a>>,
        stories: &'a Stories,
        posted: impl IntoIterator<Item = u32, IntoIter: ExactSizeIterator>,
    ) -> Self {
        let posted = posted.into_iter();
        let hashes = content.iter().flat_map(|content| content.sketch.posted());
        let mut shingles = Vec::with_capacity(posted.len());
        shingles.extend(hashes.zip(posted));
        let count = stories.count() as f64;
        Self {
            stories,
            count,
            ln_count: (count + UNSEEN_STORIES).ln(),
            usual: stories.usual(),
            shingles,
            content,
            words: OnceCell::new(),
        }
    }

    /// For a text of which only this is asked, where `posted` knows in how many stories a hash stands.
    pub(crate) fn of(
        content: Option<Content<'a>>,
        stories: &'a Stories,
        posted: impl FnMut(u32) -> u32,
    ) -> Self {
        let hashes = content.iter().flat_map(|content| content.sketch.posted());
        let posted: Vec<_> = hashes.map(posted).collect();
        Self::new(content, stories, posted)
    }

    /// The same for another text, as far as it is known: of the shingles that both post.
    pub(crate) fn lent<'b>(&'b self, content: Content<'b>) -> Rarity<'b> {
        Rarity {
            stories: self.stories,
            count: self.count,
            ln_count: self.ln_count,
            usual: self.usual,
            shingles: self.shingles.clone(),
            content: Some(content),
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
        let place = self.shingles.binary_search_by_key(&hash, |(hash, _)| *hash);
        place.ok().map(|place| self.shingles[place].1)
    }

    /// What share of its weight an average posted shingle of the text keeps: see [`Stories::usual`].
    pub(crate) fn specificity(&self) -> f64 {
        let weight = |(_, stories): &(u32, u32)| 1.0 / (1.0 + f64::from(*stories));
        match self.shingles.len() {
            0 => 1.0,
            count => self.shingles.iter().map(weight).sum::<f64>() / count as f64,
        }
    }

    /// The text's own stems.
    pub(crate) fn words(&self) -> &Words {
        self.words.get_or_init(|| {
            let vocabulary = self.content.map(|content| content.vocabulary);
            Words::new(vocabulary.unwrap_or_default(), |key| self.word(key))
        })
    }

    /// The weight of a stem: one more than its inverse document frequency, over stories. The one keeps what
    /// stands everywhere from weighing nothing, which in an index of few stories would be all that two
    /// copies share.
    pub(crate) fn word(&self, key: u16) -> f64 {
        // One of the stories is that of the other text.
        let others = self.stories.with_word(key).saturating_sub(1);
        let ln_share = ln_and_half(others) - self.ln_count;
        1.0 - ln_share.clamp(LN_RAREST, 0.0)
    }
}

/// The natural logarithm of a half more than `count`: it is taken of every word of every text that is
/// compared, and most words stand in few stories.
fn ln_and_half(count: u32) -> f64 {
    static KNOWN: LazyLock<Vec<f64>> =
        LazyLock::new(|| (0..1 << 12).map(|n| (f64::from(n) + 0.5).ln()).collect());
    let known = KNOWN.get(count as usize).copied();
    known.unwrap_or_else(|| (f64::from(count) + 0.5).ln())
}

/// The stems of a text with their weights, to be looked up by key.
#[derive(Debug)]
pub(crate) struct Words {
    /// By ascending key.
    words: Vec<(Word, f64)>,
    /// Open addressing with linear probing, by the lowest bits of the key: one more than an index into
    /// `words`, 0 for free. Its length is a power of two, at least twice that of `words`. Of one value of
    /// its bits there are few keys, so no text can make it slow.
    table: Vec<u32>,
    /// Of the keys.
    sieve: Sieve,
    /// What all of them weigh.
    all: Weights,
}

/// What some words of a text weigh together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weights {
    /// In the text, each as often as it stands there.
    pub(crate) text: f64,
    /// In text and title, of those alone that stand there twice or more: what the text keeps talking about.
    pub(crate) subject: f64,
}

impl Weights {
    /// Adds a word of the text.
    #[inline]
    pub(crate) fn add(&mut self, word: Word, weight: f64) {
        self.text += weight * f64::from(word.count);
        self.add_subject(word, weight);
    }

    /// Adds a word of the text that counts for its subject alone.
    #[inline]
    pub(crate) fn add_subject(&mut self, word: Word, weight: f64) {
        let times = word.count + u32::from(word.in_title);
        // Which do is chance, so it is no branch.
        let counts = if times >= 2 { times } else { 0 };
        self.subject += weight * f64::from(counts);
    }
}

impl Words {
    fn new(vocabulary: Vocabulary<'_>, weight: impl Fn(u16) -> f64) -> Self {
        let words: Vec<_> = vocabulary
            .words()
            .map(|word| (word, weight(word.key)))
            .collect();
        let mut table = vec![0; (2 * words.len()).next_power_of_two().max(2)];
        for ((word, _), entry) in words.iter().zip(1..) {
            let mut at = usize::from(word.key) & (table.len() - 1);
            while table[at] != 0 {
                at = (at + 1) & (table.len() - 1);
            }
            table[at] = entry;
        }
        let mut all = Weights::default();
        words
            .iter()
            .for_each(|(word, weight)| all.add(*word, *weight));
        let mut sieve = Sieve::new(words.len());
        for (word, _) in &words {
            sieve.add(word.key.into());
        }
        Self {
            words,
            table,
            sieve,
            all,
        }
    }

    /// What all of them weigh.
    pub(crate) fn all(&self) -> Weights {
        self.all
    }

    /// A stem and its weight, if the text or its title has it.
    #[inline]
    pub(crate) fn get(&self, key: u16) -> Option<(Word, f64)> {
        if !self.sieve.has(key.into()) {
            return None;
        }
        let mask = self.table.len() - 1;
        let mut at = usize::from(key) & mask;
        loop {
            let entry = self.table[at] as usize;
            let (word, weight) = self.words.get(entry.wrapping_sub(1))?;
            if word.key == key {
                return Some((*word, *weight));
            }
            at = (at + 1) & mask;
        }
    }
}
