//! Whether what the configuration names is there.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::Path,
};

use clap::ValueHint;

use super::{Config, Invocation, layers};
use crate::{auth::Door, exposure, reload::Reloads, tls};

impl Invocation {
    /// What is wrong with the files and folders that the settings name; changes nothing.
    pub fn check(&self) -> Vec<String> {
        let known = layers::settings();
        let named = self.settings.iter().filter_map(|setting| {
            let hint = known
                .get_arguments()
                .find(|arg| *arg.get_id() == *setting.name)?;
            Some((
                setting,
                hint.get_value_hint(),
                Path::new(setting.text.as_ref()?),
            ))
        });
        let wrong = named.filter_map(|(setting, hint, path)| {
            let looked = match hint {
                ValueHint::FilePath => readable(path),
                ValueHint::DirPath => usable(path),
                _ => Ok(()),
            };
            let error = looked.err()?;
            Some(format!("{} = {}: {error}", setting.name, path.display()))
        });
        let mut wrong: Vec<_> = wrong.collect();
        if wrong.is_empty() {
            wrong.extend(usable_together(&self.config).err());
        }
        wrong
    }
}

/// Whether the server could go by what the files hold, and listen where it is to.
fn usable_together(config: &Config) -> Result<(), String> {
    let mut reloads = Reloads::default();
    tls::open(config, &mut reloads)?;
    Door::open(config, &mut reloads)?;
    // A name is one address here and another there.
    if let Ok(address) = config.listen.parse() {
        exposure::check(address, config)?;
    }
    match config.metrics_listen.as_ref().map(|at| at.parse()) {
        Some(Ok(address)) => exposure::check_metrics(address, config),
        _ => Ok(()),
    }
}

fn readable(path: &Path) -> Result<(), String> {
    let opened = File::open(path).and_then(|file| file.metadata());
    match opened {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err("is not a file".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// Whether there is such a folder that can be written to, or could be.
fn usable(path: &Path) -> Result<(), String> {
    let here = Path::new(".");
    let mut parents = path
        .ancestors()
        .map(|folder| match folder.as_os_str() == OsStr::new("") {
            true => here,
            false => folder,
        });
    let there = parents.find(|folder| fs::symlink_metadata(folder).is_ok());
    let there = there.unwrap_or(here);
    match fs::metadata(there) {
        Ok(found) if !found.is_dir() => Err(format!("{} is not a folder", there.display())),
        Ok(_) => writable(there),
        Err(error) => Err(format!("{} cannot be used: {error}", there.display())),
    }
}

#[cfg(unix)]
fn writable(folder: &Path) -> Result<(), String> {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| format!("{} cannot be written to: {error}", folder.display()))
}

#[cfg(not(unix))]
fn writable(_: &Path) -> Result<(), String> {
    Ok(())
}
