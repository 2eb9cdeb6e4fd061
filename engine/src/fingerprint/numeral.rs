//! Numerals: which words are numbers, and what numbers that follow each other come to.

use std::sync::LazyLock;

use foldhash::HashMap;

use crate::shingle::word_hash;

/// Numbers as words, folded: cardinal and ordinal, of both genders and all cases.
pub(crate) const SPELLINGS: [(u16, &[&str]); 18] = [
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

/// So many pieces of 64 bits that hardly any other word is taken for a number at first.
const BITS: usize = 256;

/// What the words of [`SPELLINGS`] are, with a proclitic or without.
pub(super) struct Spelled {
    /// (What has the same letters but for the dots, and so the same hash, is no number: ستة is six, سنة a year.)
    values: HashMap<Vec<u16>, u16>,
    /// A bit by the lowest bits of the hash of each, since every word of a text is looked up.
    bits: [u64; BITS],
}

/// Made once.
pub(super) static SPELLED: LazyLock<Spelled> = LazyLock::new(|| {
    let mut spelled = Spelled {
        values: HashMap::default(),
        bits: [0; BITS],
    };
    for (value, spellings) in SPELLINGS {
        for (spelling, proclitic) in spellings
            .iter()
            .flat_map(|spelling| ["", "و", "ل", "ب"].map(|proclitic| (spelling, proclitic)))
        {
            let word = [proclitic, *spelling].concat();
            let word: Vec<u16> = word.encode_utf16().collect();
            let (place, bit) = Spelled::bit(word_hash(&word));
            spelled.bits[place] |= 1 << bit;
            // A word is first what it is without a proclitic.
            if proclitic.is_empty() {
                spelled.values.insert(word, value);
            } else {
                spelled.values.entry(word).or_insert(value);
            }
        }
    }
    spelled
});

impl Spelled {
    fn bit(hash: u64) -> (usize, u32) {
        let bit = (hash % u64::from(u64::BITS)) as u32;
        ((hash / u64::from(u64::BITS)) as usize % BITS, bit)
    }

    /// Whether a word with this [head](crate::text::FoldedText::head) and hash may be a number: one of its first three letters
    /// is a digit, or it is perhaps spelled.
    #[inline(always)]
    pub(super) fn may_be_number(&self, head: u64, hash: u64) -> bool {
        let (place, bit) = Self::bit(hash);
        has_digit(head) | (self.bits[place] >> bit & 1 == 1)
    }
}

/// Letters that may stand before and after the digits of one word.
const MOST_BEFORE: usize = 2;
const MOST_AFTER: usize = 3;

/// Whether one of the first three letters is a digit.
#[inline(always)]
fn has_digit(head: u64) -> bool {
    let is_digit = |bit: u32| is_digit(&((head >> bit) as u16));
    is_digit(0) | is_digit(16) | is_digit(32)
}

/// A word that is a number, of which the lowest bits are its value.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Spelled(u16),
    /// With how many digits.
    Digits(u16, usize),
}

impl Number {
    /// Digits with at most two letters before and three after (و18, 2015م), or one of [`SPELLINGS`].
    pub(super) fn read(word: &[u16], spelled: &Spelled) -> Option<Self> {
        let mut before = word.iter().take(MOST_BEFORE + 1);
        if let Some(start) = before.position(is_digit) {
            return Self::of_digits(&word[start..]);
        }
        spelled.values.get(word).copied().map(Self::Spelled)
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

/// Numbers that follow each other at once, which stand in one place: خمسة وعشرون, 1,500, 0.5, 10-30.
pub(super) struct Numeral {
    /// The position of its first word, and one past its last.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where its values begin.
    pub(super) values: usize,
    last: Number,
}

impl Numeral {
    /// One of a single number so far.
    pub(super) fn new(position: usize, number: Number, values: &mut Vec<u32>) -> Self {
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
    pub(super) fn go_on(&mut self, number: Number, values: &mut Vec<u32>) {
        let value = number.value();
        let factor = match (self.last, number) {
            (Number::Spelled(_), Number::Spelled(_)) => Some(1),
            (Number::Digits(..), Number::Digits(_, 3)) => Some(1000),
            _ => None,
        };
        match (factor, values.last_mut()) {
            (Some(factor), Some(last)) => {
                let whole = (*last as u16).wrapping_mul(factor).wrapping_add(value);
                *last = whole.into();
            }
            _ => values.push(value.into()),
        }
        self.end += 1;
        self.last = number;
    }
}
