//! The numbers of a text and the words they stand between.
//!
//! Two texts that put different numbers into the same place report different facts: 21 arrests and 44
//! arrests, the second relief flight and the third.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::{
    elias_fano::{self, EliasFano},
    stems::Stems,
};
use crate::{
    codec::{Malformed, Reader},
    shingle::{BLOCK, word_hash},
    text::FoldedText,
    wide::{Work, run_wide},
};

/// Numbers up to ten as words, folded: cardinal and ordinal, of both genders.
pub(crate) const SPELLED: [&[&str]; 10] = [
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

type Values = HashMap<Vec<u16>, u16>;

/// The value of each spelling, with a proclitic or without; and a bit by the lowest bits of their hashes, since every word
/// of a text is looked up. (What has the same letters but for the dots, and so the same hash, is no number: ستة is
/// six, سنة a year.)
static VALUES: LazyLock<(Values, Bits)> = LazyLock::new(|| {
    let mut values = HashMap::default();
    let mut bits = [0; BITS];
    for (spellings, value) in SPELLED.iter().zip(1..) {
        for (spelling, proclitic) in spellings
            .iter()
            .flat_map(|spelling| ["", "و", "ل", "ب"].map(|proclitic| (spelling, proclitic)))
        {
            let word = [proclitic, *spelling].concat();
            let word: Vec<u16> = word.encode_utf16().collect();
            let hash = word_hash(&word);
            bits[place_in_bits(hash)] |= 1 << (hash % u64::from(u64::BITS));
            // A word is first what it is without a proclitic.
            if proclitic.is_empty() {
                values.insert(word, value);
            } else {
                values.entry(word).or_insert(value);
            }
        }
    }
    (values, bits)
});

/// So many that hardly any other word is taken for a number at first.
const BITS: usize = 256;
type Bits = [u64; BITS];

fn place_in_bits(hash: u64) -> usize {
    (hash / u64::from(u64::BITS)) as usize % BITS
}

/// Letters that may stand before and after the digits of one word.
const MOST_BEFORE: usize = 2;
const MOST_AFTER: usize = 3;

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
    /// Reads what [`write()`] has written.
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
        self.values().filter(|value| other.has(*value)).count()
    }

    /// Place and value of those that stand alone between two words.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (u16, u16)> + use<'a> {
        let placed = self.placed.iter();
        placed.map(|placed| ((placed >> 16) as u16, placed as u16))
    }

    fn has(&self, value: u16) -> bool {
        self.values().any(|other| other == value)
    }

    /// All distinct values, ascending.
    pub(crate) fn values(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.values.iter().map(|value| value as u16)
    }
}

/// Appends the numbers of a text, given with the hashes of its words and its stems; the two lists are memory to work in.
pub(super) fn write(
    (text, words, stems): (&FoldedText, &[u64], &Stems),
    (placed, values): (&mut Vec<u32>, &mut Vec<u32>),
    out: &mut Vec<u8>,
) {
    placed.clear();
    values.clear();
    // Where the last number stood, and whether it may be placed if no other follows it at once.
    let mut last: Option<(usize, u16, bool)> = None;
    let mut place = |(position, value, is_alone): (usize, u16, bool), next: usize| {
        let between = position > 0 && position + 1 < words.len();
        if is_alone && between && next > position + 1 && !is_tens(text.word(position + 1)) {
            let place = place(stems.hashes[position - 1], stems.hashes[position + 1]);
            placed.push(u32::from(place) << 16 | u32::from(value));
        }
    };
    let (spelled, bits) = &*VALUES;
    run_wide(Candidates {
        heads: &stems.heads,
        words,
        bits,
        each: |position| {
            if let Some(value) = value(text.word(position), spelled) {
                values.push(u32::from(value));
                let follows = last.is_some_and(|(last, ..)| last + 1 == position);
                if let Some(last) = last.replace((position, value, !follows)) {
                    place(last, position);
                }
            }
        },
    });
    if let Some(last) = last {
        place(last, words.len());
    }
    for found in [placed, values] {
        found.sort_unstable();
        found.dedup();
        found.truncate(MOST);
        elias_fano::write(found, out);
    }
}

/// Words that may be numbers, with their heads and hashes.
struct Candidates<'a, F> {
    heads: &'a [u64],
    words: &'a [u64],
    bits: &'a Bits,
    /// What is done with the position of each.
    each: F,
}

impl<F: FnMut(usize)> Work for Candidates<'_, F> {
    #[inline(always)]
    fn run(mut self) {
        let blocks = self.heads.chunks(BLOCK).zip(self.words.chunks(BLOCK));
        for (block, (heads, words)) in blocks.enumerate() {
            // Looked at without a branch, since nearly every word is none. (Of a short word more is looked at than its letters.)
            let mut found = 0u64;
            for (place, (head, hash)) in heads.iter().zip(words).enumerate() {
                let is_spelled = self.bits[place_in_bits(*hash)] >> (hash % u64::from(u64::BITS));
                found |= (u64::from(has_digit(*head)) | is_spelled & 1) << place;
            }
            while found != 0 {
                (self.each)(block * BLOCK + found.trailing_zeros() as usize);
                found &= found - 1;
            }
        }
    }
}

/// Whether one of the first three letters is a digit.
#[inline(always)]
fn has_digit(head: u64) -> bool {
    let is_digit = |bit: u32| is_digit(&((head >> bit) as u16));
    is_digit(0) | is_digit(16) | is_digit(32)
}

/// The value of a word: digits with at most two letters before and three after (و18, 2015م), or a
/// number up to ten as a word. Of long numbers the lowest bits.
fn value(word: &[u16], spelled: &Values) -> Option<u16> {
    let before = word.iter().take(MOST_BEFORE + 1);
    if let Some(start) = before.clone().position(is_digit) {
        return written_in_digits(&word[start..]);
    }
    spelled.get(word).copied()
}

fn written_in_digits(word: &[u16]) -> Option<u16> {
    let end = word
        .iter()
        .position(|unit| !is_digit(unit))
        .unwrap_or(word.len());
    let (digits, after) = word.split_at(end);
    let add = |number: u16, digit: &u16| {
        number
            .wrapping_mul(10)
            .wrapping_add(digit - u16::from(b'0'))
    };
    let alone = after.len() <= MOST_AFTER && !after.iter().any(is_digit);
    alone.then(|| digits.iter().fold(0, add))
}

#[inline(always)]
fn is_digit(unit: &u16) -> bool {
    (u16::from(b'0')..=u16::from(b'9')).contains(unit)
}

/// Whether a word makes tens of the number before it: خمسة وعشرين.
fn is_tens(word: &[u16]) -> bool {
    let is = |unit: Option<&u16>, letter: char| unit.copied() == Some(letter as u16);
    is(word.first(), 'و') && is(word.get(word.len().wrapping_sub(2)), 'ي') && is(word.last(), 'ن')
}

/// Of the hashes of the stems around.
fn place(before: u64, after: u64) -> u16 {
    (before.rotate_left(1) ^ after) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Numbers<'static> {
        let text = FoldedText::new(text);
        let mut bytes = Vec::new();
        let mut shingler = crate::shingle::Shingler::default();
        let lists = (&mut Vec::new(), &mut Vec::new());
        let mut stems = Stems::default();
        stems.find(&text);
        write((&text, shingler.words(&text), &stems), lists, &mut bytes);
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
        // The same but for a dot: six and a year.
        assert_eq!(values("ستة في سنة"), [6]);
        // Nothing stands behind the last word, which takes all the room that there is.
        assert_eq!(values("ﷺ ５"), [5]);
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
