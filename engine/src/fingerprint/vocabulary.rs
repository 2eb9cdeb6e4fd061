//! The vocabulary: which stems a text has, how often, and whether its title has them.

use super::{
    elias_fano::{self, EliasFano},
    stems::find_stems,
};
use crate::{
    codec::{Malformed, Reader},
    shingle::hash_each,
    text::FoldedText,
};

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

/// Appends the vocabulary of a text and its title, each given with the [heads](FoldedText::heads) of its words.
pub(super) fn write(
    (title, of_title): (&FoldedText, &[u64]),
    (text, of_text): (&FoldedText, &[u64]),
    room: &mut Room,
    out: &mut Vec<u8>,
) {
    let Room { hashes, stems } = room;
    hashes.clear();
    find_stems(text, of_text, hashes);
    let in_text = hashes.len();
    find_stems(title, of_title, hashes);
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
    let digit = |stem: u32, byte: u32| (stem >> (COUNT_BITS + 1 + 8 * byte)) as u8 as usize;
    // Of either byte in a half, so that where each value begins is added up for both at once.
    let bytes = [0, 1].map(|byte| (byte, 32 * byte));
    let mut ends = [0u64; 256];
    for stem in &*stems {
        for (byte, half) in bytes {
            ends[digit(*stem, byte)] += 1 << half;
        }
    }
    let mut start = 0;
    for end in &mut ends {
        start += std::mem::replace(end, start);
    }
    for (byte, half) in bytes {
        for stem in &*stems {
            let end = &mut ends[digit(*stem, byte)];
            other[(*end >> half) as u32 as usize] = *stem;
            *end += 1 << half;
        }
        std::mem::swap(stems, other);
    }
}

fn key(hash: u64) -> u16 {
    (hash >> (u64::BITS - KEY_BITS)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shingle::word_hash;

    fn vocabulary(title: &str, text: &str) -> Vec<Word> {
        let [title, text] = [title, text].map(|text| {
            let (text, mut heads) = (FoldedText::new(text), Vec::new());
            text.heads(&mut heads);
            (text, heads)
        });
        let mut bytes = Vec::new();
        let (title, text) = ((&title.0, &*title.1), (&text.0, &*text.1));
        write(title, text, &mut Room::default(), &mut bytes);
        let vocabulary = Vocabulary::read(&mut Reader(&bytes)).expect("whole");
        assert!(vocabulary.is_whole());
        vocabulary.words().collect()
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
