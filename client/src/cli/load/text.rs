//! Made-up articles: words of Arabic shape, with frequencies as uneven as those of a language.

use std::sync::Arc;

use basma_proto::v1::{Article, article::Body};
use fastrand::Rng;

const CONSONANTS: [char; 24] = [
    'ب', 'ت', 'ث', 'ج', 'ح', 'خ', 'د', 'ر', 'ز', 'س', 'ش', 'ص', 'ض', 'ط', 'ع', 'غ', 'ف', 'ق', 'ك',
    'ل', 'م', 'ن', 'ه', 'ي',
];
/// Patterns of Arabic morphology: 1, 2 and 3 stand for the consonants of the root.
const PATTERNS: [&str; 12] = [
    "123",
    "1ا23",
    "م12و3",
    "12ا3",
    "ال12ي3",
    "ا1ت23",
    "ت1ا23",
    "است123",
    "12و3",
    "ال1ا23ة",
    "م1ا2ي3",
    "وال123",
];
const WORDS: usize = 20_000;

/// Words to draw from, each as often as it is frequent.
const DRAWN: usize = 1 << 16;

/// The words that all articles are made of; the same in every run. Writing an article takes two microseconds:
/// more would be measured as the server's.
#[derive(Debug)]
pub(super) struct Vocabulary {
    words: Vec<String>,
    drawn: Vec<u16>,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let mut random = Rng::with_seed(1);
        let mut word = || {
            let root = [0; 3].map(|_| CONSONANTS[random.usize(..CONSONANTS.len())]);
            let letter = |c: char| match c.to_digit(4) {
                Some(place) => root[place as usize - 1],
                None => c,
            };
            PATTERNS[random.usize(..PATTERNS.len())]
                .chars()
                .map(letter)
                .collect()
        };
        let words = (0..WORDS).map(|_| word()).collect();
        // Logarithmic in rank, as Zipf's law has it.
        let rank = |n: usize| (WORDS as f64).powf(n as f64 / DRAWN as f64) as usize - 1;
        let drawn = (0..DRAWN).map(|n| rank(n).min(WORDS - 1) as u16).collect();
        Self { words, drawn }
    }

    /// The text of a seed: equal seeds, equal texts.
    fn text(&self, seed: u64, words: usize) -> String {
        let mut random = Rng::with_seed(seed);
        let mut text = String::with_capacity(words * 12);
        for number in 1..=words {
            let word = self.drawn[random.usize(..DRAWN)];
            text.push_str(&self.words[usize::from(word)]);
            text.push_str(if number % 12 == 0 { "، " } else { " " });
        }
        text
    }
}

/// The articles of one worker, one after the other.
#[derive(Debug)]
pub(super) struct Texts {
    vocabulary: Arc<Vocabulary>,
    /// Of the first text; other workers and other runs have other texts.
    seed: u64,
    prefix: String,
    words: usize,
    duplicates: f64,
    sent: u64,
    /// Different texts among what was sent.
    fresh: u64,
    random: Rng,
}

impl Texts {
    /// `duplicates` is the share of articles that repeat an earlier one of this worker.
    pub(super) fn new(
        vocabulary: Arc<Vocabulary>,
        prefix: String,
        words: usize,
        duplicates: f64,
    ) -> Self {
        Self {
            vocabulary,
            seed: fastrand::u64(..),
            prefix,
            words,
            duplicates,
            sent: 0,
            fresh: 0,
            random: Rng::new(),
        }
    }

    pub(super) fn next(&mut self) -> Article {
        let repeats = self.fresh > 0 && self.random.f64() < self.duplicates;
        let number = if repeats {
            self.random.u64(..self.fresh)
        } else {
            self.fresh += 1;
            self.fresh - 1
        };
        let id = format!("{}-{}", self.prefix, self.sent);
        self.sent += 1;
        let text = self
            .vocabulary
            .text(self.seed.wrapping_add(number), self.words);
        Article {
            id,
            body: Some(Body::Text(text)),
            ..Article::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn distinct(duplicates: f64) -> usize {
        let vocabulary = Arc::new(Vocabulary::new());
        let mut texts = Texts::new(vocabulary, "load".to_owned(), 50, duplicates);
        let bodies = (0..200).map(|_| format!("{:?}", texts.next().body));
        bodies.collect::<HashSet<_>>().len()
    }

    #[test]
    fn repeats_as_many_as_told() {
        assert_eq!(distinct(0.0), 200);
        assert_eq!(distinct(1.0), 1);
        assert!((60..140).contains(&distinct(0.5)));
    }
}
