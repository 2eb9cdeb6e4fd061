//! Shingles: the overlapping runs of words or characters that texts are compared by.
//!
//! A shingle is known by its hash. Each word, or character, is a number (a word its xxh3); a run of them
//! is the polynomial with these numbers as coefficients, which the next run follows from by two
//! multiplications, whatever the length (Karp and Rabin, "Efficient Randomized Pattern-Matching
//! Algorithms", 1987); and xxh3 of that makes all 64 bits alike in quality.

use xxhash_rust::xxh3::xxh3_64;

use crate::text::FoldedText;

/// Where the polynomials are evaluated, modulo 2^64: odd, so that no coefficient is lost; otherwise
/// without meaning (the fraction of the golden ratio).
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which runs of a text are its shingles. A text that is shorter than one run is one shingle whole;
/// a text without words has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shingling {
    /// Runs of this many words.
    Words(u8),
    /// Runs of this many characters of the folded text, spaces between words included.
    Characters(u8),
}

/// Hashes the words and shingles of one text after another, in memory that is allocated once.
#[derive(Clone, Debug, Default)]
pub struct Shingler {
    /// Hashes of the words, none before they are asked for.
    words: Vec<u64>,
    characters: Vec<u32>,
}

impl Shingler {
    /// Turns to another text.
    pub(crate) fn next(&mut self) {
        self.words.clear();
    }

    /// The hash of each word of a text.
    pub(crate) fn words(&mut self, text: &FoldedText) -> &[u64] {
        if self.words.is_empty() {
            let count = text.tokens().len();
            let words = (0..count).map(|at| xxh3_64(text.words(at, at + 1)));
            self.words.extend(words);
        }
        &self.words
    }

    /// Calls `shingle` with the hash of each shingle of a text, in the order of the text.
    pub(crate) fn for_each(
        &mut self,
        shingling: Shingling,
        text: &FoldedText,
        shingle: impl FnMut(u64),
    ) {
        match shingling {
            Shingling::Words(length) => for_each_run(self.words(text), length, shingle),
            Shingling::Characters(length) => {
                self.characters.clear();
                let characters = text.text().chars().map(u32::from);
                self.characters.extend(characters);
                for_each_run(&self.characters, length, shingle);
            }
        }
    }
}

impl Shingling {
    /// Calls `shingle` with the hash of each shingle of a text, in the order of the text.
    pub fn for_each(self, text: &FoldedText, shingle: impl FnMut(u64)) {
        Shingler::default().for_each(self, text, shingle);
    }
}

/// Calls `shingle` with the hash of each run of `length` units.
pub(crate) fn for_each_run<U: Copy + Into<u64>>(
    units: &[U],
    length: u8,
    mut shingle: impl FnMut(u64),
) {
    if units.is_empty() {
        return;
    }
    let length = usize::from(length.max(1)).min(units.len());
    let add = |run: u64, unit: U| run.wrapping_mul(BASE).wrapping_add(unit.into());
    let leaving = (0..length).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let (first, rest) = units.split_at(length);
    let mut run = first.iter().fold(0, |run, unit| add(run, *unit));
    shingle(xxh3_64(&run.to_le_bytes()));
    for (enters, leaves) in rest.iter().zip(units) {
        let leaves: u64 = (*leaves).into();
        run = add(run, *enters).wrapping_sub(leaves.wrapping_mul(leaving));
        shingle(xxh3_64(&run.to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shingles(shingling: Shingling, text: &str) -> Vec<u64> {
        let mut all = Vec::new();
        shingling.for_each(&FoldedText::new(text), |hash| all.push(hash));
        all
    }

    /// The definition: each run by itself.
    fn plain(units: &[u64], length: usize) -> Vec<u64> {
        let hash = |run: &[u64]| {
            let mut polynomial = 0u64;
            for unit in run {
                polynomial = polynomial.wrapping_mul(BASE).wrapping_add(*unit);
            }
            xxh3_64(&polynomial.to_le_bytes())
        };
        match units.len() {
            0 => Vec::new(),
            count if count <= length => vec![hash(units)],
            _ => units.windows(length).map(hash).collect(),
        }
    }

    #[test]
    fn words_overlap() {
        let text = "أعلنت الوزارة اليوم عن خطة";
        let threes = shingles(Shingling::Words(3), text);
        let apart = ["اعلنت الوزاره اليوم", "الوزاره اليوم عن", "اليوم عن خطه"];
        let apart = apart.map(|run| shingles(Shingling::Words(3), run));
        assert_eq!(threes, apart.concat());
        assert_eq!(shingles(Shingling::Words(1), text).len(), 5);
    }

    #[test]
    fn characters_cross_words() {
        let threes = shingles(Shingling::Characters(3), "في يوم");
        assert_eq!(threes.len(), 4);
        assert_eq!(threes[3..], shingles(Shingling::Characters(3), "يوم"));
    }

    #[test]
    fn a_short_text_is_one_shingle_and_an_empty_one_none() {
        assert_eq!(shingles(Shingling::Words(3), "خبر عاجل").len(), 1);
        assert_eq!(shingles(Shingling::Characters(9), "خبر").len(), 1);
        assert!(shingles(Shingling::Words(3), "… !").is_empty());
        assert!(shingles(Shingling::Characters(5), "").is_empty());
    }

    proptest! {
        #[test]
        fn shingles_are_the_windows_of_the_text(text in "[ا-ي a-c😀ﷺ]{0,60}", length in 1u8..9) {
            let folded = FoldedText::new(&text);
            let n = usize::from(length);
            let words: Vec<_> = (0..folded.tokens().len())
                .map(|at| xxh3_64(folded.word(at).as_bytes()))
                .collect();
            prop_assert_eq!(shingles(Shingling::Words(length), &text), plain(&words, n));
            let characters: Vec<_> = folded.text().chars().map(u64::from).collect();
            prop_assert_eq!(shingles(Shingling::Characters(length), &text), plain(&characters, n));
        }
    }
}
