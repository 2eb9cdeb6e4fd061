//! Folding a text in one pass over its UTF-8.

use std::sync::LazyLock;

use super::{
    normalize::fold_run,
    rule::{Rule, rule},
};

/// A folded word and where it stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// First byte in the original text.
    pub start: u32,
    /// One past the last byte in the original text.
    pub end: u32,
    /// First byte in the folded text.
    folded_start: u32,
    /// One past the last byte in the folded text.
    folded_end: u32,
}

/// A text after folding: its words, separated by one space, and where each stood in the original.
///
/// Folding is idempotent, and blind to tashkeel, tatweel, direction and zero-width marks, to the
/// kind of digits, to presentation forms and to the variants of alef, ya, ta marbuta, kaf and ha.
/// Whatever is neither letter nor digit only separates words. A value can be used for one text after
/// another without allocating anew.
#[derive(Clone, Debug, Default)]
pub struct FoldedText {
    folded: Vec<u8>,
    tokens: Vec<Token>,
}

impl FoldedText {
    /// Folds `text`.
    ///
    /// # Panics
    ///
    /// If `text` is 4 GiB or longer: positions are 32 bits.
    pub fn new(text: &str) -> Self {
        let mut folded = Self::default();
        folded.fold(text);
        folded
    }

    /// Folds `text` in place of what was folded before, and keeps the memory.
    ///
    /// # Panics
    ///
    /// As [`FoldedText::new`].
    pub fn fold(&mut self, text: &str) {
        assert!(
            u32::try_from(text.len()).is_ok(),
            "a text of 4 GiB or more cannot be folded"
        );
        self.folded.clear();
        self.tokens.clear();
        Pass {
            text,
            bytes: text.as_bytes(),
            out: self,
            word: None,
            end: 0,
        }
        .run();
    }

    /// The folded words, separated by one space.
    pub fn text(&self) -> &str {
        // Only whole characters are ever appended, so this cannot fail; checking it again is cheap
        // beside what anyone does with the text of an article.
        std::str::from_utf8(&self.folded).unwrap_or_default()
    }

    /// The folded words as bytes of UTF-8.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.folded
    }

    /// The words, in order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The words `from` to `to` (exclusive) with one space between, as bytes; empty if there are none.
    pub(crate) fn words(&self, from: usize, to: usize) -> &[u8] {
        match self.tokens.get(from..to) {
            Some([first, .., last]) => {
                &self.folded[first.folded_start as usize..last.folded_end as usize]
            }
            Some([word]) => &self.folded[word.folded_start as usize..word.folded_end as usize],
            _ => &[],
        }
    }

    /// The word at `position`.
    pub fn word(&self, position: usize) -> &str {
        std::str::from_utf8(self.words(position, position + 1)).unwrap_or_default()
    }
}

/// One pass over a text.
struct Pass<'a> {
    text: &'a str,
    bytes: &'a [u8],
    out: &'a mut FoldedText,
    /// The word that is being written: where it began in the original and in the folded text.
    word: Option<(usize, usize)>,
    /// One past the last letter of that word in the original.
    end: usize,
}

impl Pass<'_> {
    fn run(&mut self) {
        let tables = &*TABLES;
        let mut at = 0;
        while let Some(&first) = self.bytes.get(at) {
            let (code, length) = match first {
                0..0x80 => (tables.ascii[first as usize], 1),
                0xc0..0xe0 => {
                    let second = self.bytes.get(at + 1).copied().unwrap_or_default();
                    let index = (usize::from(first & 0x1f) << 6) | usize::from(second & 0x3f);
                    (tables.two_bytes[index], 2)
                }
                _ => {
                    at = self.long(at);
                    continue;
                }
            };
            match code {
                DELETE => at += length,
                SEPARATOR => {
                    self.finish_word();
                    at += length;
                }
                NORMALIZE => at = self.normalize(at),
                _ => {
                    self.begin_word(at);
                    let [low, high] = code.to_le_bytes();
                    self.out.folded.push(low);
                    if high != 0 {
                        self.out.folded.push(high);
                    }
                    at += length;
                    self.end = at;
                }
            }
        }
        self.finish_word();
    }

    /// A character of three or four bytes at `at`; returns where to go on.
    fn long(&mut self, at: usize) -> usize {
        let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) else {
            return self.bytes.len();
        };
        let next = at + c.len_utf8();
        match rule(c) {
            Rule::Letter(letter) => {
                self.begin_word(at);
                self.out
                    .folded
                    .extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                self.end = next;
            }
            Rule::Letters(letters) => {
                self.begin_word(at);
                self.out.folded.extend_from_slice(letters.as_bytes());
                self.end = next;
            }
            Rule::Words(words) => {
                self.finish_word();
                self.push_words(words, at, next);
            }
            Rule::Delete => {}
            Rule::Separator => self.finish_word(),
            Rule::Normalize => return self.normalize(at),
        }
        next
    }

    /// Folds the run between two separators around `at` the slow way, in place of what the fast way
    /// has already written of it; returns where to go on. Its words all get the place of the run.
    fn normalize(&mut self, at: usize) -> usize {
        let is_separator = |c: char| rule(c) == Rule::Separator;
        let before = self.text.get(..at).unwrap_or_default();
        let after = self.text.get(at..).unwrap_or_default();
        let start = before
            .char_indices()
            .rfind(|(_, c)| is_separator(*c))
            .map_or(0, |(place, c)| place + c.len_utf8());
        let end = after
            .find(is_separator)
            .map_or(self.bytes.len(), |length| at + length);

        self.word = None;
        while self
            .out
            .tokens
            .last()
            .is_some_and(|token| token.start as usize >= start)
        {
            self.out.tokens.pop();
        }
        let kept = self
            .out
            .tokens
            .last()
            .map_or(0, |token| token.folded_end as usize);
        self.out.folded.truncate(kept);

        let words = fold_run(self.text.get(start..end).unwrap_or_default());
        self.push_words(&words, start, end);
        end
    }

    /// Appends folded words that all stand at `start..end` of the original.
    fn push_words(&mut self, words: &str, start: usize, end: usize) {
        for word in words.split_ascii_whitespace() {
            self.begin_word(start);
            self.out.folded.extend_from_slice(word.as_bytes());
            self.end = end;
            self.finish_word();
        }
    }

    #[inline]
    fn begin_word(&mut self, at: usize) {
        if self.word.is_none() {
            if !self.out.folded.is_empty() {
                self.out.folded.push(b' ');
            }
            self.word = Some((at, self.out.folded.len()));
        }
    }

    #[inline]
    fn finish_word(&mut self) {
        if let Some((start, folded_start)) = self.word.take() {
            // `fold` has refused texts whose positions do not fit, and folding a text of several
            // gigabytes to a longer one takes ligatures that no text of that size is made of.
            self.out.tokens.push(Token {
                start: start as u32,
                end: self.end as u32,
                folded_start: folded_start as u32,
                folded_end: self.out.folded.len() as u32,
            });
        }
    }
}

/// Codes in [`Tables`]; every other value is the UTF-8 of a letter, the second byte zero if it has one.
const DELETE: u16 = 0;
const SEPARATOR: u16 = 1;
const NORMALIZE: u16 = 2;

/// The rules of all characters of one and two bytes, where nearly all of an Arabic text lies.
struct Tables {
    ascii: [u16; 0x80],
    two_bytes: [u16; 0x800],
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let code = |value: usize| {
        let c = u32::try_from(value)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or('\0');
        match rule(c) {
            Rule::Letter(letter) if letter.len_utf8() <= 2 => {
                let mut bytes = [0; 2];
                letter.encode_utf8(&mut bytes);
                u16::from_le_bytes(bytes)
            }
            Rule::Delete => DELETE,
            Rule::Separator => SEPARATOR,
            Rule::Letter(_) | Rule::Letters(_) | Rule::Words(_) | Rule::Normalize => NORMALIZE,
        }
    };
    Tables {
        ascii: std::array::from_fn(code),
        two_bytes: std::array::from_fn(code),
    }
});
