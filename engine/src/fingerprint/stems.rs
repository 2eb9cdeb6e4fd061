//! Stems: words without their proclitic.
//!
//! Words are compared by a light stem, so that a sentence that a desk has rewritten still counts. One
//! proclitic is taken off and nothing else: on news that agrees better with editors than the whole
//! word, and better than any heavier stemming (Larkey, Ballesteros, Connell 2002 found the same for
//! retrieval: "light8").
//!
//! A stem is known by the polynomial of its letters ([`shingle`](crate::shingle)), which follows from that of the word.

use crate::{
    shingle::{BLOCK, INVERSE, hash, power},
    text::FoldedText,
    wide::{Wide, Work, run_wide},
};

/// Letters that must be left of a word.
const LEAST_LETTERS: u64 = 3;

/// The letters that proclitics are made of, and three more, as units of UTF-16. Each stands for those of its
/// shape ([`rasm`](crate::text::rasm)).
mod letter {
    pub(super) const ALEF: u64 = 'ا' as u64;
    pub(super) const BA: u64 = 'ب' as u64;
    pub(super) const DAL: u64 = 'د' as u64;
    pub(super) const AIN: u64 = 'ع' as u64;
    pub(super) const FA: u64 = 'ف' as u64;
    pub(super) const KAF: u64 = 'ك' as u64;
    pub(super) const LAM: u64 = 'ل' as u64;
    pub(super) const WAW: u64 = 'و' as u64;
}
use letter::*;

/// The stems of a text, in memory that is allocated once.
#[derive(Debug, Default)]
pub(super) struct Stems {
    /// The [head](FoldedText::head) of each word.
    pub(super) heads: Vec<u64>,
    /// The hash of each word's stem.
    pub(super) hashes: Vec<u64>,
    /// Which words open a name: see [`opens_a_name`].
    openers: Vec<usize>,
}

impl Stems {
    /// Finds those of a text.
    pub(super) fn find(&mut self, text: &FoldedText) {
        run_wide(Find(self, text));
    }

    /// Gives `into` the hash of each stem, some at a time; a name that is written in two words has one. (No proclitic is taken
    /// off such a name, since none begins as it does.)
    pub(super) fn with_names(&self, text: &FoldedText, mut into: impl FnMut(&[u64])) {
        let mut from = 0;
        for opener in &self.openers {
            let name = text.polynomials().get(*opener..).unwrap_or_default();
            // A word that stands in a name opens none.
            if let ([first, second, ..], true) = (name, *opener >= from) {
                let length = text.tokens()[opener + 1].len();
                into(&self.hashes[from..*opener]);
                into(&[hash(
                    first.wrapping_mul(power(length)).wrapping_add(*second),
                )]);
                from = opener + 2;
            }
        }
        into(&self.hashes[from..]);
    }
}

/// Words are looked at side by side.
struct Find<'a>(&'a mut Stems, &'a FoldedText);

impl Work for Find<'_> {
    #[inline(always)]
    fn run(self, _: impl Wide) {
        let Self(stems, text) = self;
        stems.heads.clear();
        stems.hashes.clear();
        stems.openers.clear();
        let (mut heads, mut lengths, mut powers, mut hashes) =
            ([0; BLOCK], [0; BLOCK], [0; BLOCK], [0; BLOCK]);
        let blocks = text
            .tokens()
            .chunks(BLOCK)
            .zip(text.polynomials().chunks(BLOCK));
        for (block, (tokens, polynomials)) in blocks.enumerate() {
            for (place, token) in tokens.iter().enumerate() {
                heads[place] = text.head(token);
                lengths[place] = token.len() as u64;
                powers[place] = power(token.len());
            }
            let count = polynomials.len();
            hashes[..count].copy_from_slice(polynomials);
            // A title has few, so they are taken by eights.
            let eights = heads.as_chunks().0.iter().zip(lengths.as_chunks().0);
            let eights = eights.zip(powers.as_chunks().0.iter().zip(hashes.as_chunks_mut().0));
            let mut any_opens = false;
            for ((heads, lengths), (powers, hashes)) in eights.take(count.div_ceil(8)) {
                any_opens |= find_eight(heads, lengths, powers, hashes);
            }
            if any_opens {
                let opens = |place: &usize| opens_a_name(heads[*place], lengths[*place]);
                let openers = (0..count).filter(opens);
                stems
                    .openers
                    .extend(openers.map(|place| block * BLOCK + place));
            }
            stems.heads.extend_from_slice(&heads);
            stems.hashes.extend_from_slice(&hashes);
        }
        stems.heads.truncate(text.tokens().len());
        stems.hashes.truncate(text.tokens().len());
    }
}

/// Replaces the polynomials of eight words by the hashes of their stems; says whether any of them opens a name. (Of loops
/// over arrays of a known length and nothing else the compiler makes wide instructions whatever is around them.)
#[inline(always)]
fn find_eight(
    heads: &[u64; 8],
    lengths: &[u64; 8],
    powers: &[u64; 8],
    polynomials: &mut [u64; 8],
) -> bool {
    let mut any_opens = false;
    for place in 0..8 {
        any_opens |= opens_a_name(heads[place], lengths[place]);
    }
    for place in 0..8 {
        let polynomial = polynomials[place];
        let stem = stem_polynomial(heads[place], lengths[place], powers[place], polynomial);
        polynomials[place] = hash(stem);
    }
    any_opens
}

/// The polynomial of a word's stem, of the word's head, letters, base to the power of their number, and polynomial.
#[inline(always)]
fn stem_polynomial(head: u64, letters: u64, power: u64, polynomial: u64) -> u64 {
    let [first, second, third] = [head, head >> 16, head >> 32].map(|head| head & 0xffff);
    // The polynomials of the first letters, each over the base to the power of their number.
    let of_one = first.wrapping_mul(POWERS[0]);
    let of_two = of_one.wrapping_add(second.wrapping_mul(POWERS[1]));
    let of_three = of_two.wrapping_add(third.wrapping_mul(POWERS[2]));
    let [one, two, three] = proclitics(first, second, third, letters);
    let proclitic = if one { of_one } else { 0 };
    let proclitic = if two { of_two } else { proclitic };
    let proclitic = if three { of_three } else { proclitic };
    polynomial.wrapping_sub(proclitic.wrapping_mul(power))
}

/// The letters of a word's stem.
pub(super) fn stem(word: &[u16]) -> &[u16] {
    let letter = |place: usize| word.get(place).copied().unwrap_or_default().into();
    let [one, two, three] = proclitics(letter(0), letter(1), letter(2), word.len() as u64);
    let proclitic = match [one, two, three] {
        [.., true] => 3,
        [_, true, _] => 2,
        _ => usize::from(one),
    };
    &word[proclitic..]
}

/// The base to the powers of -1, -2 and -3.
const POWERS: [u64; 3] = [
    INVERSE,
    INVERSE.wrapping_mul(INVERSE),
    INVERSE.wrapping_mul(INVERSE).wrapping_mul(INVERSE),
];

/// Whether a word of so many letters that begins with these (after its end any may follow) has a proclitic of one, two,
/// three letters; the longest counts.
#[inline(always)]
fn proclitics(first: u64, second: u64, third: u64, letters: u64) -> [bool; 3] {
    // Which words have one looks like chance to a processor, so nothing here is a branch.
    let leaves = |length: u64| letters >= length + LEAST_LETTERS;
    let is = |all: u64| all & bit(first) != 0;
    let article = (second == ALEF) & (third == LAM);
    let for_the = (first == WAW) & (second == LAM) & (third == LAM);
    let before_article = const { bit(WAW) | bit(BA) | bit(FA) | bit(KAF) };
    let three = leaves(3) & ((is(before_article) & article) | for_the);
    let two = leaves(2) & is(const { bit(LAM) | bit(ALEF) }) & (second == LAM);
    let one = leaves(1) & is(const { bit(WAW) | bit(BA) | bit(LAM) | bit(FA) });
    [one, two, three]
}

/// A bit for each of the letters, none for others.
#[inline(always)]
const fn bit(letter: u64) -> u64 {
    let place = letter.wrapping_sub(ALEF);
    ((place < u64::BITS as u64) as u64) << (place % u64::BITS as u64)
}

/// Whether a word opens a name, and is written with the rest of it or apart: عبد الله, عبدالله; أبو ظبي,
/// أبوظبي.
#[inline(always)]
fn opens_a_name(head: u64, letters: u64) -> bool {
    let of = const { |[first, second, third]: [u64; 3]| first | second << 16 | third << 32 };
    let head = head & 0xffff_ffff_ffff;
    // How many letters a word has looks like chance to a processor, so nothing here is a branch.
    (letters == 3) & ((head == of([AIN, BA, DAL])) | (head == of([ALEF, BA, WAW])))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shingle::word_hash;

    /// A folded word without its proclitic: the first of these that leaves enough of it.
    fn stem(word: &[u16]) -> &[u16] {
        let proclitics = [
            "وال", "بال", "فال", "كال", "ولل", "لل", "ال", "و", "ب", "ل", "ف",
        ];
        let mut left = proclitics.iter().filter_map(|it| {
            let it: Vec<_> = it.encode_utf16().collect();
            word.strip_prefix(&it[..])
        });
        left.find(|left| left.len() as u64 >= LEAST_LETTERS)
            .unwrap_or(word)
    }

    fn found(text: &str) -> Vec<u64> {
        let (text, mut stems, mut found) = (FoldedText::new(text), Stems::default(), Vec::new());
        stems.find(&text);
        stems.with_names(&text, |some| found.extend_from_slice(some));
        found
    }

    #[test]
    fn one_proclitic_goes_if_a_word_is_left() {
        for (word, left) in [
            ("والوزير", "وزير"),
            ("الوزير", "وزير"),
            ("وزير", "زير"),
            ("والد", "الد"),
            ("وكاله", "كاله"),
            ("بيت", "بيت"),
            ("و", "و"),
        ] {
            let [word_units, left] =
                [word, left].map(|word| word.encode_utf16().collect::<Vec<_>>());
            assert_eq!(found(word), [word_hash(&left)]);
            assert_eq!(super::stem(&word_units), left);
        }
    }

    proptest! {
        #[test]
        fn stems_are_found_side_by_side(text in "([وفبكال]{0,3}[ا-يa0]{0,9}|عبد|ابو| ){0,200}") {
            let folded = FoldedText::new(&text);
            let words: Vec<_> = (0..folded.tokens().len()).map(|at| folded.word(at)).collect();
            let opens = |word: &[u16]| ["عبد", "ابو"].contains(&&*String::from_utf16_lossy(word));
            let mut expected = Vec::new();
            let mut at = 0;
            while at < words.len() {
                let parts = 1 + usize::from(opens(words[at]) && at + 1 < words.len());
                expected.push(word_hash(stem(&words[at..at + parts].concat())));
                at += parts;
            }
            prop_assert_eq!(found(&text), expected);
            let mut stems = Stems::default();
            stems.find(&folded);
            let each: Vec<_> = words.iter().map(|word| word_hash(stem(word))).collect();
            prop_assert_eq!(stems.hashes, each);
        }
    }
}
