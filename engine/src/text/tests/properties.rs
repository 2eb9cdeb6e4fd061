//! What holds for every text.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::{FoldedText, fold, oracle};
use crate::text::blocks;

/// Arabic text as it comes: letters of all kinds, marks, digits, punctuation, a little Latin.
fn arabic() -> impl Strategy<Value = String> {
    proptest::string::string_regex(
        "[\u{621}-\u{63a}\u{641}-\u{64a}\u{64b}-\u{655}\u{660}-\u{669}\u{6f0}-\u{6f9}\u{640}\u{670}\u{671}\u{6a9}\u{6cc}\u{6c0}\u{67e}\u{6af}،؛؟«» \n0-9a-zA-Z\u{200c}\u{200f}\u{a0}\u{fef5}-\u{fefc}\u{fdfa}.]{0,80}",
    )
    .expect("a valid pattern")
}

/// Texts of any characters, with those that compose and decompose oversampled.
fn any_text() -> impl Strategy<Value = String> {
    let c = prop_oneof![
        any::<char>(),
        proptest::char::range('\u{600}', '\u{6ff}'),
        proptest::char::range('\u{fb50}', '\u{feff}'),
        proptest::char::range('\u{300}', '\u{36f}'),
        proptest::char::range('\u{1100}', '\u{11ff}'),
        proptest::char::range('\u{c0}', '\u{17f}'),
        proptest::char::range(' ', '~'),
    ];
    proptest::collection::vec(c, 0..40).prop_map(String::from_iter)
}

/// Puts `marks` into `text` after the characters that `places` choose.
fn sprinkle(text: &str, marks: &[char], places: &[u8]) -> String {
    let mut out = String::new();
    for (c, place) in text.chars().zip(places.iter().cycle()) {
        out.push(c);
        if let Some(mark) = marks.get(usize::from(*place)) {
            out.push(*mark);
        }
    }
    out
}

/// Of several sizes, so that what has to be looked at by itself stands in and between blocks, and not in each.
fn long() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => "[ا-ي]{1,9} ".prop_map(String::from),
        2 => arabic(),
        1 => any_text(),
        1 => "[ا-يً-ٰـ\u{200f}“”«»…,.\n]{0,99}".prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn blocks_fold_as_characters_do(text in long()) {
        // Then half of it in the room of the whole text.
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        for way in blocks::ways() {
            let (mut by_blocks, mut by_characters) = (FoldedText::default(), FoldedText::default());
            for text in [&text, &half] {
                by_blocks.fold_as(text, Some(way));
                by_characters.fold_as(text, None);
                prop_assert_eq!(by_blocks.units(), by_characters.units());
                prop_assert_eq!(by_blocks.tokens(), by_characters.tokens());
                prop_assert_eq!(by_blocks.polynomials(), by_characters.polynomials());
            }
        }
    }

    #[test]
    fn folding_is_idempotent(text in any_text()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn folding_agrees_with_the_oracle(text in prop_oneof![arabic(), any_text()]) {
        let folded = fold(&text);
        let words: Vec<_> = folded.split_ascii_whitespace().collect();
        prop_assert_eq!(words, oracle::fold(&text));
    }

    #[test]
    fn folded_text_is_words_and_single_spaces(text in any_text()) {
        let folded = FoldedText::new(&text);
        let words: Vec<_> = (0..folded.tokens().len()).map(|n| String::from_utf16_lossy(folded.word(n))).collect();
        prop_assert!(words.iter().all(|word| !word.is_empty() && word.chars().all(char::is_alphanumeric)));
        prop_assert_eq!(folded.text(), words.join(" "));
        let mut places = folded.tokens().iter().map(|token| token.start as usize..token.end as usize);
        prop_assert!(places.all(|place| text.get(place).is_some_and(|word| !word.is_empty())));
        prop_assert!(folded.tokens().is_sorted_by_key(|token| token.start));
    }

    #[test]
    fn marks_change_nothing(text in arabic(), places in proptest::collection::vec(any::<u8>(), 1..50)) {
        const MARKS: &str = "\u{64b}\u{64c}\u{64d}\u{64e}\u{64f}\u{650}\u{651}\u{652}\u{653}\u{654}\u{655}\u{670}\u{640}\u{200c}\u{200d}\u{200e}\u{200f}\u{61c}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{2060}\u{feff}\u{ad}";
        let marks: Vec<char> = MARKS.chars().collect();
        prop_assert_eq!(fold(&sprinkle(&text, &marks, &places)), fold(&text));
    }

    #[test]
    fn kinds_of_digits_change_nothing(text in arabic(), zero in prop_oneof![Just('٠'), Just('۰')]) {
        let other: String = text
            .chars()
            .map(|c| match c.to_digit(10) {
                Some(digit) => char::from_u32(u32::from(zero) + digit).expect("a digit"),
                None => c,
            })
            .collect();
        prop_assert_eq!(fold(&other), fold(&text));
    }

    #[test]
    fn presentation_forms_change_nothing(text in arabic(), choice in any::<u8>()) {
        // Every form of one letter in FE80-FEFC, by the letter it decomposes to.
        let forms = |letter: char| -> Vec<char> {
            ('\u{fe80}'..='\u{fefc}').filter(|form| form.nfkc().eq([letter])).collect()
        };
        let other: String = text
            .chars()
            .map(|c| {
                let forms = forms(c);
                forms.get(usize::from(choice) % forms.len().max(1)).copied().unwrap_or(c)
            })
            .collect();
        prop_assert_eq!(fold(&other), fold(&text));
    }

    #[test]
    fn a_used_value_folds_like_a_new_one(first in any_text(), second in any_text()) {
        let mut used = FoldedText::new(&first);
        used.fold(&second);
        let new = FoldedText::new(&second);
        prop_assert_eq!(used.text(), new.text());
        prop_assert_eq!(used.tokens(), new.tokens());
        prop_assert_eq!(used.polynomials(), new.polynomials());
    }
}
