//! The vocabulary: which words a text has, how often, and whether its title has them.
//!
//! Words are compared by a light stem, so that a sentence that a desk has rewritten still counts. One
//! proclitic is taken off and nothing else: on news that agrees better with editors than the whole
//! word, and better than any heavier stemming (Larkey, Ballesteros, Connell 2002 found the same for
//! retrieval: "light8").

use xxhash_rust::xxh3::xxh3_64;

use crate::{
    codec::{Malformed, Reader, put_words},
    text::FoldedText,
};

/// Proclitics, folded, longest first.
const PROCLITICS: [&str; 11] = [
    "وال", "بال", "فال", "كال", "ولل", "لل", "ال", "و", "ب", "ل", "ف",
];

/// Letters that must be left of a word.
const LEAST_LETTERS: usize = 3;

/// Words that open a name, and are written with the rest of it or apart: عبد الله, عبدالله.
const OPENERS: [&str; 2] = ["عبد", "ابو"];

/// Bits for how often a word stands in the text; more is as often as it can be.
const COUNT_BITS: u32 = 5;
const TITLE: u32 = 1;

/// The distinct word stems of a text and its title.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Ascending: 26 bits of the stem's hash, five of its count in the text, one for the title.
    words: Box<[u32]>,
}

/// A stem in a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// 26 bits of the stem's hash. Two of a text's 200 stems are taken for one in one text of 3,000.
    pub(crate) key: u32,
    /// Times that it stands in the text, 0 to 31.
    pub(crate) count: u32,
    /// Whether it stands in the title.
    pub(crate) in_title: bool,
}

impl Vocabulary {
    pub(super) fn of(title: &FoldedText, text: &FoldedText) -> Self {
        // A word of the text counts two, one of the title marks the lowest bit.
        let mut all = Vec::with_capacity(text.tokens().len() + title.tokens().len());
        for_each_stem(text, |key| all.push((key, 2)));
        for_each_stem(title, |key| all.push((key, TITLE)));
        all.sort_unstable();
        let most = (1 << COUNT_BITS) - 1;
        let words = all.chunk_by(|(a, _), (b, _)| a == b).map(|same| {
            let in_text = same.iter().filter(|(_, mark)| *mark == 2).count() as u32;
            let in_title = u32::from(in_text < same.len() as u32);
            same[0].0 << (COUNT_BITS + 1) | in_text.min(most) << 1 | in_title
        });
        Self {
            words: words.collect(),
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_words(out, &self.words);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let words = reader.words()?;
        match words.is_sorted() {
            true => Ok(Self { words }),
            false => Err(Malformed("a vocabulary is out of order")),
        }
    }

    /// The stems by ascending key.
    pub(crate) fn words(&self) -> impl Iterator<Item = Word> + Clone + '_ {
        self.words.iter().map(|packed| Word {
            key: packed >> (COUNT_BITS + 1),
            count: packed >> 1 & ((1 << COUNT_BITS) - 1),
            in_title: packed & TITLE != 0,
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.words)
    }
}

fn for_each_stem(text: &FoldedText, mut stem: impl FnMut(u32)) {
    let mut position = 0;
    while position < text.tokens().len() {
        let word = text.word(position);
        if OPENERS.contains(&word) && position + 1 < text.tokens().len() {
            stem(key(&[word, text.word(position + 1)].concat()));
            position += 2;
        } else {
            stem(key(word));
            position += 1;
        }
    }
}

fn key(word: &str) -> u32 {
    (xxh3_64(stem(word).as_bytes()) >> (32 + COUNT_BITS + 1)) as u32
}

/// A folded word without its proclitic.
pub(super) fn stem(word: &str) -> &str {
    let stripped = PROCLITICS.iter().find_map(|proclitic| {
        let rest = word.strip_prefix(proclitic)?;
        (rest.chars().nth(LEAST_LETTERS - 1).is_some()).then_some(rest)
    });
    stripped.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(title: &str, text: &str) -> Vec<Word> {
        Vocabulary::of(&FoldedText::new(title), &FoldedText::new(text))
            .words()
            .collect()
    }

    #[test]
    fn one_proclitic_goes_if_a_word_is_left() {
        for (word, left) in [
            ("والوزير", "وزير"),
            ("الوزير", "وزير"),
            ("وزير", "زير"),
            ("وكاله", "كاله"),
            ("بيت", "بيت"),
        ] {
            assert_eq!(stem(word), left);
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
        let of = |word: &str| words.iter().find(|other| other.key == key(word)).copied();
        assert_eq!(
            of("كتاب").map(|word| (word.count, word.in_title)),
            Some((31, true))
        );
        assert_eq!(
            of("اخر").map(|word| (word.count, word.in_title)),
            Some((0, true))
        );
        assert!(words.is_sorted_by_key(|word| word.key));
    }
}
