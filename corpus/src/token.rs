//! Words of a text, split as the engine splits them: letters, digits and the marks that folding
//! deletes hold a word together, anything else separates.

use std::ops::Range;

/// The byte ranges of the words of `text`.
pub fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, _) = chars.find(|&(_, c)| is_letter(c))?;
        let mut end = text.len();
        while let Some(&(at, c)) = chars.peek() {
            if !(is_letter(c) || is_mark(c)) {
                end = at;
                break;
            }
            chars.next();
        }
        Some(start..end)
    })
}

/// The number of words of `text`.
#[must_use]
pub fn count(text: &str) -> usize {
    words(text).count()
}

/// The byte ranges of the sentences of `text`: up to a full stop, question mark or line end that
/// white space or the end follows, without that space.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if start.is_none() && !c.is_whitespace() {
            start = Some(at);
        }
        let after = at + c.len_utf8();
        let next = chars.peek().map(|&(_, c)| c);
        let ends =
            next.is_none_or(|n| n == '\n' || n.is_whitespace() && matches!(c, '.' | '؟' | '!'));
        if ends && let Some(from) = start.take() {
            found.push(from..text[..after].trim_end().len());
        }
    }
    found
}

/// Rewrites `text` word by word: `change` is told the place of the word and the word, and returns
/// what stands there instead, or `None` to keep it. What is between the words stays.
pub(crate) fn rewrite(text: &str, mut change: impl FnMut(usize, &str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut done = 0;
    for (place, range) in words(text).enumerate() {
        if let Some(new) = change(place, &text[range.clone()]) {
            out.push_str(&text[done..range.start]);
            out.push_str(&new);
            done = range.end;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// A letter or digit; the usual ones without a look into Unicode's tables.
fn is_letter(c: char) -> bool {
    match c {
        '\u{0621}'..='\u{063A}' | '\u{0641}'..='\u{064A}' => true,
        '\0'..='\x7F' => c.is_ascii_alphanumeric(),
        _ => c.is_alphanumeric(),
    }
}

/// Tashkeel, tatweel, dagger alef, joiners and direction marks.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0640}' | '\u{064B}'..='\u{0655}' | '\u{0670}' | '\u{061C}' | '\u{200C}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_join_and_punctuation_separates() {
        let text = "قَالَ «الوزيـر»: ٣٫٥ مل\u{200F}يون، 2024.";
        let found: Vec<&str> = words(text).map(|r| &text[r]).collect();
        assert_eq!(found, ["قَالَ", "الوزيـر", "٣", "٥", "مل\u{200F}يون", "2024"]);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn sentences_end_with_a_stop_or_the_line() {
        let text = "قال 3.5 مليون. وأضاف؟ نعم\nثم مضى.\n";
        let found: Vec<&str> = sentences(text).into_iter().map(|r| &text[r]).collect();
        assert_eq!(found, ["قال 3.5 مليون.", "وأضاف؟", "نعم", "ثم مضى."]);
    }

    #[test]
    fn rewriting_keeps_what_is_between() {
        let upper = rewrite("a, b: c.", |i, w| (i == 1).then(|| w.to_uppercase()));
        assert_eq!(upper, "a, B: c.");
    }
}
