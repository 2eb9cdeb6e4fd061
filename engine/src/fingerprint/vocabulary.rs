//! The vocabulary: which words a text has, how often, and whether its title has them.
//!
//! Words are compared by a light stem, so that a sentence that a desk has rewritten still counts. One
//! proclitic is taken off and nothing else: on news that agrees better with editors than the whole
//! word, and better than any heavier stemming (Larkey, Ballesteros, Connell 2002 found the same for
//! retrieval: "light8").

use super::elias_fano::{self, EliasFano};
use crate::{
    codec::{Malformed, Reader},
    shingle::{add, end, hash_each, polynomial},
    text::FoldedText,
};

/// Letters that must be left of a word.
const LEAST_LETTERS: usize = 3;

/// The letters that proclitics are made of, and three more, as units of UTF-16. Each stands for those of its
/// shape ([`rasm`](crate::text::rasm)).
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
const COUNT: u32 = ((1 << COUNT_BITS) - 1) << 1;
const ONE: u32 = 1 << 1;
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
    /// Reads what [`write()`] has written.
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

/// Memory to make vocabularies in.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The polynomials of all stems, then their hashes.
    hashes: Vec<u64>,
    /// Key, count of one and mark of each stem; and the same sorted.
    stems: [Vec<u32>; 2],
}

/// Appends the vocabulary of a text and its title.
pub(super) fn write(title: &FoldedText, text: &FoldedText, room: &mut Room, out: &mut Vec<u8>) {
    let Room { hashes, stems } = room;
    hashes.clear();
    find_stems(text, hashes);
    let in_text = hashes.len();
    find_stems(title, hashes);
    hash_each(hashes);
    let [stems, sorted] = stems;
    let (of_text, of_title) = hashes.split_at(in_text);
    let with = |mark: u32| move |hash: &u64| u32::from(key(*hash)) << (COUNT_BITS + 1) | mark;
    stems.clear();
    stems.extend(of_text.iter().map(with(ONE)));
    stems.extend(of_title.iter().map(with(TITLE)));
    sort(stems, sorted);
    let distinct = unite(stems);
    elias_fano::write(&stems[..distinct], out);
}

/// Makes one of equal keys that stand side by side; returns how many are left. What follows what is chance,
/// so it is no branch.
fn unite(stems: &mut [u32]) -> usize {
    let key = |stem: u32| stem >> (COUNT_BITS + 1);
    let mut last = 0;
    let Some(mut united) = stems.first().copied() else {
        return 0;
    };
    for place in 1..stems.len() {
        let stem = stems[place];
        let is_same = key(stem) == key(united);
        let count = (united & COUNT) + (stem & COUNT);
        let same = stem & !(COUNT | TITLE) | count.min(COUNT) | (united | stem) & TITLE;
        united = if is_same { same } else { stem };
        last += usize::from(!is_same);
        stems[last] = united;
    }
    last + 1
}

/// Sorts by key, a byte at a time from the lowest (radix sort); `other` is memory to work in.
fn sort(stems: &mut Vec<u32>, other: &mut Vec<u32>) {
    other.resize(stems.len(), 0);
    let digit = |stem: u32, place: u32| (stem >> (COUNT_BITS + 1 + 8 * place)) as u8 as usize;
    let mut ends = [[0u32; 256]; 2];
    for stem in &*stems {
        ends[0][digit(*stem, 0)] += 1;
        ends[1][digit(*stem, 1)] += 1;
    }
    for (ends, place) in ends.iter_mut().zip(0..) {
        let mut start = 0;
        for end in &mut *ends {
            start += std::mem::replace(end, start);
        }
        for stem in &*stems {
            let end = &mut ends[digit(*stem, place)];
            other[*end as usize] = *stem;
            *end += 1;
        }
        std::mem::swap(stems, other);
    }
}

/// Appends the polynomial of each stem.
fn find_stems(text: &FoldedText, polynomials: &mut Vec<u64>) {
    let tokens = text.tokens();
    polynomials.reserve(tokens.len());
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        let head = text.head(token);
        if opens_a_name(head, token.len()) && position + 1 < tokens.len() {
            let name = [text.word(position), text.word(position + 1)].concat();
            polynomials.push(polynomial(stem(&name)));
            position += 2;
        } else {
            let (proclitic, first) = proclitic(head, token.len());
            polynomials.push(end(token.polynomial, first, token.len() - proclitic));
            position += 1;
        }
    }
}

fn key(hash: u64) -> u16 {
    (hash >> (u64::BITS - KEY_BITS)) as u16
}

/// A folded word without its proclitic: the longest of وال بال فال كال ولل لل ال و ب ل ف that leaves
/// enough of it.
pub(super) fn stem(word: &[u16]) -> &[u16] {
    let letter = |place: usize| word.get(place).copied().unwrap_or_default();
    &word[proclitic([letter(0), letter(1), letter(2)], word.len()).0..]
}

/// How many of a word's letters, which begin with these (after its end any may follow), are its proclitic; and
/// the polynomial of that.
#[inline]
fn proclitic([first, second, third]: [u16; 3], letters: usize) -> (usize, u64) {
    // Which words have one looks like chance to a processor, so nothing here is a branch.
    let leaves = |length: usize| letters >= length + LEAST_LETTERS;
    let is = |all: u64| all & bit(first) != 0;
    let article = (second == ALEF) & (third == LAM);
    let for_the = (first == WAW) & (second == LAM) & (third == LAM);
    let before_article = const { bit(WAW) | bit(BA) | bit(FA) | bit(KAF) };
    let three = leaves(3) & ((is(before_article) & article) | for_the);
    let two = leaves(2) & is(const { bit(LAM) | bit(ALEF) }) & (second == LAM);
    let one = leaves(1) & is(const { bit(WAW) | bit(BA) | bit(LAM) | bit(FA) });
    let of_one = u64::from(first);
    let of_two = add(of_one, second.into());
    let of_three = add(of_two, third.into());
    let (length, first) = if one { (1, of_one) } else { (0, 0) };
    let (length, first) = if two { (2, of_two) } else { (length, first) };
    if three {
        (3, of_three)
    } else {
        (length, first)
    }
}

/// A bit for each of the letters, none for others.
#[inline]
const fn bit(letter: u16) -> u64 {
    let place = letter.wrapping_sub(ALEF) as u32;
    ((place < u64::BITS) as u64) << (place % u64::BITS)
}

/// Whether a word opens a name, and is written with the rest of it or apart: عبد الله, عبدالله; أبو ظبي,
/// أبوظبي.
#[inline]
fn opens_a_name(head: [u16; 3], letters: usize) -> bool {
    let of = |letters: [u16; 3]| letters.map(u64::from);
    let packed = |[first, second, third]: [u64; 3]| first | second << 16 | third << 32;
    let head = packed(of(head));
    // How many letters a word has looks like chance to a processor, so nothing here is a branch.
    (letters == 3) & ((head == packed(of([AIN, BA, DAL]))) | (head == packed(of([ALEF, BA, WAW]))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shingle::word_hash;

    fn vocabulary(title: &str, text: &str) -> Vec<Word> {
        let (title, text) = (FoldedText::new(title), FoldedText::new(text));
        let mut bytes = Vec::new();
        write(&title, &text, &mut Room::default(), &mut bytes);
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
