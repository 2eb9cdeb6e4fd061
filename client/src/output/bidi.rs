//! Arabic text among tables and Latin names: kept from turning its surroundings around, and kept
//! from steering the terminal.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const RIGHT_TO_LEFT_ISOLATE: char = '\u{2067}';
const POP_ISOLATE: char = '\u{2069}';

/// Without what would steer a terminal: escape sequences lose their escape, line breaks become
/// spaces, and direction marks go, since an unbalanced one would break out of the isolation.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_steering) {
        return Cow::Borrowed(text);
    }
    let keep = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        c if is_steering(c) => None,
        c => Some(c),
    };
    Cow::Owned(text.chars().filter_map(keep).collect())
}

fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Between isolate marks if any of it is written from right to left; the text must be [`clean`].
pub(super) fn isolate(text: &str) -> String {
    if is_right_to_left(text) {
        format!("{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}")
    } else {
        text.to_owned()
    }
}

/// A line of a text that runs from right to left, whatever it begins with.
pub(super) fn isolate_right_to_left(line: &str) -> String {
    format!("{RIGHT_TO_LEFT_ISOLATE}{line}{POP_ISOLATE}")
}

/// Whether any of it is Hebrew, Arabic, Syriac, Thaana or N'Ko, or their presentation forms.
pub(crate) fn is_right_to_left(text: &str) -> bool {
    text.contains(|c| matches!(c, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'))
}

/// At most `columns` of a terminal wide, with an ellipsis for what is left out.
pub(crate) fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut width = 1;
    let end = text
        .char_indices()
        .find(|(_, c)| {
            width += c.width().unwrap_or(0);
            width > columns
        })
        .map_or(text.len(), |(index, _)| index);
    Cow::Owned(format!("{}…", text[..end].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(clean("خبر\u{1b}[31m\nعاجل\u{9b}2J"), "خبر[31m عاجل2J");
        assert_eq!(clean("a\u{202e}b\u{2069}c\u{200f}"), "abc");
        assert!(matches!(clean("خبر عاجل"), Cow::Borrowed(_)));
    }

    #[test]
    fn isolates_arabic_only() {
        assert_eq!(isolate("خبر 7"), "\u{2068}خبر 7\u{2069}");
        assert_eq!(isolate("2015-07-21"), "2015-07-21");
        assert_eq!(isolate("\u{fef7}"), "\u{2068}\u{fef7}\u{2069}");
    }

    #[test]
    fn shortens_by_columns() {
        assert_eq!(shorten("عنوان طويل جدا", 6), "عنوان…");
        assert_eq!(shorten("عنوان", 5), "عنوان");
    }
}
