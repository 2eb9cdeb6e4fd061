//! From a command line, an environment and a file to what is to be done.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use clap::{
    ArgAction, CommandFactory as _, FromArgMatches as _, error::Error, parser::ValueSource,
};

use super::{
    Config, Flags, Task,
    layers::{Layers, Origin, Setting, switch},
};
use crate::store::default_folder;

/// A command line that can be carried out.
#[derive(Debug)]
pub struct Invocation {
    /// What is asked for.
    pub asked: Asked,
    /// The settings in force.
    pub config: Config,
    /// What looks like a mistake, but may be another program's business.
    pub warnings: Vec<String>,
    pub(super) settings: Vec<Setting>,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// To serve.
    Serve,
    /// To do this instead.
    Task(Task),
    /// To look at the files that the configuration names.
    Check,
    /// To print the settings.
    Print,
}

/// Why a command line cannot be carried out.
#[derive(Debug)]
pub enum Refused {
    /// The command line itself; or it asks for help, or the version.
    Usage(Box<Error>),
    /// Everything that is wrong with the settings, a sentence each.
    Settings(Vec<String>),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Usage(Box::new(error))
    }
}

/// Reads a command line, and what it leaves to the environment and to the file that either names.
///
/// # Errors
///
/// If it cannot be carried out: with every error in file and environment, also of what is overridden.
pub fn read(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Invocation, Refused> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let mut layers = Layers::new();
    let mut command = Flags::command();
    if let Some(folder) = default_folder() {
        command = command.mut_arg("data_dir", |arg| arg.default_value(folder.into_os_string()));
    }
    for setting in &layers.settings {
        command = command.mut_arg(&setting.name, |arg| match arg.get_action() {
            ArgAction::SetTrue => switch(arg),
            _ => arg,
        });
    }
    let given = command.clone().try_get_matches_from(&arguments)?;

    let mut environment: Vec<(String, OsString)> = environment
        .into_iter()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text)))
        .collect();
    environment.sort_unstable();
    let named = environment
        .iter()
        .position(|(name, _)| name == "BASMA_CONFIG");
    let named = named.map(|at| PathBuf::from(environment.remove(at).1));
    if let Some(path) = given.get_one::<PathBuf>("file").or(named.as_ref()) {
        layers.file(path);
    }
    layers.environment(environment);
    let Layers {
        mut settings,
        errors,
        warnings,
        ..
    } = layers;
    if !errors.is_empty() {
        return Err(Refused::Settings(errors));
    }

    // What file and environment say is the default of what the flags may say.
    for setting in &settings {
        if let Some(text) = setting.text.clone() {
            command = command.mut_arg(&setting.name, |arg| arg.default_value(text));
        }
    }
    let matches = command.try_get_matches_from(&arguments)?;
    for setting in &mut settings {
        if matches.value_source(&setting.name) == Some(ValueSource::CommandLine) {
            setting.origin = Origin::Flag;
        }
        let mut texts = matches.get_raw(&setting.name).into_iter().flatten();
        setting.text = texts.next().map(OsStr::to_owned);
    }
    let flags = Flags::from_arg_matches(&matches)?;
    let asked = match flags.task {
        Some(task) => Asked::Task(task),
        None if flags.check_config => Asked::Check,
        None if flags.print_config => Asked::Print,
        None => Asked::Serve,
    };
    let accept_loss = flags.accept_loss;
    let mut invocation = Invocation {
        asked,
        config: Config {
            accept_loss,
            ..flags.config
        },
        warnings,
        settings,
    };
    match invocation.agree() {
        Ok(()) => Ok(invocation),
        Err(error) => Err(Refused::Settings(vec![error.to_owned()])),
    }
}

impl Invocation {
    /// Sees to what no setting can say by itself.
    fn agree(&mut self) -> Result<(), &'static str> {
        let folder = self
            .settings
            .iter_mut()
            .find(|setting| setting.name == "data_dir");
        if self.config.store.is_some() {
            if self.config.in_memory || self.config.accept_loss {
                return Err("store excludes in_memory and --accept-loss");
            }
            if let Some(folder) = folder {
                if folder.origin != Origin::Default {
                    return Err("store and data_dir exclude each other");
                }
                folder.text = None;
            }
            self.config.data_dir = None;
        } else if self.config.in_memory {
            if self.config.accept_loss {
                return Err("in_memory and --accept-loss exclude each other");
            }
            if let Some(folder) = folder {
                if folder.origin != Origin::Default {
                    return Err("in_memory and data_dir exclude each other");
                }
                folder.text = None;
            }
            self.config.data_dir = None;
        } else if self.config.data_dir.is_none() {
            return Err("there is no home folder to keep data in: set data_dir or in_memory");
        }
        Ok(())
    }
}
