//! How the program ends.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::error::ErrorKind;

use crate::{Error, input::TextError, output::clean};

/// The exit status, where nothing failed that would end the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Exit {
    /// 0: done; for `check`: something was seen before, or nearly.
    Found,
    /// 1: `check` found nothing like it.
    New,
    /// 2: some items failed, and were named.
    Errors,
}

impl Exit {
    pub(super) const DONE: Self = Self::Found;
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Found => Self::SUCCESS,
            Exit::New => Self::from(1),
            Exit::Errors => Self::from(2),
        }
    }
}

/// What ends a run before its end.
#[derive(Debug)]
pub(super) enum Failure {
    /// A call failed.
    Call(Error),
    /// The results cannot be printed.
    Output(io::Error),
    /// Anything else, for a person.
    Other(String),
}

impl Failure {
    /// Says what happened, and what the exit status is.
    pub(super) fn report(self) -> Exit {
        let message = match self {
            // Whoever read the results has seen enough, as `head` does: not an error.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::DONE,
            Self::Call(Error::Refused(refusal)) => match next_step(&refusal.reason) {
                Some(step) => format!("{refusal}; {step}"),
                None => refusal.to_string(),
            },
            Self::Call(error) => error.to_string(),
            Self::Output(error) => format!("cannot print the results: {error}"),
            Self::Other(message) => message,
        };
        complain(&message);
        Exit::Errors
    }
}

/// What to do about a refusal with this reason, where the message itself does not say.
pub(super) fn next_step(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "COLLECTION_NOT_FOUND" => {
            "`basma collections create NAME` does, and `basma collections list` shows what there is"
        }
        "COLLECTION_EXISTS" => "change its settings with `basma collections update NAME`",
        "TOO_MANY_COLLECTIONS" => {
            "delete one with `basma collections delete NAME`, or start basmad with a larger --max-collections"
        }
        "SETTINGS_FIXED" => "make another collection with these settings and submit to that",
        "ARTICLE_NOT_FOUND" => "see what there is with `basma list`",
        "COMPRESSION_UNKNOWN" => "compress with gzip, or not at all",
        "TEXT_TOO_LARGE" => "start basmad with a larger --max-text-bytes",
        "MESSAGE_TOO_LARGE" => "start basmad with a larger --max-message-bytes",
        "TOKEN_MISSING" => {
            "give --token-file FILE or BASMA_TOKEN; whoever runs the server makes one with `basmad token`"
        }
        "TOKEN_UNKNOWN" => "ask whoever runs the server for a new one, made with `basmad token`",
        "ROLE_MISSING" => {
            "`basma doctor` shows what the token may do; more is given in the server's file of tokens"
        }
        "CHARSET_UNKNOWN" => "name one of the WHATWG encodings, for example windows-1256",
        "INDEX_FULL" => "submit to another collection",
        "DRAINING" | "OVERLOADED" => "try again in a moment",
        "RATE_EXCEEDED" | "QUOTA_EXCEEDED" => {
            "send less, or start basmad with a larger --max-rate or --max-per-day"
        }
        _ => return None,
    })
}

/// Prints one line about what went wrong.
pub(super) fn complain(message: &str) {
    // Where even stderr is closed, there is nobody to tell.
    let _ = writeln!(io::stderr(), "basma: {}", clean(message));
}

/// Prints help as it is, and a wrong argument as one line.
pub(super) fn usage(error: &clap::Error) -> Exit {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return error
            .print()
            .map_or_else(|error| Failure::Output(error).report(), |()| Exit::DONE);
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::Errors;
    }
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or(&text);
    let words: Vec<&str> = first
        .trim_start_matches("error: ")
        .split_whitespace()
        .collect();
    complain(&format!("{}; see --help", words.join(" ")));
    Exit::Errors
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<TextError> for Failure {
    fn from(error: TextError) -> Self {
        Self::Other(error.to_string())
    }
}
