//! `basma man`

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;
use serde::Serialize;

use super::{
    failure::{Exit, Failure},
    files::cannot_write,
};
use crate::output::write_json;

/// Write the manual, a page for basma and one for each of its commands
///
/// For example: basma man ~/.local/share/man/man1; then: man basma-submit
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The folder to write to; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
}

impl Man {
    pub(super) fn run<C: CommandFactory>(self, json: bool) -> Result<Exit, Failure> {
        let mut command = C::command();
        command.build();
        fs::create_dir_all(&self.folder).map_err(|error| cannot_write(&self.folder, &error))?;
        self.write(command, "basma", json)?;
        Ok(Exit::DONE)
    }

    /// Writes the page of a command, and those of the commands below it.
    fn write(&self, command: Command, name: &str, json: bool) -> Result<(), Failure> {
        for below in command
            .get_subcommands()
            .filter(|below| !below.is_hide_set())
        {
            if below.get_name() != "help" {
                self.write(below.clone(), &format!("{name}-{}", below.get_name()), json)?;
            }
        }
        let file = self.folder.join(format!("{name}.1"));
        // The name of the page is that of the file; clap wants it for as long as the program runs.
        let command = command.name(String::leak(name.to_owned()) as &'static str);
        let mut page = Vec::new();
        Page::new(command).render(&mut page)?;
        fs::write(&file, page).map_err(|error| cannot_write(&file, &error))?;
        let mut out = io::stdout();
        if json {
            write_json(&mut out, &Written { file: &file })?;
        } else {
            writeln!(out, "{}", file.display())?;
        }
        Ok(())
    }
}
