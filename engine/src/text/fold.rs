//! Folding a text in one pass over its UTF-8.

use super::{
    blocks::{self, Fold},
    normalize::fold_run,
    rasm::rasm,
    rule::{Rule, rule},
    tables::{DELETE, FIRST_LETTER, LONG, NORMALIZE, SEPARATOR, TABLES, Tables},
    words::Words,
};
use crate::shingle::add;

/// A folded word and where it stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Token {
    /// First byte in the original text.
    pub start: u32,
    /// One past the last byte in the original text.
    pub end: u32,
    /// First unit in the folded text.
    pub(super) folded_start: u32,
    /// One past the last unit in the folded text.
    pub(super) folded_end: u32,
}

/// A text after folding: its words, separated by one space, and where each stood in the original.
///
/// Folding is idempotent, and blind to tashkeel, tatweel, direction and zero-width marks, to the
/// kind of digits, to presentation forms and to the variants of alef, ya, ta marbuta, kaf and ha.
/// Whatever is neither letter nor digit only separates words. A value can be used for one text after
/// another without allocating anew.
///
/// Folded letters are kept as units of UTF-16: every Arabic letter and every digit is one, so that what
/// comes after need not find out where each begins.
#[derive(Clone, Debug, Default)]
pub struct FoldedText {
    /// The folded text is the first `len` of these; the rest is room.
    pub(super) units: Vec<u16>,
    pub(super) len: usize,
    pub(super) words: Words,
}

impl Token {
    /// Number of letters, as units of UTF-16.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        (self.folded_end - self.folded_start) as usize
    }
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
        self.fold_as(text, blocks::ways().next());
    }

    /// Folds `text` in place of what was folded before, by blocks or a character at a time.
    pub(super) fn fold_as(&mut self, text: &str, by_blocks: Option<Fold>) {
        assert!(
            u32::try_from(text.len()).is_ok(),
            "a text of 4 GiB or more cannot be folded"
        );
        self.words.clear();
        self.len = 0;
        self.make_room(text.len());
        Pass {
            text,
            bytes: text.as_bytes(),
            by_blocks,
            out: self,
            word: None,
            end: 0,
        }
        .run();
    }

    /// The folded words, separated by one space.
    pub fn text(&self) -> String {
        String::from_utf16_lossy(self.units())
    }

    /// The folded words, separated by one space, in UTF-16.
    pub(crate) fn units(&self) -> &[u16] {
        &self.units[..self.len]
    }

    /// The words, in order.
    pub fn tokens(&self) -> &[Token] {
        self.words.tokens()
    }

    /// The polynomial of each word's letters without dots: see [`rasm`] and [`add`].
    pub(crate) fn polynomials(&self) -> &[u64] {
        self.words.polynomials()
    }

    /// The first four letters of a word, the first one lowest; after the end of a word whatever follows.
    #[inline(always)]
    pub(crate) fn head(&self, token: &Token) -> u64 {
        let start = token.folded_start as usize;
        let at = |place: usize| self.units.get(start + place).copied().unwrap_or_default();
        let from = self.units.get(start..).and_then(<[u16]>::first_chunk);
        let four: [u16; 4] = from.copied().unwrap_or_else(|| [0, 1, 2, 3].map(at));
        u64::from_le_bytes(bytemuck::cast(four.map(u16::to_le)))
    }

    /// The word at `position` in UTF-16; empty if there is none.
    #[inline]
    pub(crate) fn word(&self, position: usize) -> &[u16] {
        let token = self.tokens().get(position);
        let units = |word: &Token| {
            self.units
                .get(word.folded_start as usize..word.folded_end as usize)
        };
        token.and_then(units).unwrap_or_default()
    }

    /// Makes room for what `bytes` bytes of the original fold to, unless they are ligatures: a letter
    /// takes a byte at least, and the space before a word the byte of a separator.
    fn make_room(&mut self, bytes: usize) {
        let needed = self.len + bytes + 2;
        if self.units.len() < needed {
            self.units.resize(needed, 0);
        }
    }

    pub(super) fn push(&mut self, unit: u16) {
        if self.len == self.units.len() {
            self.units.push(0);
        }
        self.units[self.len] = unit;
        self.len += 1;
    }
}

/// A word that is being written.
#[derive(Clone, Copy, Default)]
pub(super) struct Word {
    /// Where it began in the original.
    pub(super) start: usize,
    /// Where it began in the folded text.
    pub(super) folded_start: usize,
    /// Of its letters so far: see [`FoldedText::polynomials`].
    pub(super) polynomial: u64,
}

/// One pass over a text.
struct Pass<'a> {
    text: &'a str,
    bytes: &'a [u8],
    by_blocks: Option<Fold>,
    out: &'a mut FoldedText,
    word: Option<Word>,
    /// One past the last letter of that word in the original, and the marks on it.
    end: usize,
}

impl Pass<'_> {
    fn run(&mut self) {
        let tables = &*TABLES;
        let mut at = 0;
        loop {
            at = self.blocks(at);
            let Some((code, length)) = tables.code(self.bytes, at) else {
                break;
            };
            match code.unit {
                DELETE => {
                    at += length;
                    // What stands on a word's last letter belongs to the word.
                    self.end = at;
                }
                SEPARATOR => {
                    self.finish_word();
                    at += length;
                }
                NORMALIZE => at = self.normalize(at),
                LONG => at = self.long(at),
                _ => {
                    self.begin_word(at);
                    at = self.words(tables, at);
                }
            }
        }
        self.finish_word();
    }

    /// Folds whole blocks from `at` on; returns where it stopped.
    #[inline]
    fn blocks(&mut self, at: usize) -> usize {
        let Some(fold) = self.by_blocks else {
            return at;
        };
        let (at, word) = fold(self.bytes, at, self.word, self.out);
        (self.word, self.end) = (word, at);
        at
    }

    /// Writes the letters of one and two bytes from `at` on, where there is one, and further words of
    /// nothing else behind single separators; returns where something else stands. The last word is not
    /// finished. All that an ordinary text is made of passes here, so what changes is kept out of memory.
    #[inline]
    fn words(&mut self, tables: &Tables, mut at: usize) -> usize {
        let Some(Word {
            mut start,
            mut folded_start,
            mut polynomial,
        }) = self.word
        else {
            return at;
        };
        let FoldedText { units, len, words } = &mut *self.out;
        let mut place = *len;
        // A space and a letter are written at most before the room is looked at again.
        let mut room = units.len();
        let mut next = tables.code(self.bytes, at);
        while let Some((code, length)) = next {
            if place + 2 > room {
                // Ligatures have taken the room.
                units.resize(place + self.bytes.len() - at + 2, 0);
                room = units.len();
            }
            if code.unit >= FIRST_LETTER {
                units[place] = code.unit;
                polynomial = add(polynomial, code.rasm.into());
                place += 1;
                at += length;
                next = tables.code(self.bytes, at);
                continue;
            }
            let after = match code.unit {
                SEPARATOR => tables.code(self.bytes, at + length),
                _ => None,
            };
            if after.is_none_or(|(code, _)| code.unit < FIRST_LETTER) {
                break;
            }
            let token = Token {
                start: start as u32,
                end: at as u32,
                folded_start: folded_start as u32,
                folded_end: place as u32,
            };
            words.push(token, polynomial);
            polynomial = 0;
            units[place] = u16::from(b' ');
            place += 1;
            at += length;
            (start, folded_start) = (at, place);
            next = after;
        }
        *len = place;
        self.word = Some(Word {
            start,
            folded_start,
            polynomial,
        });
        self.end = at;
        at
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
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    self.push(*unit);
                }
                self.end = next;
            }
            Rule::Letters(letters) => {
                self.begin_word(at);
                letters.encode_utf16().for_each(|unit| self.push(unit));
                self.end = next;
            }
            Rule::Words(words) => {
                self.finish_word();
                self.push_words(words, at, next);
            }
            Rule::Delete => self.end = next,
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
        let words = &mut self.out.words;
        let last = |words: &Words| words.tokens().last().copied();
        while last(words).is_some_and(|token| token.start as usize >= start) {
            words.pop();
        }
        self.out.len = last(words).map_or(0, |token| token.folded_end as usize);

        let words = fold_run(self.text.get(start..end).unwrap_or_default());
        self.push_words(&words, start, end);
        end
    }

    /// Appends folded words that all stand at `start..end` of the original.
    fn push_words(&mut self, words: &str, start: usize, end: usize) {
        for word in words.split_ascii_whitespace() {
            self.begin_word(start);
            word.encode_utf16().for_each(|unit| self.push(unit));
            self.end = end;
            self.finish_word();
        }
    }

    /// Writes a unit of the word.
    fn push(&mut self, unit: u16) {
        self.out.push(unit);
        if let Some(word) = &mut self.word {
            word.polynomial = add(word.polynomial, rasm(unit).into());
        }
    }

    #[inline]
    fn begin_word(&mut self, at: usize) {
        if self.word.is_none() {
            if self.out.len > 0 {
                self.out.push(u16::from(b' '));
            }
            self.word = Some(Word {
                start: at,
                folded_start: self.out.len,
                polynomial: 0,
            });
        }
    }

    #[inline]
    fn finish_word(&mut self) {
        if let Some(word) = self.word.take() {
            // `fold` has refused texts whose positions do not fit, and folding a text of several
            // gigabytes to a longer one takes ligatures that no text of that size is made of.
            let token = Token {
                start: word.start as u32,
                end: self.end as u32,
                folded_start: word.folded_start as u32,
                folded_end: self.out.len as u32,
            };
            self.out.words.push(token, word.polynomial);
        }
    }
}
