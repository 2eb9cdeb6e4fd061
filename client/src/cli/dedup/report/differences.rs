//! A text in runs that another has, or has not.

use std::ops::Range;

use basma_engine::{FoldedText, text::Token};

/// Of a longer run, in words, the ends are shown.
const LONGEST: usize = 48;
/// Words that are shown at either end of it.
const ENDS: usize = 16;
/// About so many words of a text are shown.
const MOST: usize = 320;

/// A part of a text, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Run {
    /// The other has it, too; or it has no words.
    Shared(String),
    /// Only this text has it.
    Own(String),
    /// Words that are left out, which the other has, or has not.
    LeftOut { words: usize, shared: bool },
}

/// The runs of a text, from ranges of its folded words in their order, of which it is said whether the
/// other text has them.
pub(super) fn runs(text: &str, ranges: impl Iterator<Item = (Range<u32>, bool)>) -> Vec<Run> {
    let folded = FoldedText::new(text);
    let mut writer = Writer {
        text,
        tokens: folded.tokens(),
        runs: Vec::new(),
        end: 0,
        shown: 0,
    };
    for (range, shared) in ranges.filter(|(range, _)| !range.is_empty()) {
        let (start, end) = (range.start as usize, range.end as usize);
        if writer.shown >= MOST {
            writer.leave_out(start..writer.tokens.len(), true);
            break;
        }
        if end - start <= LONGEST {
            writer.show(start..end, shared);
        } else {
            writer.show(start..start + ENDS, shared);
            writer.leave_out(start + ENDS..end - ENDS, shared);
            writer.show(end - ENDS..end, shared);
        }
    }
    writer.gap(text.len());
    writer.runs
}

struct Writer<'a> {
    text: &'a str,
    tokens: &'a [Token],
    runs: Vec<Run>,
    /// Where what is written ends in the text.
    end: usize,
    /// Words that are shown.
    shown: usize,
}

impl Writer<'_> {
    /// What stands between two words belongs to neither.
    fn gap(&mut self, to: usize) {
        self.runs
            .push(Run::Shared(self.text[self.end..to].to_owned()));
        self.end = to;
    }

    fn show(&mut self, words: Range<usize>, shared: bool) {
        self.gap(self.tokens[words.start].start as usize);
        let end = self.tokens[words.end - 1].end as usize;
        let part = self.text[self.end..end].to_owned();
        self.runs.push(if shared {
            Run::Shared(part)
        } else {
            Run::Own(part)
        });
        self.end = end;
        self.shown += words.len();
    }

    fn leave_out(&mut self, words: Range<usize>, shared: bool) {
        self.gap(self.tokens[words.start].start as usize);
        self.end = self.tokens[words.end - 1].end as usize;
        let words = words.len();
        self.runs.push(Run::LeftOut { words, shared });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(text: &str) -> Run {
        Run::Shared(text.to_owned())
    }

    #[test]
    fn every_byte_is_in_one_run() {
        let text = "«افتتح» الوزيرُ،\nالمعرض 7.";
        let found = runs(
            text,
            [(0..2, true), (2..3, false), (3..4, true)].into_iter(),
        );
        let texts = found.iter().map(|run| match run {
            Run::Shared(part) | Run::Own(part) => part.as_str(),
            Run::LeftOut { .. } => "",
        });
        assert_eq!(texts.collect::<String>(), text);
        assert!(found.contains(&Run::Own("المعرض".to_owned())));
        assert!(found.contains(&shared("،\n")), "{found:?}");
    }

    #[test]
    fn long_runs_and_long_texts_are_shortened() {
        let text = vec!["كلمة"; 1000].join(" ");
        let found = runs(&text, [(0..100, true), (100..400, false)].into_iter());
        assert!(found.contains(&Run::LeftOut {
            words: 68,
            shared: true
        }));
        assert!(found.contains(&Run::LeftOut {
            words: 268,
            shared: false
        }));
        let each = (0..1000).map(|word| (word..word + 1, word % 2 == 0));
        let found = runs(&text, each);
        assert_eq!(
            found
                .iter()
                .filter(|run| matches!(run, Run::Own(_)))
                .count(),
            MOST / 2
        );
        assert!(found.contains(&Run::LeftOut {
            words: 1000 - MOST,
            shared: true
        }));
        assert_eq!(runs("", [].into_iter()), [shared("")]);
    }
}
