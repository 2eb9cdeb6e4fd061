//! What the place that is printed to can show.

use std::{env, io::IsTerminal};

use anstyle::{AnsiColor, Style as Paint};
use basma_proto::v1::Verdict;

use super::bidi;

/// Whether to colour, and whether to mark directions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// Colours and weights, by ANSI codes.
    pub(crate) colour: bool,
    /// Isolate marks around text that is written from right to left: a terminal shows them as
    /// nothing, a file would keep them.
    pub(crate) isolate: bool,
}

pub(crate) const HEAD: Paint = Paint::new().dimmed();
pub(crate) const REMOVED: Paint = AnsiColor::Red.on_default();
pub(crate) const ADDED: Paint = AnsiColor::Green.on_default();
pub(crate) const FOLDED: Paint = AnsiColor::Yellow.on_default();

impl Style {
    /// As stdout is: everything on a terminal, nothing elsewhere; no colour if `NO_COLOR` is set.
    pub(crate) fn stdout() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colour: terminal && !refused,
            isolate: terminal,
        }
    }

    /// `text` in `paint`, if there are colours.
    pub(crate) fn paint(self, text: &str, paint: Paint) -> String {
        if self.colour {
            format!("{paint}{text}{paint:#}")
        } else {
            text.to_owned()
        }
    }

    /// Text that others wrote, made safe to print, in a direction of its own.
    pub(crate) fn foreign(self, text: &str) -> String {
        let text = bidi::clean(text);
        if self.isolate {
            bidi::isolate(&text)
        } else {
            text.into_owned()
        }
    }
}

/// The colour of a verdict: green is worth publishing, yellow is not, cyan is for a look.
pub(crate) fn verdict_paint(verdict: Verdict) -> Paint {
    let colour = match verdict {
        Verdict::New => AnsiColor::Green,
        Verdict::Partial | Verdict::Template => AnsiColor::Cyan,
        _ => AnsiColor::Yellow,
    };
    colour.on_default().bold()
}
