//! The vocabulary: which stems a text has, how often, and whether its title has them.

use super::{
    elias_fano::{self, EliasFano},
    stems::Stems,
};
use crate::{
    codec::{Malformed, Reader},
    spread,
    text::FoldedText,
    wide::{Wide, Work, run_wide},
};

/// Bits of a stem's hash that are kept. Of a text's 200 stems one is taken for another one's of the other
/// text in one pair of two; what it would have weighed is a two-hundredth.
pub(crate) const KEY_BITS: u32 = 16;

/// Bits for how often a word stands in the text; more is as often as it can be.
const COUNT_BITS: u32 = 2;
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

/// Appends the vocabulary of a text and its title, each given with its stems; the two lists are memory to work in.
pub(super) fn write(
    title: (&FoldedText, &Stems),
    text: (&FoldedText, &Stems),
    (words, sorted): (&mut Vec<u32>, &mut Vec<u32>),
    out: &mut Vec<u8>,
) {
    words.clear();
    for ((text, stems), mark) in [(text, ONE), (title, TITLE)] {
        let word = |hash: &u64| u32::from(key(*hash)) << (COUNT_BITS + 1) | mark;
        stems.with_names(text, |hashes| words.extend(hashes.iter().map(word)));
    }
    spread::sort(words, sorted);
    run_wide(Unite {
        sorted,
        united: words,
    });
    elias_fano::write(words, out);
}

/// Makes one of equal keys that stand side by side, in place of what is in `united`. (Of the marks of a key the title's come
/// first.)
struct Unite<'a> {
    sorted: &'a [u32],
    united: &'a mut Vec<u32>,
}

impl Work for Unite<'_> {
    #[inline(always)]
    fn run(self, _: impl Wide) {
        let Self { sorted, united } = self;
        // Of a key the last one knows how many there are, and whether these are more than can be counted.
        united.clear();
        united.extend(sorted.iter().take(2).enumerate().map(|(place, stem)| {
            let before = usize::from(place > 0 && sorted[0] == *stem);
            counted(*stem, before as u32)
        }));
        united.extend(sorted.windows(3).map(|three| {
            let [first, second, stem] = [three[0], three[1], three[2]];
            counted(stem, u32::from(first == stem) + u32::from(second == stem))
        }));
        let key_of = |stem: u32| stem >> (COUNT_BITS + 1);
        let (mut count, mut in_title, mut before) = (0, 0, u32::MAX);
        for place in 0..united.len() {
            let stem = united[place];
            // What follows what is chance, so it is no branch.
            let is_new = key_of(stem ^ before) != 0;
            in_title = if is_new { stem & TITLE } else { in_title };
            count += usize::from(is_new);
            united[count - 1] = stem | in_title;
            before = stem;
        }
        united.truncate(count);
    }
}

/// A stem before which so many of the same stand.
#[inline(always)]
fn counted(stem: u32, before: u32) -> u32 {
    stem + (stem & ONE) * before
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
            let (text, mut stems) = (FoldedText::new(text), Stems::default());
            stems.find(&text);
            (text, stems)
        });
        let mut bytes = Vec::new();
        let (title, text) = ((&title.0, &title.1), (&text.0, &text.1));
        let lists = (&mut Vec::new(), &mut Vec::new());
        write(title, text, lists, &mut bytes);
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
