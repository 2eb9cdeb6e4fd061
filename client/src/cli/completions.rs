//! `basma completions`

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::{Exit, Failure};

/// Print what a shell needs to complete basma's commands
///
/// For example: basma completions bash > ~/.local/share/bash-completion/completions/basma
#[derive(Debug, Args)]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run<C: CommandFactory>(self) -> Result<Exit, Failure> {
        // The generator panics where it cannot write; memory always takes it.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut C::command(), "basma", &mut script);
        io::stdout().write_all(&script)?;
        Ok(Exit::DONE)
    }
}
