//! Made-up articles, as fast as they can be sent.

use std::sync::Arc;

use basma_corpus::Corpus;
use basma_proto::v1::{Article, article::Body};
use fastrand::Rng;

/// Different articles that are written before anything is measured.
const WRITTEN: u64 = 4096;

/// Letters that are exchanged for each other: the consonants that folding leaves as they are.
const LETTERS: [char; 24] = [
    'ب', 'ت', 'ث', 'ج', 'ح', 'خ', 'د', 'ذ', 'ر', 'ز', 'س', 'ش', 'ص', 'ض', 'ط', 'ظ', 'ع', 'غ', 'ف',
    'ق', 'ك', 'م', 'ن', 'ه',
];

/// Articles of the corpus. Written while the server is measured they would take five times as long as a bare
/// server takes to read them.
#[derive(Debug)]
pub(super) struct Pool(Vec<Box<str>>);

impl Pool {
    pub(super) fn write(words: usize) -> Self {
        let corpus = Corpus::new(1).mean_words(words as f64);
        Self(
            (0..WRITTEN)
                .map(|n| corpus.article(n).text.into())
                .collect(),
        )
    }

    /// The text of a number: in a language of its own, in which other letters stand for the same ones, so that
    /// the texts of two numbers have no more in common than those of two corpora. Equal numbers, equal texts.
    fn text(&self, number: u64) -> String {
        let mut random = Rng::with_seed(number);
        let text = &self.0[random.usize(..self.0.len())];
        let mut letters = LETTERS;
        random.shuffle(&mut letters);
        // What two bytes in UTF-8 become, for the characters from U+0600 to U+063F and to U+067F.
        let mut second: [[u8; 64]; 2] = [std::array::from_fn(|n| 0x80 | n as u8); 2];
        let mut lead = [[0xd8; 64], [0xd9; 64]];
        for (from, to) in LETTERS.into_iter().zip(letters) {
            let (mut bytes, mut others) = ([0; 2], [0; 2]);
            from.encode_utf8(&mut bytes);
            to.encode_utf8(&mut others);
            let (row, place) = (usize::from(bytes[0] & 1), usize::from(bytes[1] & 63));
            (lead[row][place], second[row][place]) = (others[0], others[1]);
        }
        let mut bytes = text.as_bytes().to_vec();
        let mut at = 0;
        while at + 1 < bytes.len() {
            if let 0xd8 | 0xd9 = bytes[at] {
                let (row, place) = (usize::from(bytes[at] & 1), usize::from(bytes[at + 1] & 63));
                (bytes[at], bytes[at + 1]) = (lead[row][place], second[row][place]);
                at += 2;
            } else {
                at += 1;
            }
        }
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// The articles of one worker, one after the other.
#[derive(Debug)]
pub(super) struct Texts {
    pool: Arc<Pool>,
    /// Of the first text; other workers and other runs have other texts.
    seed: u64,
    prefix: String,
    duplicates: f64,
    sent: u64,
    /// Different texts among what was sent.
    fresh: u64,
    random: Rng,
}

impl Texts {
    /// `duplicates` is the share of articles that repeat an earlier one of this worker.
    pub(super) fn new(pool: Arc<Pool>, prefix: String, duplicates: f64) -> Self {
        Self {
            pool,
            seed: fastrand::u64(..),
            prefix,
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
        Article {
            id,
            body: Some(Body::Text(self.pool.text(self.seed.wrapping_add(number)))),
            ..Article::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn distinct(duplicates: f64) -> usize {
        let mut texts = Texts::new(Arc::new(Pool::write(50)), "load".to_owned(), duplicates);
        let bodies = (0..200).map(|_| format!("{:?}", texts.next().body));
        bodies.collect::<HashSet<_>>().len()
    }

    #[test]
    fn repeats_as_many_as_told() {
        assert_eq!(distinct(0.0), 200);
        assert_eq!(distinct(1.0), 1);
        assert!((60..140).contains(&distinct(0.5)));
    }

    #[test]
    fn a_text_in_another_language_has_the_same_shape() {
        let pool = Pool::write(80);
        let shape =
            |text: &str| -> Vec<bool> { text.chars().map(|c| !LETTERS.contains(&c)).collect() };
        let written: HashSet<_> = pool.0.iter().map(|text| shape(text)).collect();
        for number in 0..50 {
            let text = pool.text(number);
            assert!(written.contains(&shape(&text)), "{text}");
            assert!(!pool.0.iter().any(|other| **other == *text));
            assert_eq!(text, pool.text(number));
        }
    }
}
