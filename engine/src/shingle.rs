//! Shingles: the overlapping runs of words or characters that texts are compared by.
//!
//! A shingle is known by its hash. A run of letters is the polynomial that has them as coefficients; the
//! next run follows from it by two multiplications, whatever the length (Karp and Rabin, "Efficient
//! Randomized Pattern-Matching Algorithms", 1987). xxh3 of that makes all 64 bits alike in quality. A
//! word is such a run, so its hash is known as soon as it is folded; and a run of words is the polynomial
//! that has their hashes as coefficients.

use xxhash_rust::xxh3::xxh3_64;

use crate::text::FoldedText;

/// Where the polynomials are evaluated, modulo 2^64: odd, so that no coefficient is lost; otherwise
/// without meaning (the fraction of the golden ratio).
pub(crate) const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which runs of a text are its shingles. A text that is shorter than one run is one shingle whole;
/// a text without words has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shingling {
    /// Runs of this many words.
    Words(u8),
    /// Runs of this many characters of the folded text, spaces between words included. (A character beyond
    /// the basic plane counts as two.)
    Characters(u8),
}

/// Hashes the words and shingles of one text after another, in memory that is allocated once.
#[derive(Clone, Debug, Default)]
pub struct Shingler {
    /// Hashes of the words, none before they are asked for.
    words: Vec<u64>,
}

impl Shingler {
    /// Turns to another text.
    pub(crate) fn next(&mut self) {
        self.words.clear();
    }

    /// The hash of each word of a text.
    pub(crate) fn words(&mut self, text: &FoldedText) -> &[u64] {
        if self.words.is_empty() {
            let words = text.tokens().iter();
            self.words.extend(words.map(|word| hash(word.polynomial)));
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
            Shingling::Characters(length) => for_each_run(text.units(), length, shingle),
        }
    }
}

impl Shingling {
    /// Calls `shingle` with the hash of each shingle of a text, in the order of the text.
    pub fn for_each(self, text: &FoldedText, shingle: impl FnMut(u64)) {
        Shingler::default().for_each(self, text, shingle);
    }
}

/// A polynomial with one more coefficient, at its end.
#[inline]
pub(crate) fn add(polynomial: u64, coefficient: u64) -> u64 {
    polynomial.wrapping_mul(BASE).wrapping_add(coefficient)
}

/// All 64 bits of it are as good as any other.
#[inline]
fn hash(polynomial: u64) -> u64 {
    xxh3_64(&polynomial.to_le_bytes())
}

/// The hash of a word's letters.
pub(crate) fn word_hash(letters: &[u16]) -> u64 {
    let polynomial = letters
        .iter()
        .fold(0, |polynomial, letter| add(polynomial, (*letter).into()));
    hash(polynomial)
}

/// The hash of what is left of a word, whose polynomial this is, without its first `without` letters, of which
/// there are three at most.
#[inline]
pub(crate) fn end_hash(polynomial: u64, letters: &[u16], without: usize) -> u64 {
    let letter = |place: usize| u64::from(letters.get(place).copied().unwrap_or_default());
    let two = add(letter(0), letter(1));
    // All are computed, since a branch would be taken as if by chance.
    let first = [0, letter(0), two, add(two, letter(2))][without];
    let left = letters.len() - without;
    hash(polynomial.wrapping_sub(first.wrapping_mul(power(left))))
}

/// The base to the power of `exponent`.
#[inline]
fn power(exponent: usize) -> u64 {
    const POWERS: [u64; 32] = {
        let mut powers = [1; 32];
        let mut n = 1;
        while n < 32 {
            powers[n] = BASE.wrapping_mul(powers[n - 1]);
            n += 1;
        }
        powers
    };
    let known = POWERS.get(exponent).copied();
    known.unwrap_or_else(|| BASE.wrapping_pow(exponent as u32))
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
    let leaving = power(length);
    let (first, rest) = units.split_at(length);
    let mut run = first.iter().fold(0, |run, unit| add(run, (*unit).into()));
    shingle(hash(run));
    for (enters, leaves) in rest.iter().zip(units) {
        let leaves: u64 = (*leaves).into();
        run = add(run, (*enters).into()).wrapping_sub(leaves.wrapping_mul(leaving));
        shingle(hash(run));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oracle;

    fn shingles(shingling: Shingling, text: &str) -> Vec<u64> {
        let mut all = Vec::new();
        shingling.for_each(&FoldedText::new(text), |hash| all.push(hash));
        all
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
                .map(|at| word_hash(folded.word(at)))
                .collect();
            prop_assert_eq!(shingles(Shingling::Words(length), &text), oracle::shingles(&words, n));
            let mut shingler = Shingler::default();
            prop_assert_eq!(shingler.words(&folded), &words);
            for (at, hash) in words.iter().enumerate() {
                let word = folded.word(at);
                let without = (n % word.len()).min(3);
                let polynomial = folded.tokens()[at].polynomial;
                prop_assert_eq!(end_hash(polynomial, word, without), word_hash(&word[without..]));
                prop_assert_eq!(end_hash(polynomial, word, 0), *hash);
            }
            let characters: Vec<_> = folded.text().encode_utf16().map(u64::from).collect();
            prop_assert_eq!(shingles(Shingling::Characters(length), &text), oracle::shingles(&characters, n));
        }
    }
}
