//! Stems: words without their proclitic.
//!
//! Words are compared by a light stem, so that a sentence that a desk has rewritten still counts. One
//! proclitic is taken off and nothing else: on news that agrees better with editors than the whole
//! word, and better than any heavier stemming (Larkey, Ballesteros, Connell 2002 found the same for
//! retrieval: "light8").
//!
//! A stem is known by the polynomial of its letters ([`shingle`](crate::shingle)), which follows from that of the word.

use crate::{
    shingle::{BLOCK, INVERSE, polynomial, power},
    text::FoldedText,
    wide::{Work, run_wide},
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

/// Appends the polynomial of each stem of a text, of whose words these are the [heads](FoldedText::heads).
pub(super) fn find_stems(text: &FoldedText, heads: &[u64], polynomials: &mut Vec<u64>) {
    let tokens = text.tokens();
    let none = [0; BLOCK];
    let mut words = Words {
        heads: none,
        lengths: none,
        powers: none,
        polynomials: none,
        opens_a_name: none,
    };
    // Whether the word stands in the name that the one before it opens.
    let mut is_named = false;
    for (block, (tokens, heads)) in tokens.chunks(BLOCK).zip(heads.chunks(BLOCK)).enumerate() {
        for (place, (token, head)) in tokens.iter().zip(heads).enumerate() {
            words.heads[place] = *head;
            words.lengths[place] = token.len() as u64;
            words.powers[place] = power(token.len());
            words.polynomials[place] = token.polynomial;
        }
        run_wide(FindStems(&mut words));
        let stems = words.polynomials.iter().zip(&words.opens_a_name);
        for (place, (stem, opens_a_name)) in stems.enumerate().take(tokens.len()) {
            let position = block * BLOCK + place;
            if is_named {
                is_named = false;
            } else if *opens_a_name > 0 && position + 1 < text.tokens().len() {
                let name = [text.word(position), text.word(position + 1)].concat();
                polynomials.push(polynomial(self::stem(&name)));
                is_named = true;
            } else {
                polynomials.push(*stem);
            }
        }
    }
}

/// A folded word without its proclitic: the longest of وال بال فال كال ولل لل ال و ب ل ف that leaves
/// enough of it.
pub(super) fn stem(word: &[u16]) -> &[u16] {
    let letter = |place: usize| word.get(place).copied().unwrap_or_default().into();
    let proclitics = proclitics(letter(0), letter(1), letter(2), word.len() as u64);
    let longest = proclitics.iter().rposition(|has| *has);
    &word[longest.map_or(0, |place| place + 1)..]
}

/// Words, looked at side by side.
struct Words {
    heads: [u64; BLOCK],
    /// In letters.
    lengths: [u64; BLOCK],
    /// The base to the power of the length.
    powers: [u64; BLOCK],
    /// Of the words, and then of their stems.
    polynomials: [u64; BLOCK],
    /// 1 if so.
    opens_a_name: [u64; BLOCK],
}

struct FindStems<'a>(&'a mut Words);

impl Work for FindStems<'_> {
    #[inline(always)]
    fn run(self) {
        let Words {
            heads,
            lengths,
            powers,
            polynomials,
            opens_a_name,
        } = self.0;
        for place in 0..BLOCK {
            let (head, length) = (heads[place], lengths[place]);
            opens_a_name[place] = self::opens_a_name(head, length).into();
            let [first, second, third] = [head, head >> 16, head >> 32].map(|head| head & 0xffff);
            // The polynomials of the first letters, each over the base to the power of their number.
            let of_one = first.wrapping_mul(POWERS[0]);
            let of_two = of_one.wrapping_add(second.wrapping_mul(POWERS[1]));
            let of_three = of_two.wrapping_add(third.wrapping_mul(POWERS[2]));
            let [one, two, three] = proclitics(first, second, third, length);
            let proclitic = if one { of_one } else { 0 };
            let proclitic = if two { of_two } else { proclitic };
            let proclitic = if three { of_three } else { proclitic };
            let proclitic = proclitic.wrapping_mul(powers[place]);
            polynomials[place] = polynomials[place].wrapping_sub(proclitic);
        }
    }
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
            ("", ""),
        ] {
            let units = |word: &str| word.encode_utf16().collect::<Vec<_>>();
            assert_eq!(stem(&units(word)), units(left));
        }
    }

    proptest! {
        #[test]
        fn stems_are_found_side_by_side(text in "([وفبكال]{0,3}[ا-يa0]{0,9}|عبد|ابو| ){0,200}") {
            let text = FoldedText::new(&text);
            let words: Vec<_> = (0..text.tokens().len()).map(|at| text.word(at)).collect();
            let opens = |word: &[u16]| ["عبد", "ابو"].contains(&&*String::from_utf16_lossy(word));
            let mut stems = Vec::new();
            let mut at = 0;
            while at < words.len() {
                let parts = 1 + usize::from(opens(words[at]) && at + 1 < words.len());
                stems.push(polynomial(stem(&words[at..at + parts].concat())));
                at += parts;
            }
            let (mut heads, mut found) = (Vec::new(), Vec::new());
            text.heads(&mut heads);
            find_stems(&text, &heads, &mut found);
            prop_assert_eq!(found, stems);
        }
    }
}
