//! Shingles: the overlapping runs of words or characters that texts are compared by.
//!
//! A shingle is known by its hash. A run of letters is the polynomial that has them as coefficients; the
//! next run follows from it by two multiplications, whatever the length (Karp and Rabin, "Efficient
//! Randomized Pattern-Matching Algorithms", 1987). xxh3 of that makes all 64 bits alike in quality. A
//! word is such a run, so its hash is known as soon as it is folded; and a run of words is the polynomial
//! that has their hashes as coefficients. Words are known by their letters without dots (`text/rasm.rs`).
//!
//! Each run's polynomial is computed by itself, since a processor does that for several at once; from the
//! run before it, it would take fewer multiplications, one after the other.

use crate::{
    text::{FoldedText, rasm},
    wide::{Wide, Work, run_wide},
};

/// Where the polynomials are evaluated, modulo 2^64: odd, so that no coefficient is lost; otherwise
/// without meaning (the fraction of the golden ratio).
pub(crate) const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The inverse of the base, modulo 2^64, as which it is odd for. (Each step of Newton's doubles the number of bits that
/// are right; an odd number is its own inverse modulo 8.)
pub(crate) const INVERSE: u64 = {
    let mut inverse = BASE;
    let mut bits = 3;
    while bits < u64::BITS {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(BASE.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse
};

/// Which runs of a text are its shingles. A text that is shorter than one run is one shingle whole;
/// a text without words has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shingling {
    /// Runs of this many words, which are told apart by their letters without dots.
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
            run_wide(HashEach(text.polynomials(), &mut self.words));
        }
        &self.words
    }

    /// Gives `into` the hash of each shingle of a text, in the order of the text.
    pub(crate) fn shingles(&mut self, shingling: Shingling, text: &FoldedText, into: impl Blocks) {
        match shingling {
            Shingling::Words(length) => runs(self.words(text), length, into),
            Shingling::Characters(length) => runs(text.units(), length, into),
        }
    }
}

impl Shingling {
    /// Calls `shingle` with the hash of each shingle of a text, in the order of the text.
    pub fn for_each(self, text: &FoldedText, shingle: impl FnMut(u64)) {
        Shingler::default().shingles(self, text, Each(shingle));
    }
}

/// A polynomial with one more coefficient, at its end.
#[inline(always)]
pub(crate) fn add(polynomial: u64, coefficient: u64) -> u64 {
    polynomial.wrapping_mul(BASE).wrapping_add(coefficient)
}

/// All 64 bits of it are as good as any other: xxh3_64 of its bytes, lowest first. (Written out, since only so
/// it is compiled for several at once: <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>, XXH3,
/// inputs of 4 to 8 bytes.)
#[inline(always)]
pub(crate) fn hash(polynomial: u64) -> u64 {
    const PRIME: u64 = 0x9fb2_1c65_1e98_df25;
    const SECRET: u64 = 0xc73a_b174_c5ec_d5a2;
    let mut hash = polynomial.rotate_left(32) ^ SECRET;
    hash ^= hash.rotate_left(49) ^ hash.rotate_left(24);
    hash = hash.wrapping_mul(PRIME);
    hash ^= (hash >> 35).wrapping_add(8);
    hash = hash.wrapping_mul(PRIME);
    hash ^ (hash >> 28)
}

/// Appends the hash of each polynomial.
struct HashEach<'a>(&'a [u64], &'a mut Vec<u64>);

impl Work for HashEach<'_> {
    #[inline(always)]
    fn run(self, _: impl Wide) {
        let Self(polynomials, hashes) = self;
        hashes.extend(polynomials.iter().map(|polynomial| hash(*polynomial)));
    }
}

/// The hash of a word.
pub(crate) fn word_hash(letters: &[u16]) -> u64 {
    let polynomial = letters.iter().fold(0, |polynomial, letter| {
        add(polynomial, rasm(*letter).into())
    });
    hash(polynomial)
}

/// The base to the power of `exponent`.
#[inline(always)]
pub(crate) fn power(exponent: usize) -> u64 {
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

/// So many hashes are computed together.
pub(crate) const BLOCK: usize = 64;

/// What takes hashes.
pub(crate) trait Blocks {
    /// Takes the next hashes, which are the first `count` of these; the rest is zero. To be marked
    /// `#[inline(always)]`: see [`Work`].
    fn take(&mut self, block: &[u64; BLOCK], count: usize);
}

impl<B: Blocks> Blocks for &mut B {
    #[inline(always)]
    fn take(&mut self, block: &[u64; BLOCK], count: usize) {
        (**self).take(block, count);
    }
}

/// Both take them.
impl<A: Blocks, B: Blocks> Blocks for (A, B) {
    #[inline(always)]
    fn take(&mut self, block: &[u64; BLOCK], count: usize) {
        self.0.take(block, count);
        self.1.take(block, count);
    }
}

/// Takes them one after the other.
pub(crate) struct Each<F>(pub(crate) F);

impl<F: FnMut(u64)> Blocks for Each<F> {
    #[inline(always)]
    fn take(&mut self, block: &[u64; BLOCK], count: usize) {
        block[..count].iter().for_each(|hash| (self.0)(*hash));
    }
}

/// Gives `into` the hash of each run of `length` units.
pub(crate) fn runs<U: Copy + Into<u64>>(units: &[U], length: u8, into: impl Blocks) {
    run_wide(Runs {
        units,
        length: usize::from(length.max(1)).min(units.len()),
        into,
    });
}

struct Runs<'a, U, B> {
    units: &'a [U],
    length: usize,
    into: B,
}

impl<U: Copy + Into<u64>, B: Blocks> Work for Runs<'_, U, B> {
    #[inline(always)]
    fn run(mut self, _: impl Wide) {
        if self.length == 0 {
            return;
        }
        let all = self.units.len() - self.length + 1;
        for start in (0..all).step_by(BLOCK) {
            let count = BLOCK.min(all - start);
            // The last block is full, too, if there are so many, and begins among what has been.
            let from = start.min(all.saturating_sub(BLOCK));
            let units = &self.units[from..];
            // Of lengths that the compiler knows it makes wide instructions.
            let mut block = match self.length {
                3 => hashes(units, 3),
                4 => hashes_of_pairs(units, 4),
                5 => hashes_of_pairs(units, 5),
                other => hashes(units, other),
            };
            if from < start {
                block.copy_within(start - from.., 0);
                block[count..].fill(0);
            }
            self.into.take(&block, count);
        }
    }
}

/// The hashes of the first runs of these units.
#[inline(always)]
fn hashes<U: Copy + Into<u64>>(units: &[U], length: usize) -> [u64; BLOCK] {
    let mut block = [0; BLOCK];
    if let Some(units) = units.get(..BLOCK + length - 1) {
        for (first, polynomial) in block.iter_mut().enumerate() {
            for place in 0..length {
                *polynomial = add(*polynomial, units[first + place].into());
            }
            *polynomial = hash(*polynomial);
        }
    } else {
        for (run, polynomial) in units.windows(length).zip(&mut block) {
            for unit in run {
                *polynomial = add(*polynomial, (*unit).into());
            }
            *polynomial = hash(*polynomial);
        }
    }
    block
}

/// The same of runs of four and five, which begin with two pairs: those of a pair that two runs have are multiplied once.
#[inline(always)]
fn hashes_of_pairs<U: Copy + Into<u64>>(units: &[U], length: usize) -> [u64; BLOCK] {
    let Some(units) = units.get(..BLOCK + length - 1) else {
        return hashes(units, length);
    };
    let pairs: [u64; BLOCK + 2] =
        std::array::from_fn(|first| add(units[first].into(), units[first + 1].into()));
    let mut block = [0; BLOCK];
    for (first, polynomial) in block.iter_mut().enumerate() {
        let before = pairs[first].wrapping_mul(const { BASE.wrapping_mul(BASE) });
        *polynomial = before.wrapping_add(pairs[first + 2]);
        for place in 4..length {
            *polynomial = add(*polynomial, units[first + place].into());
        }
        *polynomial = hash(*polynomial);
    }
    block
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
        fn shingles_are_the_windows_of_the_text(text in "[ا-ي a-c😀ﷺ]{0,300}", length in 1u8..9) {
            let folded = FoldedText::new(&text);
            let n = usize::from(length);
            let words: Vec<_> = (0..folded.tokens().len())
                .map(|at| word_hash(folded.word(at)))
                .collect();
            prop_assert_eq!(shingles(Shingling::Words(length), &text), oracle::shingles(&words, n));
            let mut shingler = Shingler::default();
            prop_assert_eq!(shingler.words(&folded), &words);
            for (at, hash) in words.iter().enumerate() {
                prop_assert_eq!(super::hash(folded.polynomials()[at]), *hash);
            }
            let characters: Vec<_> = folded.text().encode_utf16().map(u64::from).collect();
            prop_assert_eq!(shingles(Shingling::Characters(length), &text), oracle::shingles(&characters, n));
        }
    }
}
