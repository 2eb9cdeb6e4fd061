//! The data folder: who may use it, which collections it holds, and where.
//!
//! ```text
//! LOCK                     held by the one process that uses the folder
//! catalog                  the version of the format, and the collections that must be here
//! collections/NAME/*.log   the files of a collection's journal
//! collections/NAME/witness how far that was on the disk for certain
//! ```

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use fs4::{FileExt, TryLockError};
use parking_lot::Mutex;
use tracing::warn;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    entry::State,
    log::{Log, sync_folder},
    rewrite::empty,
};
use crate::{index::Index as _, named::Named};

/// The version of everything in the folder.
const FORMAT: u32 = 1;
const TITLE: &str = "basma store ";

/// Added to the name of a collection's folder while it is made, and when it is to go.
const NEW: &str = "new";
const DROPPED: &str = "dropped";
/// Of a folder that another one is to take the place of.
const OLD: &str = "old";
/// Of a whole folder that is a collection's as soon as the catalog names that.
const RESTORED: &str = "restored";

/// A data folder that this process alone uses.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    names: Mutex<BTreeSet<String>>,
    /// Unlocked when it is closed, by whatever ends the process.
    _lock: File,
}

impl Folder {
    /// Makes the folder if there is none, and locks it.
    ///
    /// # Errors
    ///
    /// A sentence that names the folder and what is wrong with it.
    pub(super) fn open(root: &Path) -> Result<Self, String> {
        let collections = root.join("collections");
        fs::create_dir_all(root).map_err(|error| unusable(root, &error))?;
        let lock = lock(root)?;
        let path = root.join("catalog");
        let names = match fs::read_to_string(&path) {
            Ok(text) => read_catalog(&path, &text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                refuse_strangers(root)?;
                BTreeSet::new()
            }
            Err(error) => return Err(unusable(&path, &error)),
        };
        fs::create_dir_all(&collections).map_err(|error| unusable(&collections, &error))?;
        let folder = Self {
            root: root.to_owned(),
            names: Mutex::new(names),
            _lock: lock,
        };
        folder
            .write_catalog(&folder.names.lock())
            .map_err(|error| unusable(&path, &error))?;
        Ok(folder)
    }

    /// Where it is.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a collection's journal.
    pub(super) fn journal(&self, name: &str) -> PathBuf {
        self.root.join("collections").join(name)
    }

    /// The names of the collections that are here. What was left half made or half dropped is tidied up, what was
    /// left half installed is installed.
    ///
    /// # Errors
    ///
    /// A sentence that names the collection that is missing.
    pub(super) fn collections(&self) -> Result<Vec<String>, String> {
        let parent = self.root.join("collections");
        let mut names = self.names.lock();
        let tidy = || -> io::Result<(BTreeSet<String>, BTreeSet<String>)> {
            let (mut found, mut dropped) = (BTreeSet::new(), BTreeSet::new());
            for entry in fs::read_dir(&parent)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                match name.rsplit_once('.') {
                    Some((_, NEW)) => fs::remove_dir_all(entry.path())?,
                    Some((name, OLD)) => match self.journal(name).exists() {
                        true => fs::remove_dir_all(entry.path())?,
                        // The other one never took its place.
                        false => {
                            fs::rename(entry.path(), self.journal(name))?;
                            found.insert(name.to_owned());
                        }
                    },
                    Some((name, RESTORED)) => match names.contains(name) {
                        true => {
                            fs::rename(entry.path(), self.journal(name))?;
                            found.insert(name.to_owned());
                        }
                        false => fs::remove_dir_all(entry.path())?,
                    },
                    Some((name, DROPPED)) => {
                        fs::remove_dir_all(entry.path())?;
                        dropped.insert(name.to_owned());
                    }
                    _ if entry.file_type()?.is_dir() => {
                        found.insert(name);
                    }
                    _ => warn!(path = %entry.path().display(), "is no collection: left alone"),
                }
            }
            Ok((found, dropped))
        };
        let (found, dropped) = tidy().map_err(|error| unusable(&parent, &error))?;
        if let Some(missing) = names
            .iter()
            .find(|name| !found.contains(*name) && !dropped.contains(*name))
        {
            return Err(format!(
                "the collection {missing:?} is missing: {} is gone; restore it or a backup",
                self.journal(missing).display()
            ));
        }
        // A collection that was not in the catalog yet was made, but nobody was told.
        names.clone_from(&found);
        (self.write_catalog(&names)).map_err(|error| unusable(&self.root, &error))?;
        Ok(found.into_iter().collect())
    }

    /// An empty folder for a journal that is to take the place of a collection's.
    pub(super) fn new_journal(&self, name: &str) -> io::Result<PathBuf> {
        let new = self.being_made(name);
        empty(&new)?;
        Ok(new)
    }

    /// The folder of [`Folder::new_journal`].
    pub(super) fn being_made(&self, name: &str) -> PathBuf {
        self.journal(name).with_extension(NEW)
    }

    /// Makes what was made for new collections theirs: all of them, or none.
    pub(super) fn install(&self, all: &[String]) -> io::Result<()> {
        let parent = self.root.join("collections");
        let restored = |name: &str| self.journal(name).with_extension(RESTORED);
        for name in all {
            fs::rename(self.being_made(name), restored(name))?;
        }
        sync_folder(&parent)?;
        let mut names = self.names.lock();
        // From here on they are there: if it ends before the last rename, the next start does the rest.
        names.extend(all.iter().cloned());
        self.write_catalog(&names)?;
        for name in all {
            fs::rename(restored(name), self.journal(name))?;
        }
        sync_folder(&parent)
    }

    /// Puts it there.
    pub(super) fn exchange(&self, name: &str) -> io::Result<()> {
        let folder = self.journal(name);
        let old = folder.with_extension(OLD);
        fs::rename(&folder, &old)?;
        fs::rename(self.being_made(name), &folder)?;
        sync_folder(&self.root.join("collections"))?;
        fs::remove_dir_all(old)
    }

    /// Makes the journal of a new collection. May be called again after an error.
    pub(super) fn create(&self, named: &Arc<Named>, segment: u64) -> io::Result<Log> {
        let folder = self.journal(&named.name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let new = self.new_journal(&named.name)?;
        let state = State::new(&named.name, named.created, named.settings());
        let mut log = Log::new(Arc::clone(named), new.clone(), state);
        let mut batch = log.batch(segment);
        log.write(&mut batch, true)?;
        log.note()?;
        fs::rename(&new, &folder)?;
        log.folder.clone_from(&folder);
        sync_folder(&self.root.join("collections"))?;
        let mut names = self.names.lock();
        names.insert(named.name.clone());
        self.write_catalog(&names)?;
        Ok(log)
    }

    /// Removes a collection with all of its files. May be called again after an error.
    pub(super) fn drop_collection(&self, name: &str) -> io::Result<()> {
        let folder = self.journal(name);
        let dropped = folder.with_extension(DROPPED);
        if folder.exists() {
            fs::rename(&folder, &dropped)?;
            sync_folder(&self.root.join("collections"))?;
        }
        let mut names = self.names.lock();
        names.remove(name);
        self.write_catalog(&names)?;
        if dropped.exists() {
            fs::remove_dir_all(&dropped)?;
        }
        Ok(())
    }

    /// Writes the catalog beside the old one, and then over it.
    fn write_catalog(&self, names: &BTreeSet<String>) -> io::Result<()> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let list = [format!("{TITLE}{FORMAT}").as_str()]
            .into_iter()
            .chain(names)
            .map(|line| format!("{line}\n"))
            .collect::<String>();
        let sum = xxh3_64(list.as_bytes());
        let (path, new) = (self.root.join("catalog"), self.root.join("catalog.new"));
        let mut file = File::create(&new)?;
        file.write_all(format!("{list}{sum:016x}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        sync_folder(&self.root)
    }
}

fn read_catalog(path: &Path, text: &str) -> Result<BTreeSet<String>, String> {
    let damaged = || {
        format!(
            "{} is damaged: restore it or a backup of the folder",
            path.display()
        )
    };
    let version = text
        .strip_prefix(TITLE)
        .and_then(|rest| rest.lines().next())
        .and_then(|version| version.parse::<u32>().ok());
    match version {
        Some(FORMAT) => {}
        // What follows the first line is that version's own affair.
        Some(newer) if newer > FORMAT => {
            return Err(format!(
                "{} is of format {newer}, and this basmad knows formats up to {FORMAT}: use a newer one",
                path.display()
            ));
        }
        _ => return Err(damaged()),
    }
    let (list, sum) = text
        .trim_end_matches('\n')
        .rsplit_once('\n')
        .ok_or_else(damaged)?;
    let list = format!("{list}\n");
    if format!("{:016x}", xxh3_64(list.as_bytes())) != sum {
        return Err(damaged());
    }
    Ok(list.lines().skip(1).map(str::to_owned).collect())
}

fn lock(root: &Path) -> Result<File, String> {
    let path = root.join("LOCK");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| unusable(&path, &error))?;
    // The standard library has this too, from Rust 1.89 on.
    match FileExt::try_lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _said = file.read_to_string(&mut holder);
            return Err(format!(
                "the data folder {} is in use by another basmad (process {})",
                root.display(),
                holder.trim()
            ));
        }
        Err(TryLockError::Error(error)) => return Err(unusable(&path, &error)),
    }
    let written = (file.set_len(0))
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(format!("{}\n", std::process::id()).as_bytes()));
    written.map_err(|error| unusable(&path, &error))?;
    Ok(file)
}

/// A folder without a catalog must be empty: it may be somebody's, or have lost its catalog.
fn refuse_strangers(root: &Path) -> Result<(), String> {
    let entries = fs::read_dir(root).map_err(|error| unusable(root, &error))?;
    let strange = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name())
        .find(|name| name != "LOCK" && name != "catalog.new" && name != "lost+found");
    match strange {
        // Made before the first catalog is written.
        Some(name) if name == "collections" && is_empty(&root.join("collections")) => Ok(()),
        Some(name) => Err(format!(
            "{} holds {name:?} and no catalog of Basma: it is another program's folder, or its catalog is missing",
            root.display()
        )),
        None => Ok(()),
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

pub(super) fn unusable(path: &Path, error: &io::Error) -> String {
    format!("cannot use {}: {error}", path.display())
}
