//! Folding written for reading, a step after another over the whole text: what the one-pass
//! implementation must agree with.

use super::super::rule::PHRASES;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The order of `ARCHITECTURE.md`: ligatures and isolated marks, NFKC, marks and invisible
/// characters, letters, digits, lower case, separators; again until nothing changes, since taking
/// away what stood between two characters can let them compose.
pub(super) fn fold(text: &str) -> Vec<String> {
    let mut words = step(text);
    loop {
        let next = step(&words.join(" "));
        if next == words {
            return words;
        }
        words = next;
    }
}

fn step(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|&c| !is_invisible(c)).collect();
    let text: String = text.chars().map(ligature).collect();
    let text: String = text
        .nfkc()
        .filter(|&c| !is_invisible(c))
        .map(letter)
        .collect();
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let text: String = text
        .nfkc()
        .filter(|&c| c.is_alphanumeric() || !is_combining_mark(c))
        .collect();
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{600}'..='\u{605}' | '\u{610}'..='\u{61a}'
        | '\u{6d6}'..='\u{6ed}' | '\u{890}' | '\u{891}' | '\u{898}'..='\u{89f}' | '\u{8ca}'..='\u{8ff}'
        | '\u{ad}' | '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

fn ligature(c: char) -> String {
    if let Some((_, words)) = PHRASES.iter().find(|(form, _)| *form == c) {
        return format!(" {words} ");
    }
    match c {
        '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => {
            c.nfkc().filter(|&part| part != ' ').collect()
        }
        _ => c.to_string(),
    }
}

fn letter(c: char) -> char {
    match c {
        'أ' | 'إ' | 'آ' | 'ٱ' | '\u{672}' | '\u{673}' => 'ا',
        'ى' | 'ی' | 'ئ' => 'ي',
        'ؤ' => 'و',
        'ة' | 'ہ' | 'ۀ' | 'ۂ' => 'ه',
        'ک' => 'ك',
        '\u{6d3}' => '\u{6d2}',
        '٠'..='٩' => char::from(b'0' + (u32::from(c) - 0x660) as u8),
        '۰'..='۹' => char::from(b'0' + (u32::from(c) - 0x6f0) as u8),
        _ => c,
    }
}
