//! Folding and hashing written for reading: what the fast implementations must agree with.

mod content;

pub(crate) use content::{Held, content};

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use xxhash_rust::xxh3::xxh3_64;

use crate::{shingle::BASE, text::PHRASES};

/// The words of a text, in the order of `ARCHITECTURE.md`: ligatures and isolated marks, NFKC, marks and
/// invisible characters, letters, digits, lower case, separators; a step after another over the whole text,
/// and again until nothing changes, since taking away what stood between two characters can let them
/// compose.
pub(crate) fn fold(text: &str) -> Vec<String> {
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

/// A letter without its dots.
fn undotted(c: char) -> char {
    let shapes = [
        "بتثنپ",
        "حجخچ",
        "دذ",
        "رزژ",
        "سش",
        "صض",
        "طظ",
        "عغ",
        "فقڤ",
        "كگ",
    ];
    let of = shapes.iter().find(|shape| shape.contains(c));
    of.and_then(|shape| shape.chars().next()).unwrap_or(c)
}

/// The hash of a word's letters without dots, in UTF-16.
fn hash(word: &str) -> u64 {
    let word: String = word.chars().map(undotted).collect();
    let letters: Vec<u64> = word.encode_utf16().map(u64::from).collect();
    shingles(&letters, letters.len()).into_iter().sum()
}

/// The hash of each word.
pub(crate) fn hashes(words: &[String]) -> Vec<u64> {
    words.iter().map(|word| hash(word)).collect()
}

/// The hash of each run of `length` units, or of all if there are fewer.
pub(crate) fn shingles(units: &[u64], length: usize) -> Vec<u64> {
    let hash = |run: &[u64]| {
        let mut polynomial = 0u64;
        for unit in run {
            polynomial = polynomial.wrapping_mul(BASE).wrapping_add(*unit);
        }
        xxh3_64(&polynomial.to_le_bytes())
    };
    match units.len() {
        0 => Vec::new(),
        count if count <= length => vec![hash(units)],
        _ => units.windows(length).map(hash).collect(),
    }
}

/// The bits that more than half of the hashes have set: a counter for each bit.
pub(crate) fn majority(hashes: &[u64]) -> u64 {
    let bits = (0..64).filter(|bit| {
        let set = hashes.iter().filter(|hash| *hash >> bit & 1 == 1).count();
        set > hashes.len() - set
    });
    bits.fold(0, |majority, bit| majority | 1 << bit)
}
