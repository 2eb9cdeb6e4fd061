//! What every command is given.

use std::io::{self, BufWriter, Stdout, Write};

use basma_proto::v1::{Answer, TimeSpan};

use crate::{
    client::Client,
    output::{ResultLine, Style, write_answer, write_json},
};

/// The client, and how to print.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client: Client,
    /// For machines rather than for people.
    pub(super) json: bool,
    pub(super) style: Style,
}

impl Session {
    pub(super) fn new(client: Client, json: bool) -> Self {
        Self {
            client,
            json,
            style: Style::stdout(),
        }
    }

    /// The same, with a window of its own for what is asked, if there is one.
    pub(super) fn within(&self, window: Option<TimeSpan>) -> Self {
        let client = self.client.clone();
        Self {
            client: match window {
                Some(window) => client.with_window(window),
                None => client,
            },
            json: self.json,
            style: self.style,
        }
    }

    /// Stdout, to be flushed at the end: an error in printing must not be lost.
    pub(super) fn stdout(&self) -> BufWriter<Stdout> {
        BufWriter::new(io::stdout())
    }

    /// Prints the answer about a single text.
    pub(super) fn print_answer(&self, out: &mut impl Write, answer: &Answer) -> io::Result<()> {
        if self.json {
            write_json(out, &ResultLine::new(answer, true))?;
        } else {
            write_answer(out, self.style, answer)?;
        }
        out.flush()
    }
}
