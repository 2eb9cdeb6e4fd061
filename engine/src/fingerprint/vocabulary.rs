//! The vocabulary: which words a text has, how often, and whether its title has them.
//!
//! Words are compared by a light stem, so that a sentence that a desk has rewritten still counts. One
//! proclitic is taken off and nothing else: on news that agrees better with editors than the whole
//! word, and better than any heavier stemming (Larkey, Ballesteros, Connell 2002 found the same for
//! retrieval: "light8").

use super::elias_fano::{self, EliasFano};
use crate::{
    codec::{Malformed, Reader},
    shingle::{end_hash, word_hash},
    text::FoldedText,
};

/// Letters that must be left of a word.
const LEAST_LETTERS: usize = 3;

/// The letters that proclitics are made of, and three more, as units of UTF-16.
mod letter {
    pub(super) const ALEF: u16 = 'ا' as u16;
    pub(super) const BA: u16 = 'ب' as u16;
    pub(super) const DAL: u16 = 'د' as u16;
    pub(super) const AIN: u16 = 'ع' as u16;
    pub(super) const FA: u16 = 'ف' as u16;
    pub(super) const KAF: u16 = 'ك' as u16;
    pub(super) const LAM: u16 = 'ل' as u16;
    pub(super) const WAW: u16 = 'و' as u16;
}
use letter::*;

/// Bits of a stem's hash that are kept. Of a text's 200 stems one is taken for another one's of the other
/// text in one pair of two; what it would have weighed is a two-hundredth.
pub(crate) const KEY_BITS: u32 = 16;

/// Bits for how often a word stands in the text; more is as often as it can be.
const COUNT_BITS: u32 = 2;
const TITLE: u32 = 1;

/// The distinct word stems of a text and its title.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Vocabulary<'a> {
    /// The stem's key, its count in the text, one bit for the title.
    words: EliasFano<'a>,
}

/// A stem in a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The upper bits of the stem's hash.
    pub(crate) key: u16,
    /// Times that it stands in the text, 0 to 3.
    pub(crate) count: u32,
    /// Whether it stands in the title.
    pub(crate) in_title: bool,
}

impl<'a> Vocabulary<'a> {
    /// Reads what [`write`] has written.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        EliasFano::read(reader).map(|words| Self { words })
    }

    pub(super) fn is_whole(&self) -> bool {
        let most = (1u64 << (KEY_BITS + COUNT_BITS + 1)) - 1;
        self.words.is_whole() && self.words.last().is_none_or(|last| u64::from(last) <= most)
    }

    /// The stems by ascending key.
    pub(crate) fn words(&self) -> impl Iterator<Item = Word> + Clone + use<'a> {
        self.words.iter().map(|packed| Word {
            key: (packed >> (COUNT_BITS + 1)) as u16,
            count: packed >> 1 & ((1 << COUNT_BITS) - 1),
            in_title: packed & TITLE != 0,
        })
    }
}

/// Appends the vocabulary of a text and its title; the two lists are memory to work in.
pub(super) fn write(
    title: &FoldedText,
    text: &FoldedText,
    (stems, sorted): (&mut Vec<u32>, &mut Vec<u32>),
    out: &mut Vec<u8>,
) {
    stems.clear();
    // A word of the text counts two, one of the title marks the lowest bit.
    for_each_stem(text, |hash| {
        stems.push(u32::from(key(hash)) << 2 | 2);
    });
    for_each_stem(title, |hash| {
        stems.push(u32::from(key(hash)) << 2 | TITLE);
    });
    sort(stems, sorted);
    let most = (1 << COUNT_BITS) - 1;
    let (mut read, mut written) = (0, 0);
    while let Some(first) = stems.get(read) {
        let key = first >> 2;
        let (mut in_text, mut in_title) = (0, 0);
        while let Some(same) = stems.get(read).filter(|stem| *stem >> 2 == key) {
            in_text += same >> 1 & 1;
            in_title |= same & TITLE;
            read += 1;
        }
        stems[written] = key << (COUNT_BITS + 1) | in_text.min(most) << 1 | in_title;
        written += 1;
    }
    elias_fano::write(&stems[..written], out);
}

/// Sorts by all but the two lowest bits, a byte at a time from the lowest (radix sort); `other` is memory
/// to work in.
fn sort(stems: &mut Vec<u32>, other: &mut Vec<u32>) {
    for shift in (2..KEY_BITS + 2).step_by(8) {
        let digit = |stem: u32| (stem >> shift) as usize & 0xff;
        let mut ends = [0; 256];
        stems.iter().for_each(|stem| ends[digit(*stem)] += 1);
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        other.clear();
        other.resize(stems.len(), 0);
        for stem in &*stems {
            let place = &mut ends[digit(*stem)];
            other[*place] = *stem;
            *place += 1;
        }
        std::mem::swap(stems, other);
    }
}

fn for_each_stem(text: &FoldedText, mut found: impl FnMut(u64)) {
    let mut position = 0;
    while let Some(token) = text.tokens().get(position) {
        let word = text.word(position);
        if opens_a_name(word) && position + 1 < text.tokens().len() {
            let name = [word, text.word(position + 1)].concat();
            found(word_hash(stem(&name)));
            position += 2;
        } else {
            let proclitic = word.len() - stem(word).len();
            found(end_hash(token.polynomial, word, proclitic));
            position += 1;
        }
    }
}

fn key(hash: u64) -> u16 {
    (hash >> (u64::BITS - KEY_BITS)) as u16
}

/// A folded word without its proclitic: the longest of وال بال فال كال ولل لل ال و ب ل ف that leaves
/// enough of it.
#[inline]
pub(super) fn stem(word: &[u16]) -> &[u16] {
    // Which words have one looks like chance to a processor, so nothing here is a branch.
    let letter = |place: usize| word.get(place).copied().unwrap_or_default();
    let (first, second, third) = (letter(0), letter(1), letter(2));
    let left = |length: usize| word.len() >= length + LEAST_LETTERS;
    let article = (second == ALEF) & (third == LAM);
    let is = |letters: &[u16]| letters.iter().fold(false, |any, one| any | (first == *one));
    let three = left(3)
        & ((is(&[WAW, BA, FA, KAF]) & article)
            | ((first == WAW) & (second == LAM) & (third == LAM)));
    let two = left(2) & is(&[LAM, ALEF]) & (second == LAM);
    let one = left(1) & is(&[WAW, BA, LAM, FA]);
    let length = if three {
        3
    } else if two {
        2
    } else {
        usize::from(one)
    };
    &word[length..]
}

/// Whether a word opens a name, and is written with the rest of it or apart: عبد الله, عبدالله; أبو ظبي,
/// أبوظبي.
fn opens_a_name(word: &[u16]) -> bool {
    matches!(word, [AIN, BA, DAL] | [ALEF, BA, WAW])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(title: &str, text: &str) -> Vec<Word> {
        let (title, text) = (FoldedText::new(title), FoldedText::new(text));
        let mut bytes = Vec::new();
        write(
            &title,
            &text,
            (&mut Vec::new(), &mut Vec::new()),
            &mut bytes,
        );
        let vocabulary = Vocabulary::read(&mut Reader(&bytes)).expect("whole");
        assert!(vocabulary.is_whole());
        vocabulary.words().collect()
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
            ("", ""),
        ] {
            let units = |word: &str| word.encode_utf16().collect::<Vec<_>>();
            assert_eq!(stem(&units(word)), units(left));
        }
    }

    #[test]
    fn names_are_one_word_however_they_are_written() {
        assert_eq!(
            vocabulary("", "عبد الله في أبو ظبي"),
            vocabulary("", "عبدالله في أبوظبي")
        );
    }

    #[test]
    fn words_are_counted_and_the_titles_are_marked() {
        let words = vocabulary("كتاب آخر", &"الكتاب ".repeat(40));
        let of = |word: &str| {
            let key = key(word_hash(&word.encode_utf16().collect::<Vec<_>>()));
            words.iter().find(|other| other.key == key).copied()
        };
        assert_eq!(
            of("كتاب").map(|word| (word.count, word.in_title)),
            Some((3, true))
        );
        assert_eq!(
            of("اخر").map(|word| (word.count, word.in_title)),
            Some((0, true))
        );
        assert!(words.is_sorted_by_key(|word| word.key));
    }
}
