//! The numbers of a text and the words they stand between.
//!
//! Two texts that put different numbers into the same place report different facts: 21 arrests and 44
//! arrests, the second relief flight and the third.

use std::sync::LazyLock;

use foldhash::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    elias_fano::{self, EliasFano},
    vocabulary::stem,
};
use crate::{
    codec::{Malformed, Reader},
    text::FoldedText,
};

/// Numbers up to ten as words, folded: cardinal and ordinal, of both genders.
const SPELLED: [&[&str]; 10] = [
    &["واحد", "واحده", "الاول", "الاولي", "اولي"],
    &[
        "اثنين",
        "اثنان",
        "اثنتين",
        "اثنتان",
        "الثاني",
        "الثانيه",
        "ثاني",
        "ثانيه",
    ],
    &["ثلاث", "ثلاثه", "الثالث", "الثالثه", "ثالث", "ثالثه"],
    &["اربع", "اربعه", "الرابع", "الرابعه", "رابع", "رابعه"],
    &["خمس", "خمسه", "الخامس", "الخامسه", "خامس", "خامسه"],
    &["ست", "سته", "السادس", "السادسه", "سادس", "سادسه"],
    &["سبع", "سبعه", "السابع", "السابعه", "سابع", "سابعه"],
    &[
        "ثمان",
        "ثماني",
        "ثمانيه",
        "الثامن",
        "الثامنه",
        "ثامن",
        "ثامنه",
    ],
    &["تسع", "تسعه", "التاسع", "التاسعه", "تاسع", "تاسعه"],
    &["عشر", "عشره", "العاشر", "العاشره", "عاشر", "عاشره"],
];

/// The value of each spelling, with a proclitic or without, by the spelling's hash; and which hashes
/// modulo [`SIEVE`] there are among them, since every word of a text is looked up.
static VALUES: LazyLock<(HashMap<u64, u16>, Sieve)> = LazyLock::new(|| {
    let mut values = HashMap::default();
    let mut sieve = [false; SIEVE];
    for (spellings, value) in SPELLED.iter().zip(1..) {
        for (spelling, proclitic) in spellings
            .iter()
            .flat_map(|spelling| ["", "و", "ل", "ب"].map(|proclitic| (spelling, proclitic)))
        {
            let hash = xxh3_64([proclitic, *spelling].concat().as_bytes());
            // A word is first what it is without a proclitic.
            if proclitic.is_empty() {
                values.insert(hash, value);
            } else {
                values.entry(hash).or_insert(value);
            }
            sieve[hash as usize % SIEVE] = true;
        }
    }
    (values, sieve)
});

const SIEVE: usize = 1 << 12;
type Sieve = [bool; SIEVE];

/// At most so many distinct values and places are kept: a table of figures is not read as facts.
const MOST: usize = 64;

/// The numbers of a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers<'a> {
    /// Hash of the place (the words before and after) and value, for numbers that stand alone.
    placed: EliasFano<'a>,
    /// All distinct values.
    values: EliasFano<'a>,
}

impl<'a> Numbers<'a> {
    /// Reads what [`write`] has written.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            placed: EliasFano::read(reader)?,
            values: EliasFano::read(reader)?,
        })
    }

    pub(super) fn is_whole(&self) -> bool {
        self.placed.is_whole() && self.values.is_whole()
    }

    /// How many places have one number here and another in `other`, and neither text has the other's
    /// number anywhere.
    pub(crate) fn contradictions(&self, other: &Self) -> usize {
        let contradicts = |(place, value): &(u16, u16)| {
            let mut theirs = other.placed();
            let mut same = theirs.by_ref().filter(|(theirs, _)| theirs == place);
            !other.has(*value) && same.any(|(_, theirs)| !self.has(theirs))
        };
        self.placed().filter(contradicts).count()
    }

    /// How many values both have.
    pub(crate) fn agreements(&self, other: &Self) -> usize {
        let has = |value: &u32| other.values.iter().any(|theirs| theirs == *value);
        self.values.iter().filter(has).count()
    }

    fn placed(&self) -> impl Iterator<Item = (u16, u16)> + use<'a> {
        let placed = self.placed.iter();
        placed.map(|placed| ((placed >> 16) as u16, placed as u16))
    }

    fn has(&self, value: u16) -> bool {
        self.values.iter().any(|other| other == u32::from(value))
    }
}

/// Appends the numbers of a text, given with the hashes of its words; the two lists are memory to work
/// in.
pub(super) fn write(
    text: &FoldedText,
    words: &[u64],
    (placed, values): (&mut Vec<u32>, &mut Vec<u32>),
    out: &mut Vec<u8>,
) {
    placed.clear();
    values.clear();
    let word = |position: usize| text.words(position, position + 1);
    let value_at = |position: usize| value(word(position), *words.get(position)?);
    let (mut before, mut here) = (None, value_at(0));
    for position in 0..words.len() {
        let after = value_at(position + 1);
        if let Some(value) = here {
            values.push(u32::from(value));
            let alone = before.is_none() && after.is_none();
            let between = position > 0 && position + 1 < words.len();
            if alone && between && !is_tens(text.word(position + 1)) {
                let place = place(word(position - 1), word(position + 1));
                placed.push(u32::from(place) << 16 | u32::from(value));
            }
        }
        (before, here) = (here, after);
    }
    for found in [placed, values] {
        found.sort_unstable();
        found.dedup();
        found.truncate(MOST);
        elias_fano::write(found, out);
    }
}

/// The value of a word: digits with at most two letters before and three after (و18, 2015م), or a
/// number up to ten as a word. Of long numbers the lowest bits.
fn value(word: &[u8], hash: u64) -> Option<u16> {
    // Two letters take at most eight bytes.
    if word.iter().take(9).any(u8::is_ascii_digit) {
        return written_in_digits(std::str::from_utf8(word).ok()?);
    }
    let (values, sieve) = &*VALUES;
    if !sieve[hash as usize % SIEVE] {
        return None;
    }
    values.get(&hash).copied()
}

fn written_in_digits(word: &str) -> Option<u16> {
    let start = word.find(|c: char| c.is_ascii_digit())?;
    let digits = word[start..].bytes().take_while(u8::is_ascii_digit);
    let mut end = start;
    let mut number = 0u16;
    for digit in digits {
        number = number
            .wrapping_mul(10)
            .wrapping_add(u16::from(digit - b'0'));
        end += 1;
    }
    let mut tail = word[end..].chars();
    let short = word[..start].chars().count() <= 2 && tail.clone().count() <= 3;
    (short && !tail.any(|c| c.is_ascii_digit())).then_some(number)
}

/// Whether a word makes tens of the number before it: خمسة وعشرين.
fn is_tens(word: &str) -> bool {
    word.starts_with('و') && word.ends_with("ين")
}

fn place(before: &[u8], after: &[u8]) -> u16 {
    let words = [stem(before), stem(after)].map(xxh3_64);
    (words[0].rotate_left(1) ^ words[1]) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Numbers<'static> {
        let text = FoldedText::new(text);
        let mut bytes = Vec::new();
        let mut shingler = crate::shingle::Shingler::default();
        let lists = (&mut Vec::new(), &mut Vec::new());
        write(&text, shingler.words(&text), lists, &mut bytes);
        let numbers = Numbers::read(&mut Reader(bytes.leak())).expect("whole");
        assert!(numbers.is_whole());
        numbers
    }

    #[test]
    fn digits_and_words_have_values() {
        let values = |text| numbers(text).values.iter().collect::<Vec<_>>();
        assert_eq!(
            values("وصلت الطائرة الخامسة وعلى متنها ٣٠ طنا عام 2015م"),
            [5, 30, 2015]
        );
        assert_eq!(values("وثلاثة"), [3]);
        assert!(values("خبر عادي عن f16a5b").is_empty());
    }

    #[test]
    fn another_number_in_the_same_place_contradicts() {
        let second = numbers("أعلن المتحدث القبض على 21 شخصا في المنطقة");
        let third = numbers("أعلن المتحدث القبض على 44 شخصا في المنطقة");
        assert_eq!(
            (second.contradictions(&third), second.agreements(&third)),
            (1, 0)
        );
        assert_eq!(
            (second.contradictions(&second), second.agreements(&second)),
            (0, 1)
        );
    }

    #[test]
    fn a_number_that_the_other_text_has_elsewhere_does_not() {
        let one = numbers("القبض على 21 شخصا منهم 44 مقيما هناك");
        let other = numbers("القبض على 44 شخصا منهم 21 مقيما هناك");
        assert_eq!(one.contradictions(&other), 0);
    }
}
