//! What every command is given.

use std::io::{self, BufWriter, Stdout, Write};

use basma_proto::v1::Answer;

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
