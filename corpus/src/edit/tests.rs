use super::*;
use crate::Corpus;

/// The rules of folding that the orthographic edits rely on.
fn fold(text: &str) -> Vec<String> {
    let plain = |c: char| match c {
        'أ' | 'إ' | 'آ' => Some('ا'),
        'ى' => Some('ي'),
        'ة' => Some('ه'),
        '٠'..='٩' => char::from_digit(u32::from(c) - 0x660, 10),
        'ـ' | '\u{064B}'..='\u{0652}' | '\u{200C}' | '\u{200F}' | '\u{FEFF}' => None,
        _ => Some(c),
    };
    token::words(text)
        .map(|range| text[range].chars().filter_map(plain).collect())
        .collect()
}

fn changed(a: &[String], b: &[String]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).filter(|(a, b)| a != b).count() as f64 / a.len() as f64
}

#[test]
fn orthography_changes_bytes_and_no_word() {
    for i in 0..200 {
        let text = Corpus::new(1).article(i).text;
        for strength in [0.0, 0.05, 0.5, 1.0] {
            let copy = Edit::Orthography.apply(&text, strength, i);
            assert_ne!(copy, text);
            assert_eq!(fold(&copy), fold(&text), "{copy}");
        }
    }
}

#[test]
fn words_and_letters_change_the_share_asked_for() {
    for i in 0..100 {
        let text = Corpus::new(2).article(i).text;
        for edit in [Edit::Words, Edit::Letters] {
            let share = changed(&fold(&text), &fold(&edit.apply(&text, 0.1, i)));
            // Rounding in short texts, and «أ» for «ا», which folds away.
            assert!((share - 0.1).abs() < 0.03, "{} {share}", edit.name());
        }
    }
}

#[test]
fn synonyms_are_found() {
    let (mut different, mut all) = (0, 0);
    for i in 0..100 {
        let text = Corpus::new(3).article(i).text;
        all += token::count(&text);
        different += token::words(&text)
            .filter(|r| synonym(&text[r.clone()]).is_some())
            .count();
    }
    let share = different as f64 / all as f64;
    assert!(share > 0.06, "{share}");
}

#[test]
fn reordering_and_moving_keep_all_words() {
    for i in 0..100 {
        let text = Corpus::new(4).article(i).text;
        let mut sorted = fold(&text);
        sorted.sort();
        for edit in [Edit::Reorder, Edit::Move] {
            let copy = edit.apply(&text, 0.3, i);
            let mut words = fold(&copy);
            words.sort();
            assert_eq!(words, sorted, "{}", edit.name());
        }
        if token::sentences(&text).len() > 2 {
            assert_ne!(Edit::Reorder.apply(&text, 0.3, i), text);
        }
    }
}

#[test]
fn a_cut_takes_about_its_share() {
    let (mut before, mut after) = (0.0, 0.0);
    for i in 0..200 {
        let text = Corpus::new(5).mean_words(600.0).article(i).text;
        before += token::count(&text) as f64;
        after += token::count(&Edit::Cut.apply(&text, 0.25, i)) as f64;
    }
    assert!((after / before - 0.75).abs() < 0.03, "{}", after / before);
}

#[test]
fn no_edit_fails_on_odd_texts() {
    for text in ["", " ", ".", "كلمة", "a b. c؟", "١٢", "\u{064E}\u{064E}"] {
        for edit in Edit::ALL {
            for strength in [0.0, 0.3, 1.0] {
                let _ = edit.apply(text, strength, 9);
            }
        }
    }
}
