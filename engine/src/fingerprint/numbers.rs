//! The numbers of a text and the words they stand between.
//!
//! Two texts that put different numbers into the same place report different facts: 21 arrests and 44
//! arrests, the second relief flight and the third.

use std::sync::LazyLock;

use foldhash::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::vocabulary::stem;
use crate::{
    codec::{Malformed, Reader, put_varint, put_words},
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

/// The value of each spelling: every word of a text is looked up.
static VALUES: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| {
    let values = SPELLED.iter().zip(1..);
    values
        .flat_map(|(spellings, value)| spellings.iter().map(move |word| (*word, value)))
        .collect()
});

/// At most so many distinct values and places are kept: a table of figures is not read as facts.
const MOST: usize = 64;

/// The numbers of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Hash of the place (the words before and after) and value, for numbers that stand alone; ascending.
    placed: Box<[(u32, u32)]>,
    /// All distinct values, ascending.
    values: Box<[u32]>,
}

impl Numbers {
    pub(super) fn of(text: &FoldedText) -> Self {
        let count = text.tokens().len();
        let (mut placed, mut values) = (Vec::new(), Vec::new());
        let (mut before, mut here) = (None, value_at(text, 0));
        for position in 0..count {
            let after = value_at(text, position + 1);
            if let Some(value) = here {
                values.push(value);
                let alone =
                    before.is_none() && after.is_none() && position > 0 && position + 1 < count;
                if alone && !is_tens(text.word(position + 1)) {
                    placed.push((
                        place(text.word(position - 1), text.word(position + 1)),
                        value,
                    ));
                }
            }
            (before, here) = (here, after);
        }
        Self {
            placed: smallest(placed),
            values: smallest(values),
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_words(out, &self.values);
        put_varint(out, self.placed.len() as u64);
        for (place, value) in &self.placed {
            out.extend_from_slice(&place.to_le_bytes());
            out.extend_from_slice(&value.to_le_bytes());
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let values = reader.words()?;
        let places = reader.count(2 * size_of::<u32>())?;
        let placed: Result<Box<[_]>, _> = (0..places)
            .map(|_| Ok((reader.word()?, reader.word()?)))
            .collect();
        let numbers = Self {
            placed: placed?,
            values,
        };
        match numbers.placed.is_sorted() && numbers.values.is_sorted() {
            true => Ok(numbers),
            false => Err(Malformed("numbers are out of order")),
        }
    }

    /// How many places have one number here and another in `other`, and neither text has the other's
    /// number anywhere.
    pub(crate) fn contradictions(&self, other: &Self) -> usize {
        let contradicts = |&(place, value): &(u32, u32)| {
            let first = other.placed.partition_point(|(theirs, _)| *theirs < place);
            let mut same = other.placed[first..]
                .iter()
                .take_while(|(theirs, _)| *theirs == place);
            !other.has(value) && same.any(|(_, theirs)| !self.has(*theirs))
        };
        self.placed
            .iter()
            .filter(|placed| contradicts(placed))
            .count()
    }

    /// How many values both have.
    pub(crate) fn agreements(&self, other: &Self) -> usize {
        self.values
            .iter()
            .filter(|value| other.has(**value))
            .count()
    }

    fn has(&self, value: u32) -> bool {
        self.values.binary_search(&value).is_ok()
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.placed) + size_of_val(&*self.values)
    }
}

fn smallest<T: Ord>(mut all: Vec<T>) -> Box<[T]> {
    all.sort_unstable();
    all.dedup();
    all.truncate(MOST);
    all.into()
}

fn value_at(text: &FoldedText, position: usize) -> Option<u32> {
    value(text.words(position, position + 1)).filter(|_| position < text.tokens().len())
}

/// The value of a word: digits with at most two letters before and three after (و18, 2015م), or a
/// number up to ten as a word. Of long numbers the lowest bits.
fn value(word: &[u8]) -> Option<u32> {
    let word = std::str::from_utf8(word).ok()?;
    if let Some(start) = word.find(|c: char| c.is_ascii_digit()) {
        let digits = word[start..].bytes().take_while(u8::is_ascii_digit);
        let mut end = start;
        let mut number = 0u64;
        for digit in digits {
            number = number
                .wrapping_mul(10)
                .wrapping_add(u64::from(digit - b'0'));
            end += 1;
        }
        let mut tail = word[end..].chars();
        let short = word[..start].chars().count() <= 2 && tail.clone().count() <= 3;
        return (short && !tail.any(|c| c.is_ascii_digit())).then_some(number as u32);
    }
    let spelled = |word: &str| VALUES.get(word).copied();
    let proclitic = || {
        ["و", "ل", "ب"]
            .iter()
            .find_map(|proclitic| spelled(word.strip_prefix(proclitic)?))
    };
    spelled(word).or_else(proclitic)
}

/// Whether a word makes tens of the number before it: خمسة وعشرين.
fn is_tens(word: &str) -> bool {
    word.starts_with('و') && word.ends_with("ين")
}

fn place(before: &str, after: &str) -> u32 {
    let words = [stem(before), stem(after)].join(" ");
    (xxh3_64(words.as_bytes()) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Numbers {
        Numbers::of(&FoldedText::new(text))
    }

    #[test]
    fn digits_and_words_have_values() {
        let values = |text| numbers(text).values.to_vec();
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
