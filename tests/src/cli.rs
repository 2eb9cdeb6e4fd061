//! One run of `basma`.

use std::{path::Path, process::Stdio};

use serde_json::Value;
use tokio::{io::AsyncWriteExt as _, process::Command, time::timeout};

use crate::{LIMIT, binaries::binaries, without_settings};

/// A command line, to be run.
#[derive(Debug)]
pub struct Basma {
    command: Command,
    input: Vec<u8>,
}

/// What came of it.
#[derive(Debug)]
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Basma {
    /// `basma` with these arguments, asking the server at this address.
    pub fn new(server: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(&binaries().basma);
        without_settings(&mut command);
        command
            .env("BASMA_SERVER", server)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self {
            command,
            input: Vec::new(),
        }
    }

    /// Run within this folder.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// With this variable in its environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it reads from stdin.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// The command itself, for a test that wants to hold its pipes.
    pub fn command(self) -> Command {
        self.command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// If it does not end in time, or prints what is not UTF-8.
    pub async fn run(mut self) -> Ended {
        let mut child = self.command.spawn().expect("basma starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = self.input;
        // A task of its own: it may print before it has read everything. It need not read at all.
        tokio::spawn(async move { stdin.write_all(&input).await });
        let ended = timeout(LIMIT, child.wait_with_output()).await;
        let ended = ended.expect("it ends in time").expect("a status");
        Ended {
            status: ended.status.code().expect("no signal"),
            stdout: String::from_utf8(ended.stdout).expect("text"),
            stderr: String::from_utf8(ended.stderr).expect("text"),
        }
    }
}

impl Ended {
    /// What it printed, if it went well.
    ///
    /// # Panics
    ///
    /// If its status is another.
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// The lines of JSON that it printed.
    ///
    /// # Panics
    ///
    /// At a line that is not JSON.
    pub fn json(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        self.stdout.lines().map(parse).collect()
    }
}
