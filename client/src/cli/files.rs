//! Files that commands name, and what this program takes of the machine.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::failure::Failure;

/// A file that is not there is told of before anything else is done. (Stdin is.)
pub(super) fn can_open(file: &Path) -> Result<(), Failure> {
    if file == Path::new("-") {
        return Ok(());
    }
    File::open(file)
        .map(drop)
        .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))
}

/// A file that cannot be written is told of before anything else is done.
pub(super) fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| cannot_write(path, &error))
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::Other(format!("cannot write {}: {error}", path.display()))
}

/// The most memory that this process has had, in bytes.
pub(super) fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
