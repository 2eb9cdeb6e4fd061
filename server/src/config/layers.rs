//! What file and environment say, checked, before the flags come over it.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
};

use clap::{
    ArgAction, Args as _, Command,
    error::{ContextKind, ContextValue},
};

use super::{Config, file};

/// What variables of the environment begin with.
const PREFIX: &str = "BASMA_";

/// Variables of the clients.
const OTHERS: [&str; 7] = [
    "BASMA_SERVER",
    "BASMA_COLLECTION",
    "BASMA_CA",
    "BASMA_CLIENT_CERT",
    "BASMA_CLIENT_KEY",
    "BASMA_TOKEN",
    "BASMA_TOKEN_FILE",
];

/// A setting in force.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) help: String,
    /// `None` if it is not set and has no default.
    pub(super) text: Option<OsString>,
    pub(super) origin: Origin,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    /// This file and line.
    File(PathBuf, usize),
    /// The variable of this name.
    Environment(String),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File(path, line) => write!(out, "{}:{line}", path.display()),
            Self::Environment(name) => write!(out, "environment {name}"),
            Self::Flag => out.write_str("flag"),
        }
    }
}

/// Every setting, as a flag.
pub(super) fn settings() -> Command {
    let command = Command::new("basmad").disable_help_flag(true);
    // What is on or off can be put off again by a later layer.
    Config::augment_args(command).mut_args(|arg| match arg.get_action() {
        ArgAction::SetTrue => switch(arg),
        _ => arg,
    })
}

/// Makes of a flag that is on if it is there one that can also say `=false`.
pub(super) fn switch(arg: clap::Arg) -> clap::Arg {
    arg.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .value_name("true|false")
        .default_missing_value("true")
        .default_value("false")
        .hide_possible_values(true)
}

/// What the layers below the flags say.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// Every setting that there is.
    pub(super) settings: Vec<Setting>,
    /// What is wrong, also of what a later layer overrides.
    pub(super) errors: Vec<String>,
    /// What looks like a mistake, but may be another program's business.
    pub(super) warnings: Vec<String>,
    known: Command,
}

impl Layers {
    /// All settings at their defaults.
    pub(super) fn new() -> Self {
        let known = settings();
        let setting = |arg: &clap::Arg| Setting {
            name: arg.get_id().to_string(),
            help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
            text: None,
            origin: Origin::Default,
        };
        Self {
            settings: known.get_arguments().map(setting).collect(),
            known,
            ..Self::default()
        }
    }

    /// Lays a file over what there is.
    pub(super) fn file(&mut self, path: &Path) {
        match file::read(path) {
            Ok(entries) => {
                for entry in entries {
                    let origin = Origin::File(path.to_owned(), entry.line);
                    if !self.set(&entry.key, entry.text, &origin) {
                        let nearest = did_you_mean(self.nearest(&entry.key));
                        let error = format!("{origin}: unknown key {}{nearest}", entry.key);
                        self.errors.push(error);
                    }
                }
            }
            Err(errors) => self.errors.extend(errors),
        }
    }

    /// Lays the environment over what there is. Unknown variables are no errors: Kubernetes makes some of
    /// the names of services.
    pub(super) fn environment(&mut self, variables: impl IntoIterator<Item = (String, OsString)>) {
        for (variable, text) in variables {
            let Some(key) = variable.strip_prefix(PREFIX).map(str::to_lowercase) else {
                continue;
            };
            let known = self.set(&key, text, &Origin::Environment(variable.clone()));
            if !known && !OTHERS.contains(&variable.as_str()) {
                let nearest = self.nearest(&key);
                let nearest = nearest.map(|name| format!("{PREFIX}{}", name.to_uppercase()));
                let nearest = did_you_mean(nearest.as_deref());
                self.warnings
                    .push(format!("unknown variable {variable}{nearest}"));
            }
        }
    }

    /// False if there is no such setting.
    fn set(&mut self, key: &str, text: OsString, origin: &Origin) -> bool {
        let Some(setting) = self.settings.iter_mut().find(|setting| setting.name == key) else {
            return false;
        };
        if let Err(reason) = valid(&self.known, key, &text) {
            let text = text.to_string_lossy();
            self.errors
                .push(format!("{origin}: {key} = {text:?}: {reason}"));
        }
        setting.text = Some(text);
        setting.origin = origin.clone();
        true
    }

    /// The setting whose name is most like this, if it is at all like it.
    fn nearest(&self, key: &str) -> Option<&str> {
        let likeness = |setting: &Setting| strsim::jaro_winkler(key, &setting.name);
        let names = self
            .settings
            .iter()
            .map(|setting| (likeness(setting), &setting.name));
        let (likeness, name) = names.max_by(|one, other| one.0.total_cmp(&other.0))?;
        (likeness > 0.8).then_some(name)
    }
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map(|name| format!(": did you mean {name}?"))
        .unwrap_or_default()
}

/// Whether a setting can have this value; what is wrong, if not.
fn valid(known: &Command, name: &str, text: &OsStr) -> Result<(), String> {
    let mut flag = OsString::from(format!("--{}=", name.replace('_', "-")));
    flag.push(text);
    let Err(error) = known.clone().try_get_matches_from([OsStr::new(""), &flag]) else {
        return Ok(());
    };
    let reason = match (
        error.get(ContextKind::ValidValue),
        std::error::Error::source(&error),
    ) {
        (Some(ContextValue::Strings(valid)), _) if !valid.is_empty() => {
            let nearest = match error.get(ContextKind::SuggestedValue) {
                Some(ContextValue::String(nearest)) => Some(nearest.as_str()),
                _ => None,
            };
            format!(
                "must be one of {}{}",
                valid.join(", "),
                did_you_mean(nearest)
            )
        }
        (_, Some(cause)) => cause.to_string(),
        _ => error.kind().to_string(),
    };
    Err(reason)
}
