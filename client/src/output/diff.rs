//! Two texts in one: what only the first has and what only the second has, among what both have.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use anstyle::Style as Paint;
use basma_proto::v1::{Segment, TextRange, segment::Kind};

use super::{
    Style,
    bidi::{clean, is_right_to_left, isolate_right_to_left},
    style::{ADDED, FOLDED, REMOVED},
};

/// An equal run of more words than this is shortened to its ends.
const LONGEST_EQUAL_RUN: usize = 16;
/// Words that are kept at either end of a shortened run.
const KEPT_WORDS: usize = 6;

/// Prints the segments as one text, in the line breaks of `a`. A text that is not at hand (in another
/// charset) is `None`: its own words are shown by their number.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_segments(
    out: &mut impl Write,
    style: Style,
    segments: &[Segment],
    a: Option<&str>,
    b: Option<&str>,
    full: bool,
) -> io::Result<()> {
    let mut text = String::new();
    for segment in segments {
        let (in_a, in_b) = (cut(a, segment.a.as_ref()), cut(b, segment.b.as_ref()));
        if !text.is_empty() {
            text.push(if in_a.is_some_and(|words| words.starts_line) {
                '\n'
            } else {
                ' '
            });
        }
        let words = |side: Option<Cut<'_>>, range: Option<&TextRange>| match side {
            Some(cut) => cut.text.to_owned(),
            None => match length(range) {
                1 => "… 1 word …".to_owned(),
                count => format!("… {count} words …"),
            },
        };
        match segment.kind() {
            Kind::OnlyA => mark(
                &mut text,
                style,
                &words(in_a, segment.a.as_ref()),
                REMOVED,
                ["[-", "-]"],
            ),
            Kind::OnlyB => mark(
                &mut text,
                style,
                &words(in_b, segment.b.as_ref()),
                ADDED,
                ["{+", "+}"],
            ),
            Kind::Folded => mark(
                &mut text,
                style,
                &words(in_a.or(in_b), segment.a.as_ref()),
                FOLDED,
                ["[~", "~]"],
            ),
            Kind::Equal | Kind::Unspecified => {
                let run = words(in_a.or(in_b), segment.a.as_ref());
                text.push_str(&if full { clean_lines(&run) } else { ends(&run) });
            }
        }
    }
    for line in text.lines() {
        // Colours are put in after cleaning: see `mark`.
        if style.isolate && is_right_to_left(line) {
            writeln!(out, "{}", isolate_right_to_left(line))?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Cut<'a> {
    text: &'a str,
    /// Whether a line break stands before it.
    starts_line: bool,
}

fn cut<'a>(text: Option<&'a str>, range: Option<&TextRange>) -> Option<Cut<'a>> {
    let (text, range) = (text?, range?);
    let (start, end) = (range.start_byte as usize, range.end_byte as usize);
    let before = text.get(..start)?;
    let gap = before
        .rsplit(char::is_alphanumeric)
        .next()
        .unwrap_or(before);
    Some(Cut {
        text: text.get(start..end)?,
        starts_line: gap.contains('\n'),
    })
}

fn length(range: Option<&TextRange>) -> u32 {
    range
        .and_then(|range| range.tokens.as_ref())
        .map_or(0, |tokens| tokens.end.saturating_sub(tokens.start))
}

/// Marks every line of `words` by itself, so that no colour runs over a line break.
fn mark(text: &mut String, style: Style, words: &str, paint: Paint, brackets: [&str; 2]) {
    for (index, line) in words.lines().map(clean).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let _ = match (line.trim().is_empty(), style.colour) {
            (true, _) => Ok(()),
            (false, true) => write!(text, "{paint}{line}{paint:#}"),
            (false, false) => write!(text, "{}{line}{}", brackets[0], brackets[1]),
        };
    }
}

/// The ends of a long run of words, in one line.
fn ends(run: &str) -> String {
    let words: Vec<&str> = run.split_whitespace().collect();
    if words.len() <= LONGEST_EQUAL_RUN {
        return clean_lines(run);
    }
    let (first, last) = (&words[..KEPT_WORDS], &words[words.len() - KEPT_WORDS..]);
    let left_out = words.len() - 2 * KEPT_WORDS;
    let run = format!(
        "{} … ({left_out} words) … {}",
        first.join(" "),
        last.join(" ")
    );
    clean(&run).into_owned()
}

fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use basma_proto::v1::TokenRange;

    fn range(text: &str, words: &str) -> Option<TextRange> {
        let start = text.find(words).expect("the words");
        Some(TextRange {
            tokens: Some(TokenRange {
                start: 0,
                end: words.split_whitespace().count() as u32,
            }),
            start_byte: start as u32,
            end_byte: (start + words.len()) as u32,
        })
    }

    fn print(a: &str, b: Option<&str>, style: Style, full: bool) -> String {
        let both = "افتتح الوزير المعرض";
        let segments = [
            Segment {
                kind: Kind::Equal.into(),
                a: range(a, both),
                b: None,
            },
            Segment {
                kind: Kind::OnlyA.into(),
                a: range(a, "أمس"),
                b: None,
            },
            Segment {
                kind: Kind::OnlyB.into(),
                a: None,
                b: range("اليوم", "اليوم"),
            },
        ];
        let mut out = Vec::new();
        write_segments(&mut out, style, &segments, Some(a), b, full).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn marks_what_differs_without_colour() {
        let printed = print(
            "افتتح الوزير المعرض\nأمس.",
            Some("اليوم"),
            Style::default(),
            false,
        );
        assert_eq!(printed, "افتتح الوزير المعرض\n[-أمس-] {+اليوم+}\n");
    }

    #[test]
    fn colours_and_marks_direction_on_a_terminal() {
        let style = Style {
            colour: true,
            isolate: true,
        };
        let printed = print("افتتح الوزير المعرض أمس", Some("اليوم"), style, false);
        assert!(
            printed.starts_with('\u{2067}') && printed.ends_with("\u{2069}\n"),
            "{printed:?}"
        );
        assert!(!printed.contains("[-"), "{printed:?}");
    }

    #[test]
    fn words_of_a_text_that_is_not_at_hand_are_counted() {
        let printed = print("افتتح الوزير المعرض أمس", None, Style::default(), false);
        assert!(printed.ends_with("{+… 1 word …+}\n"), "{printed}");
    }

    #[test]
    fn a_long_equal_run_shows_its_ends() {
        let run = (1..=40)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(ends(&run), "1 2 3 4 5 6 … (28 words) … 35 36 37 38 39 40");
        assert_eq!(ends("واحد اثنان"), "واحد اثنان");
    }
}
