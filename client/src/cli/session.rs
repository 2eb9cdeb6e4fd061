//! What every command is given.

use std::io::{self, BufWriter, Stdout};

use crate::{client::Client, output::Style};

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
}
