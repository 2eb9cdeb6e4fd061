//! The numbers of a text and the words they stand between.
//!
//! Two texts that put different numbers into the same place report different facts: 21 arrests and 44
//! arrests, the second relief flight and the third.
//!
//! A place is the word before and the word after, which is mostly what is counted. In Arabic the form of that depends on
//! the number: a plural after three to ten, the accusative after eleven to ninety-nine, the bare word after a hundred (5
//! مهندسين, 50 مهندسا, 500 مهندس). So a place knows it without these endings. (Wright, "A Grammar of the Arabic Language",
//! 3rd edition, volume 1, 318 to 328.)

use std::sync::LazyLock;

use foldhash::HashMap;

use super::{
    elias_fano::{self, EliasFano},
    stems::{Stems, stem},
};
use crate::{
    codec::{Malformed, Reader},
    shingle::{BLOCK, word_hash},
    text::FoldedText,
    wide::{Work, run_wide},
};

/// Numbers as words, folded: cardinal and ordinal, of both genders and all cases.
pub(crate) const SPELLED: [(u16, &[&str]); 18] = [
    (
        1,
        &[
            "واحد",
            "واحده",
            "الاول",
            "الاولي",
            "اولي",
            "حادي",
            "حاديه",
            "الحادي",
            "الحاديه",
        ],
    ),
    (
        2,
        &[
            "اثنين",
            "اثنان",
            "اثنتين",
            "اثنتان",
            "اثنا",
            "اثني",
            "اثنتا",
            "اثنتي",
            "الثاني",
            "الثانيه",
            "ثاني",
            "ثانيه",
        ],
    ),
    (3, &["ثلاث", "ثلاثه", "الثالث", "الثالثه", "ثالث", "ثالثه"]),
    (4, &["اربع", "اربعه", "الرابع", "الرابعه", "رابع", "رابعه"]),
    (5, &["خمس", "خمسه", "الخامس", "الخامسه", "خامس", "خامسه"]),
    (6, &["ست", "سته", "السادس", "السادسه", "سادس", "سادسه"]),
    (7, &["سبع", "سبعه", "السابع", "السابعه", "سابع", "سابعه"]),
    (
        8,
        &[
            "ثمان",
            "ثماني",
            "ثمانيه",
            "الثامن",
            "الثامنه",
            "ثامن",
            "ثامنه",
        ],
    ),
    (9, &["تسع", "تسعه", "التاسع", "التاسعه", "تاسع", "تاسعه"]),
    (10, &["عشر", "عشره", "العاشر", "العاشره", "عاشر", "عاشره"]),
    (20, &["عشرون", "عشرين", "العشرون", "العشرين"]),
    (30, &["ثلاثون", "ثلاثين", "الثلاثون", "الثلاثين"]),
    (40, &["اربعون", "اربعين", "الاربعون", "الاربعين"]),
    (50, &["خمسون", "خمسين", "الخمسون", "الخمسين"]),
    (60, &["ستون", "ستين", "الستون", "الستين"]),
    (70, &["سبعون", "سبعين", "السبعون", "السبعين"]),
    (80, &["ثمانون", "ثمانين", "الثمانون", "الثمانين"]),
    (90, &["تسعون", "تسعين", "التسعون", "التسعين"]),
];

type Values = HashMap<Vec<u16>, u16>;

/// The value of each spelling, with a proclitic or without; and a bit by the lowest bits of their hashes, since every word
/// of a text is looked up. (What has the same letters but for the dots, and so the same hash, is no number: ستة is
/// six, سنة a year.)
static VALUES: LazyLock<(Values, Bits)> = LazyLock::new(|| {
    let mut values = HashMap::default();
    let mut bits = [0; BITS];
    for (value, spellings) in SPELLED {
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
    /// Hash of the place and value, for numbers that stand between two words.
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

    /// Place and value of those that stand between two words.
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
    let mut place = |numeral: &Numeral, values: &[u32]| {
        if numeral.start > 0 && numeral.end < words.len() {
            let before = stems.hashes[numeral.start - 1];
            let place = u32::from(place(before, counted(text.word(numeral.end))));
            let values = values[numeral.values..].iter();
            placed.extend(values.map(|value| place << 16 | value));
        }
    };
    let mut last: Option<Numeral> = None;
    let (spelled, bits) = &*VALUES;
    run_wide(Candidates {
        heads: &stems.heads,
        words,
        bits,
        each: |position| {
            let Some(number) = Number::read(text.word(position), spelled) else {
                return;
            };
            if let Some(numeral) = last.as_mut().filter(|numeral| numeral.end == position) {
                numeral.go_on(number, values);
                return;
            }
            if let Some(numeral) = last.replace(Numeral::new(position, number, values)) {
                place(&numeral, &values[..values.len() - 1]);
            }
        },
    });
    if let Some(numeral) = last {
        place(&numeral, values);
    }
    for found in [placed, values] {
        found.sort_unstable();
        found.dedup();
        found.truncate(MOST);
        elias_fano::write(found, out);
    }
}

/// Numbers that follow each other at once, which stand in one place: خمسة وعشرون, 1,500, 0.5, 10-30.
struct Numeral {
    /// The position of its first word, and one past its last.
    start: usize,
    end: usize,
    /// Where its values begin.
    values: usize,
    last: Number,
}

impl Numeral {
    /// One of a single number so far.
    fn new(position: usize, number: Number, values: &mut Vec<u32>) -> Self {
        values.push(number.value().into());
        Self {
            start: position,
            end: position + 1,
            values: values.len() - 1,
            last: number,
        }
    }

    /// Another number follows: spelled ones add up, a group of three digits goes on with the digits before, and anything
    /// else is a value by itself, such as the two sides of a point, which some outlets turn round.
    fn go_on(&mut self, number: Number, values: &mut Vec<u32>) {
        let value = number.value();
        let whole = |last: u16| match (self.last, number) {
            (Number::Spelled(_), Number::Spelled(_)) => Some(last.wrapping_add(value)),
            (Number::Digits(..), Number::Digits(_, 3)) => {
                Some(last.wrapping_mul(1000).wrapping_add(value))
            }
            _ => None,
        };
        match values
            .last_mut()
            .and_then(|last| Some((whole(*last as u16)?, last)))
        {
            Some((whole, last)) => *last = whole.into(),
            None => values.push(value.into()),
        }
        self.end += 1;
        self.last = number;
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

/// A word that is a number, of which the lowest bits are its value.
#[derive(Clone, Copy)]
enum Number {
    Spelled(u16),
    /// With how many digits.
    Digits(u16, usize),
}

impl Number {
    /// Digits with at most two letters before and three after (و18, 2015م), or one of the [spelled](SPELLED).
    fn read(word: &[u16], spelled: &Values) -> Option<Self> {
        let mut before = word.iter().take(MOST_BEFORE + 1);
        if let Some(start) = before.position(is_digit) {
            return Self::of_digits(&word[start..]);
        }
        spelled.get(word).copied().map(Self::Spelled)
    }

    fn of_digits(word: &[u16]) -> Option<Self> {
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
        alone.then(|| Self::Digits(digits.iter().fold(0, add), digits.len()))
    }

    fn value(self) -> u16 {
        match self {
            Self::Spelled(value) | Self::Digits(value, _) => value,
        }
    }
}

#[inline(always)]
fn is_digit(unit: &u16) -> bool {
    (u16::from(b'0')..=u16::from(b'9')).contains(unit)
}

/// Endings that what is counted has by the number: the accusative, and the plurals and the feminine.
pub(crate) const COUNTED_ENDINGS: [&str; 5] = ["ا", "ات", "ه", "ون", "ين"];

/// Letters that must be left of what is counted (طن).
const LEAST_COUNTED: usize = 2;

/// The hash of a word that stands behind a number: of its stem, without the ending that the number gives it.
fn counted(word: &[u16]) -> u64 {
    let stem = stem(word);
    let without = |ending: &&str| {
        let mut left = stem;
        for letter in ending.chars().rev() {
            left = left.strip_suffix(&[letter as u16])?;
        }
        (left.len() >= LEAST_COUNTED).then_some(left)
    };
    word_hash(COUNTED_ENDINGS.iter().find_map(without).unwrap_or(stem))
}

/// Of the hashes of what stands around.
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
    fn numbers_that_follow_each_other_are_one_numeral() {
        let values = |text| numbers(text).values.iter().collect::<Vec<_>>();
        assert_eq!(values("الطائرة الخامسة والعشرون"), [25]);
        assert_eq!(values("الحادية عشرة ثم الثانية عشرة ثم اثني عشر"), [11, 12]);
        assert_eq!(values("بلغ 1,500 ريال"), values("بلغ 1500 ريال"));
        assert_eq!(values("عند 54.92 دولارا"), values("عند 92.54 دولارا"));
        let placed = |text| numbers(text).placed().collect::<Vec<_>>();
        assert_eq!(placed("عند 1,500 نقطة"), placed("عند 1500 نقطة"));
        assert_eq!(placed("عند 54.92 دولارا").len(), 2);
        assert!(placed("54.92 دولارا").is_empty() && placed("عند 54.92").is_empty());
    }

    #[test]
    fn what_is_counted_stands_in_one_place_whatever_its_number_makes_of_it() {
        let place = |text| numbers(text).placed().map(|(place, _)| place).next();
        for (one, other) in [
            ("لـ 140 طالبًا هنا", "لـ 100 طالب هناك"),
            ("وصول 5 مهندسين", "وصول 500 مهندس"),
            ("مع 5 طائرات", "مع 50 طائرة"),
            ("نحو 30 طنا", "نحو 100 طن"),
        ] {
            assert_eq!(place(one), place(other), "{one} {other}");
        }
        assert_ne!(place("وصول 5 مهندسين"), place("وصول 5 طيارين"));
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
