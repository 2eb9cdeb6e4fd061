//! Shingles: the overlapping runs of words or characters that texts are compared by.
//!
//! A folded text is its words with one space between, so a run of words, like a run of characters,
//! is one contiguous slice of it: no shingle is ever copied.

use crate::text::FoldedText;

/// Which runs of a text are its shingles. A text that is shorter than one run is one shingle whole;
/// a text without words has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shingling {
    /// Runs of this many words.
    Words(u8),
    /// Runs of this many characters of the folded text, spaces between words included.
    Characters(u8),
}

impl Shingling {
    /// Calls `shingle` with each shingle in the order of the text, as bytes of UTF-8.
    pub fn for_each(self, text: &FoldedText, shingle: impl FnMut(&[u8])) {
        match self {
            Self::Words(length) => words(text, usize::from(length.max(1)), shingle),
            Self::Characters(length) => characters(text, usize::from(length.max(1)), shingle),
        }
    }
}

fn words(text: &FoldedText, length: usize, mut shingle: impl FnMut(&[u8])) {
    let count = text.tokens().len();
    if count == 0 {
        return;
    }
    for first in 0..=count.saturating_sub(length) {
        shingle(text.words(first, (first + length).min(count)));
    }
}

fn characters(text: &FoldedText, length: usize, mut shingle: impl FnMut(&[u8])) {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return;
    }
    // The first byte of a character says how long it is.
    let next = |at: usize| match bytes[at] {
        0..0x80 => at + 1,
        0x80..0xe0 => at + 2,
        0xe0..0xf0 => at + 3,
        0xf0.. => at + 4,
    };
    // A window between two character boundaries, moved on by one character at both ends.
    let mut end = 0;
    for _ in 0..length {
        if end < bytes.len() {
            end = next(end);
        }
    }
    let mut start = 0;
    loop {
        shingle(&bytes[start..end]);
        if end == bytes.len() {
            return;
        }
        start = next(start);
        end = next(end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shingles(shingling: Shingling, text: &str) -> Vec<String> {
        let mut all = Vec::new();
        shingling.for_each(&FoldedText::new(text), |shingle| {
            all.push(String::from_utf8(shingle.to_vec()).expect("whole characters"));
        });
        all
    }

    #[test]
    fn words_overlap() {
        let text = "أعلنت الوزارة اليوم عن خطة";
        assert_eq!(
            shingles(Shingling::Words(3), text),
            ["اعلنت الوزاره اليوم", "الوزاره اليوم عن", "اليوم عن خطه"]
        );
        assert_eq!(shingles(Shingling::Words(1), text).len(), 5);
    }

    #[test]
    fn characters_cross_words() {
        assert_eq!(
            shingles(Shingling::Characters(3), "في يوم"),
            ["في ", "ي ي", " يو", "يوم"]
        );
    }

    #[test]
    fn a_short_text_is_one_shingle_and_an_empty_one_none() {
        assert_eq!(shingles(Shingling::Words(3), "خبر عاجل"), ["خبر عاجل"]);
        assert_eq!(shingles(Shingling::Characters(9), "خبر"), ["خبر"]);
        assert!(shingles(Shingling::Words(3), "… !").is_empty());
        assert!(shingles(Shingling::Characters(5), "").is_empty());
    }

    proptest! {
        #[test]
        fn shingles_are_the_windows_of_the_text(text in "[ا-ي a-c]{0,60}", length in 1u8..8) {
            let folded = FoldedText::new(&text);
            let n = usize::from(length);
            let words: Vec<_> = (0..folded.tokens().len()).map(|at| folded.word(at)).collect();
            let expected: Vec<_> = if words.is_empty() { vec![] }
                else if words.len() < n { vec![words.join(" ")] }
                else { words.windows(n).map(|window| window.join(" ")).collect() };
            prop_assert_eq!(shingles(Shingling::Words(length), &text), expected);

            let characters: Vec<_> = folded.text().chars().collect();
            let expected: Vec<_> = if characters.is_empty() { vec![] }
                else if characters.len() < n { vec![String::from_iter(characters)] }
                else { characters.windows(n).map(String::from_iter).collect() };
            prop_assert_eq!(shingles(Shingling::Characters(length), &text), expected);
        }
    }
}
