//! Every row of the folding table.

use super::{FoldedText, fold};

/// Each text folds to the words beside it.
fn assert_folds(rows: &[(&str, &str)]) {
    for (text, words) in rows {
        assert_eq!(fold(text), *words, "{text} ({})", text.escape_unicode());
    }
}

#[test]
fn alef_forms_are_alef() {
    assert_folds(&[
        ("أإآا", "اااا"),
        ("ٱلله", "الله"),
        ("أحمد إلى آخر", "احمد الي اخر"),
    ]);
}

#[test]
fn alef_maksura_is_ya_and_ta_marbuta_is_ha() {
    assert_folds(&[("مصطفى", "مصطفي"), ("مدرسة", "مدرسه")]);
}

#[test]
fn hamza_on_a_seat_is_the_seat_and_alone_stays() {
    assert_folds(&[("مسؤول", "مسوول"), ("مسئول", "مسيول"), ("سماء", "سماء")]);
}

#[test]
fn combining_madda_and_hamza_compose_before_they_go() {
    assert_folds(&[
        ("ا\u{653}خر", "اخر"),
        ("ا\u{654}حمد ا\u{655}لي", "احمد الي"),
        ("مسو\u{654}ول", "مسوول"),
        // Neither of these composes to ئ under NFC.
        ("مسى\u{654}ول مسی\u{654}ول", "مسيول مسيول"),
    ]);
}

#[test]
fn tatweel_tashkeel_and_koranic_marks_vanish() {
    assert_folds(&[
        ("العـــربية", "العربيه"),
        ("مُحَمَّدٌ رَسُولٌ", "محمد رسول"),
        ("الرحم\u{670}ن", "الرحمن"),
        ("قال\u{6d6} نعم\u{610} لا\u{6ed}", "قال نعم لا"),
    ]);
}

#[test]
fn persian_and_urdu_keyboards_write_the_same_letters() {
    assert_folds(&[("علی", "علي"), ("کتاب", "كتاب"), ("ہو ۀ ۂ", "هو ه ه")]);
}

#[test]
fn letters_foreign_to_arabic_stay() {
    assert_folds(&[("پ چ ڤ گ", "پ چ ڤ گ")]);
}

#[test]
fn presentation_forms_are_their_letters() {
    assert_folds(&[
        ("\u{fee3}\u{fea4}\u{fee4}\u{feaa}", "محمد"),
        ("ﻻ ﻷ ﻹ ﻵ", "لا لا لا لا"),
        ("ﷲ", "الله"),
        ("\u{fb8e}", "ك"),
        // NFKC would put a space, a tatweel, a Farsi yeh here.
        ("م\u{fe76}ن م\u{fe77}ن م\u{fc60}ن", "من من من"),
        ("ﷺ", "صلي الله عليه وسلم"),
        ("محمدﷺ", "محمد صلي الله عليه وسلم"),
        ("﷼", "ريال"),
        ("﷽", "بسم الله الرحمن الرحيم"),
        ("﴿قل﴾", "قل"),
    ]);
}

#[test]
fn digits_are_ascii() {
    assert_folds(&[
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),
        ("2015م", "2015م"),
    ]);
}

#[test]
fn punctuation_separates() {
    assert_folds(&[
        ("قال،ثم؛هل؟نعم٪كذا۔", "قال ثم هل نعم كذا"),
        ("«نعم»“لا”", "نعم لا"),
        ("#الرياض_اليوم", "الرياض اليوم"),
        ("3.5 1٬000", "3 5 1 000"),
        ("...", ""),
    ]);
}

#[test]
fn invisible_marks_vanish_and_odd_spaces_separate() {
    for mark in "\u{200c}\u{200d}\u{200e}\u{200f}\u{61c}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{2060}\u{feff}\u{ad}".chars() {
        assert_eq!(fold(&format!("مح{mark}مد")), "محمد", "{}", mark.escape_unicode());
    }
    for space in "\u{200b}\u{a0}\u{2028}\u{2029}\u{3000}\t\n".chars() {
        assert_eq!(
            fold(&format!("مح{space}مد")),
            "مح مد",
            "{}",
            space.escape_unicode()
        );
    }
}

#[test]
fn latin_is_lower_case_in_normal_form() {
    assert_folds(&[
        ("BBC عربي", "bbc عربي"),
        ("CAFE\u{301} Café", "café café"),
        ("ＡＢＣ　１２", "abc 12"),
        ("½ ℃", "1 2 c"),
        ("İstanbul", "istanbul"),
    ]);
}

/// Trafilatura's `sample_tokens` keeps only tokens that are wholly alphanumeric, so that a vocalised
/// sentence has none and hashes as the empty text.
#[test]
fn a_vocalised_sentence_keeps_its_words() {
    assert_folds(&[("ذَهَبَ الطَّالِبُ إِلَى المَدْرَسَةِ", "ذهب الطالب الي المدرسه")]);
}

/// Nutch's `TextProfileSignature` ends a word at every haraka.
#[test]
fn a_haraka_does_not_end_a_word() {
    assert_eq!(FoldedText::new("مُحَمَّدٌ").tokens().len(), 1);
}

#[test]
fn tokens_know_their_place_in_the_original() {
    let text = "«مُحمّد»، BBC ﷺ e\u{301}té.";
    let folded = FoldedText::new(text);
    let places: Vec<_> = folded
        .tokens()
        .iter()
        .enumerate()
        .map(|(n, token)| {
            (
                String::from_utf16_lossy(folded.word(n)),
                &text[token.start as usize..token.end as usize],
            )
        })
        .collect();
    let places: Vec<_> = places
        .iter()
        .map(|(word, place)| (&**word, *place))
        .collect();
    assert_eq!(
        places,
        [
            ("محمد", "مُحمّد"),
            ("bbc", "BBC"),
            ("صلي", "ﷺ"),
            ("الله", "ﷺ"),
            ("عليه", "ﷺ"),
            ("وسلم", "ﷺ"),
            ("été", "e\u{301}té"),
        ]
    );
}
