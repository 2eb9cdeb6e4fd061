//! The content of a text, from its words as strings.

use std::collections::{BTreeMap, BTreeSet};

use super::{hash, hashes, shingles};
use crate::fingerprint::{COUNTED_ENDINGS, Content, SPELLINGS, Word};

/// What a content holds, as lists.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// Number of distinct runs of three words.
    shingles: usize,
    /// The smallest of their hashes.
    sketch: Vec<u32>,
    /// Key, count and whether the title has it, of each stem.
    words: Vec<(u16, u32, bool)>,
    /// Place and value.
    placed: Vec<(u16, u16)>,
    values: Vec<u16>,
}

impl From<Content<'_>> for Held {
    fn from(content: Content<'_>) -> Self {
        let word = |word: Word| (word.key, word.count, word.in_title);
        Self {
            shingles: content.sketch.shingles() as usize,
            sketch: content.sketch.hashes().collect(),
            words: content.vocabulary.words().map(word).collect(),
            placed: content.numbers.placed().collect(),
            values: content.numbers.values().collect(),
        }
    }
}

/// The content of a text and its title, of which these are the folded words.
pub(crate) fn content(title: &[String], text: &[String]) -> Held {
    let all: BTreeSet<u32> = shingles(&hashes(text), 3)
        .into_iter()
        .map(|hash| (hash >> 32) as u32)
        .collect();
    let below = all.iter().filter(|hash| **hash < u32::MAX / 8).count();
    let (placed, values) = numbers(text);
    Held {
        shingles: all.len(),
        sketch: all.into_iter().take(below.max(48)).collect(),
        words: vocabulary(title, text),
        placed,
        values,
    }
}

fn vocabulary(title: &[String], text: &[String]) -> Vec<(u16, u32, bool)> {
    let mut words = BTreeMap::<u16, (u32, bool)>::new();
    for key in keys(text) {
        words.entry(key).or_default().0 += 1;
    }
    for key in keys(title) {
        words.entry(key).or_default().1 = true;
    }
    let words = words.into_iter();
    words
        .map(|(key, (count, in_title))| (key, count.min(3), in_title))
        .collect()
}

/// The keys of a text's stems; a name in two words has one.
fn keys(words: &[String]) -> Vec<u16> {
    let mut keys = Vec::new();
    let mut rest = words;
    while let [word, after @ ..] = rest {
        let mut whole = word.clone();
        rest = after;
        if let ("عبد" | "ابو", [name, after @ ..]) = (word.as_str(), after) {
            whole.push_str(name);
            rest = after;
        }
        keys.push((hash(stem(&whole)) >> 48) as u16);
    }
    keys
}

/// A word without the first of these that it begins with, if three letters are left.
fn stem(word: &str) -> &str {
    let proclitics = [
        "وال", "بال", "فال", "كال", "ولل", "لل", "ال", "و", "ب", "ل", "ف",
    ];
    let mut left = proclitics.iter().filter_map(|it| word.strip_prefix(it));
    left.find(|left| left.encode_utf16().count() >= 3)
        .unwrap_or(word)
}

/// The numbers that stand between two words, with their places; and all.
fn numbers(words: &[String]) -> (Vec<(u16, u16)>, Vec<u16>) {
    let (mut placed, mut all) = (BTreeSet::new(), BTreeSet::new());
    let mut from = 0;
    while from < words.len() {
        let numeral: Vec<_> = words[from..]
            .iter()
            .map_while(|word| number(word))
            .collect();
        let end = from + numeral.len();
        let values = values(&numeral);
        if let (Some(before), Some(after)) = (from.checked_sub(1), words.get(end)) {
            let place = hash(stem(&words[before])).rotate_left(1) ^ hash(counted(after));
            placed.extend(values.iter().map(|value| (place as u16, *value)));
        }
        all.extend(values);
        from = end + 1;
    }
    (
        placed.into_iter().take(64).collect(),
        all.into_iter().take(64).collect(),
    )
}

/// The values of numbers that follow each other, each of which is given with the number of its digits, 0 if it is spelled.
fn values(numeral: &[(u16, usize)]) -> Vec<u16> {
    let mut values: Vec<u16> = Vec::new();
    let mut before = None;
    for (value, digits) in numeral {
        match (before, digits, values.last_mut()) {
            (Some(0), 0, Some(last)) => *last = last.wrapping_add(*value),
            (Some(1..), 3, Some(last)) => *last = last.wrapping_mul(1000).wrapping_add(*value),
            _ => values.push(*value),
        }
        before = Some(*digits);
    }
    values
}

/// The stem of a word that stands behind a number, without one of these endings if two letters are left.
fn counted(word: &str) -> &str {
    let stem = stem(word);
    let mut left = COUNTED_ENDINGS
        .iter()
        .filter_map(|it| stem.strip_suffix(it));
    left.find(|left| left.encode_utf16().count() >= 2)
        .unwrap_or(stem)
}

/// Digits, two units at most before them and three after, and how many; or spelled, with a proclitic or without.
fn number(word: &str) -> Option<(u16, usize)> {
    let digit = |c: char| c.to_digit(10).filter(|_| c.is_ascii());
    let units = |text: &str| text.encode_utf16().count();
    if let Some(start) = word.find(|c| digit(c).is_some())
        && units(&word[..start]) <= 2
    {
        let after = word[start..].trim_start_matches(|c| digit(c).is_some());
        let digits = &word[start..word.len() - after.len()];
        let is_number = units(after) <= 3 && !after.contains(|c| digit(c).is_some());
        let decimal = digits.chars().filter_map(digit);
        let value = decimal.fold(0u16, |value, digit| {
            value.wrapping_mul(10).wrapping_add(digit as u16)
        });
        return is_number.then_some((value, digits.len()));
    }
    let spelled = |word: &str| {
        let is_spelled = |(_, spellings): &(u16, &[&str])| spellings.contains(&word);
        SPELLINGS.into_iter().find(is_spelled)
    };
    let without = ['و', 'ل', 'ب'].map(|proclitic| word.strip_prefix(proclitic));
    let found = spelled(word).or_else(|| without.into_iter().flatten().find_map(spelled));
    found.map(|(value, _)| (value, 0))
}
