//! The numbers of a text and the words they stand between.
//!
//! Two texts that put different numbers into the same place report different facts: 21 arrests and 44
//! arrests, the second relief flight and the third.
//!
//! A place is the word before and the word after, which is mostly what is counted. In Arabic the form of that depends on
//! the number: a plural after three to ten, the accusative after eleven to ninety-nine, the bare word after a hundred (5
//! مهندسين, 50 مهندسا, 500 مهندس). So a place knows it without these endings. (W. Wright, "A Grammar of the Arabic
//! Language", on the numerals.)

use super::{
    elias_fano::{self, EliasFano},
    numeral::{Number, Numeral, SPELLED, Spelled},
    stems::{Stems, stem},
};
use crate::{
    codec::{Malformed, Reader},
    shingle::{BLOCK, word_hash},
    text::FoldedText,
    wide::{Wide, Work, run_wide},
};

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
    let spelled = &*SPELLED;
    run_wide(Candidates {
        heads: &stems.heads,
        words,
        spelled,
        each: |position| {
            let Some(number) = Number::read(text.word(position), spelled) else {
                return;
            };
            if let Some(numeral) = last.as_mut().filter(|numeral| numeral.end == position) {
                numeral.go_on(number, values);
                return;
            }
            if let Some(numeral) = &last {
                place(numeral, values);
            }
            last = Some(Numeral::new(position, number, values));
        },
    });
    if let Some(numeral) = &last {
        place(numeral, values);
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
    spelled: &'a Spelled,
    /// What is done with the position of each.
    each: F,
}

impl<F: FnMut(usize)> Work for Candidates<'_, F> {
    #[inline(always)]
    fn run(mut self, _: impl Wide) {
        let blocks = self.heads.chunks(BLOCK).zip(self.words.chunks(BLOCK));
        for (block, (heads, words)) in blocks.enumerate() {
            // Looked at without a branch, since nearly every word is none. (Of a short word more is looked at than its letters.)
            let mut found = 0u64;
            for (place, (head, hash)) in heads.iter().zip(words).enumerate() {
                found |= u64::from(self.spelled.may_be_number(*head, *hash)) << place;
            }
            while found != 0 {
                (self.each)(block * BLOCK + found.trailing_zeros() as usize);
                found &= found - 1;
            }
        }
    }
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
        assert_eq!(values("عند 12.34 دولارا"), values("عند 34.12 دولارا"));
        let placed = |text| numbers(text).placed().collect::<Vec<_>>();
        assert_eq!(placed("عند 1,500 نقطة"), placed("عند 1500 نقطة"));
        assert_eq!(placed("عند 12.34 دولارا").len(), 2);
        assert!(placed("12.34 دولارا").is_empty() && placed("عند 12.34").is_empty());
    }

    #[test]
    fn what_is_counted_stands_in_one_place_whatever_its_number_makes_of_it() {
        let place = |text| numbers(text).placed().map(|(place, _)| place).next();
        for (one, other) in [
            ("لـ 120 طالبًا هنا", "لـ 200 طالب هناك"),
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
