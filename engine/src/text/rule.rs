//! The folding rules: what becomes of one character.
//!
//! Arabic is written with many characters for one letter: with or without hamza, in Persian or
//! Arabic keyboards' code points, as presentation forms out of a PDF, with tashkeel, stretched with
//! tatweel. Copies of one article differ in all of these (on news, of the pairs that are alike after
//! folding, 41 % are alike before it), so each maps to one plain form. The rules are those of no
//! single existing normaliser; `ARCHITECTURE.md` sets them beside five of them.

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// What becomes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A letter or digit, written as this character.
    Letter(char),
    /// Nothing: the letters on both sides of it belong to one word.
    Delete,
    /// The end of a word.
    Separator,
    /// A ligature of several letters, already folded.
    Letters(&'static str),
    /// A ligature of several words, already folded; they join neither the word before nor after.
    Words(&'static str),
    /// Depends on its neighbours, or is foreign to these rules: [`super::normalize`] decides.
    Normalize,
}

/// The rule for `c`.
pub(super) fn rule(c: char) -> Rule {
    match c {
        '0'..='9' | 'a'..='z' => Rule::Letter(c),
        'A'..='Z' => Rule::Letter(c.to_ascii_lowercase()),
        '\0'..='\x7f' => Rule::Separator,
        '\u{0600}'..='\u{06ff}' => arabic(c),
        // Koranic and African marks beyond the basic block.
        '\u{0890}' | '\u{0891}' | '\u{0898}'..='\u{089f}' | '\u{08ca}'..='\u{08ff}' => Rule::Delete,
        // Soft hyphen, joiners, direction marks, word joiner and its invisible kin, byte order mark:
        // no reader sees them.
        '\u{00ad}'
        | '\u{200c}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' => Rule::Delete,
        '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => presentation_form(c),
        // Hangul jamo compose with what stands before them.
        '\u{1100}'..='\u{11ff}' => Rule::Normalize,
        _ => foreign(c),
    }
}

/// The rules of the Arabic block.
fn arabic(c: char) -> Rule {
    match c {
        // Alef with hamza above, below, madda, wasla and the wavy hamzas is alef: news desks write
        // any of them for the others.
        'أ' | 'إ' | 'آ' | '\u{0671}'..='\u{0673}' => Rule::Letter('ا'),
        'ى' | 'ی' | 'ئ' => Rule::Letter('ي'),
        'ؤ' => Rule::Letter('و'),
        'ة' | '\u{06c0}'..='\u{06c2}' => Rule::Letter('ه'),
        'ک' => Rule::Letter('ك'),
        '\u{06d3}' => Rule::Letter('\u{06d2}'),
        '\u{0660}'..='\u{0669}' => Rule::Letter(digit(c, '\u{0660}')),
        '\u{06f0}'..='\u{06f9}' => Rule::Letter(digit(c, '\u{06f0}')),
        // Number signs and the Arabic letter mark; Koranic signs; tatweel; tashkeel with the combining
        // hamzas and maddas (deleting them equals composing them first, since every composed letter
        // folds to its base); dagger alef; Koranic annotation.
        '\u{0600}'..='\u{0605}'
        | '\u{061c}'
        | '\u{0610}'..='\u{061a}'
        | '\u{0640}'
        | '\u{064b}'..='\u{065f}'
        | '\u{0670}'
        | '\u{06d6}'..='\u{06ed}' => Rule::Delete,
        _ => foreign(c),
    }
}

/// The ASCII digit for `c` in a block of ten digits that begins at `zero`.
fn digit(c: char, zero: char) -> char {
    // Both blocks of digits lie in the basic plane and in order, so the difference is 0 to 9.
    char::from_digit(u32::from(c) - u32::from(zero), 10).unwrap_or(c)
}

/// Everything without a rule of its own: kept if normalising and lower-casing leave it as it is.
fn foreign(c: char) -> Rule {
    let stable = c.nfkc().eq([c]);
    if is_combining_mark(c) {
        Rule::Normalize
    } else if c.is_alphanumeric() {
        if stable && c.to_lowercase().eq([c]) {
            Rule::Letter(c)
        } else {
            Rule::Normalize
        }
    } else if stable || c.nfkc().all(|part| rule(part) == Rule::Separator) {
        // An ellipsis is three full stops, a space that does not break a space.
        Rule::Separator
    } else {
        Rule::Normalize
    }
}

/// Ligatures and positional forms of Arabic letters (U+FB50-FDFF, U+FE70-FEFC).
fn presentation_form(c: char) -> Rule {
    match PRESENTATION_FORMS.binary_search_by_key(&c, |(form, _)| *form) {
        Ok(at) => PRESENTATION_FORMS[at].1,
        // Unassigned, a symbol such as the ornate parentheses, or a fragment of a letter.
        Err(_) => foreign(c),
    }
}

/// Ligatures of whole phrases that Unicode does not decompose, or not into the words they stand for.
pub(crate) const PHRASES: &[(char, &str)] = &[
    ('\u{fd40}', "رحمه الله"),
    ('\u{fd41}', "رضي الله عنه"),
    ('\u{fd42}', "رضي الله عنها"),
    ('\u{fd43}', "رضي الله عنهم"),
    ('\u{fd44}', "رضي الله عنهما"),
    ('\u{fd45}', "رضي الله عنهن"),
    ('\u{fd46}', "صلى الله عليه وآله"),
    ('\u{fd47}', "عليه السلام"),
    ('\u{fd48}', "عليهم السلام"),
    ('\u{fd49}', "عليهما السلام"),
    ('\u{fd4a}', "عليه الصلاة والسلام"),
    ('\u{fd4b}', "قدس سره"),
    ('\u{fd4c}', "صلى الله عليه وآله وسلم"),
    ('\u{fd4d}', "عليها السلام"),
    ('\u{fd4e}', "تبارك وتعالى"),
    ('\u{fd4f}', "رحمهم الله"),
    ('\u{fdcf}', "سلامه علينا"),
    ('\u{fdfa}', "صلى الله عليه وسلم"),
    ('\u{fdfb}', "جل جلاله"),
    ('\u{fdfd}', "بسم الله الرحمن الرحيم"),
    ('\u{fdfe}', "سبحانه وتعالى"),
    ('\u{fdff}', "عز وجل"),
];

/// The rules of all assigned presentation forms, by character. Compatibility decomposition gives the
/// letters, save for two traps: isolated marks come with a space or a tatweel to sit on, which
/// would split or lengthen a word, and phrases run into the word beside them.
static PRESENTATION_FORMS: LazyLock<Vec<(char, Rule)>> = LazyLock::new(|| {
    ('\u{fb50}'..='\u{fdff}')
        .chain('\u{fe70}'..='\u{fefc}')
        .filter_map(|c| {
            let phrase = PHRASES.iter().find(|(form, _)| *form == c);
            let words: String = match phrase {
                Some((_, words)) => words.chars().filter_map(letter).collect(),
                None if c.nfkc().eq([c]) => return None,
                None => c
                    .nfkc()
                    .filter(|&part| part != ' ')
                    .filter_map(letter)
                    .collect(),
            };
            let rule = match (phrase.is_some(), words.chars().count()) {
                (true, _) => Rule::Words(words.leak()),
                (false, 0) => Rule::Delete,
                (false, 1) => Rule::Letter(words.chars().next()?),
                (false, _) => Rule::Letters(words.leak()),
            };
            Some((c, rule))
        })
        .collect()
});

/// The letter that a part of a decomposed ligature folds to, if any; a space stays a space.
fn letter(part: char) -> Option<char> {
    match rule(part) {
        Rule::Letter(letter) => Some(letter),
        _ if part == ' ' => Some(' '),
        _ => None,
    }
}
