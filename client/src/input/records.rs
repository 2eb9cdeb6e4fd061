//! The records of files, one after the other, as they were written and with their places.

use std::{
    fmt,
    io::BufRead,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use super::{
    line::{LONGEST_LINE, Lines, TooLong},
    open,
};

/// Where a record stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    /// From 1; `None` if the file cannot be opened.
    pub(crate) line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// A line that holds no usable article, or a file that cannot be read (on).
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) place: Place,
    pub(crate) cause: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.cause)
    }
}

/// The lines of files that are not empty.
pub(crate) struct Records {
    files: std::vec::IntoIter<PathBuf>,
    progress: Arc<AtomicU64>,
    open: Option<(Arc<str>, FileLines)>,
}

type FileLines = Lines<Box<dyn BufRead + Send>>;

impl Records {
    /// The records of `files`; `progress` counts the bytes read of them.
    pub(crate) fn new(files: Vec<PathBuf>, progress: Arc<AtomicU64>) -> Self {
        Self {
            files: files.into_iter(),
            progress,
            open: None,
        }
    }

    /// Puts the next record into `line`, and says where it stands; `None` after the last.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> Option<Result<Place, Broken>> {
        loop {
            let (file, mut lines) = match self.open.take() {
                Some(open) => open,
                None => {
                    let path = self.files.next()?;
                    let file: Arc<str> = path.display().to_string().into();
                    match open(&path, Arc::clone(&self.progress)) {
                        Ok(reader) => (file, Lines::new(reader)),
                        Err(error) => {
                            let place = Place { file, line: None };
                            let cause = error.to_string();
                            return Some(Err(Broken { place, cause }));
                        }
                    }
                }
            };
            let found = match lines.next() {
                Ok(None) => continue,
                Ok(Some(Ok(found))) if found.trim_ascii().is_empty() => None,
                Ok(Some(Ok(found))) => {
                    line.clear();
                    line.extend_from_slice(found);
                    Some(Ok(()))
                }
                Ok(Some(Err(TooLong))) => Some(Err(format!(
                    "a line of more than {} MiB",
                    LONGEST_LINE >> 20
                ))),
                Err(error) => {
                    // Not opened again: the next file is the next to be read.
                    let line = Some(lines.number);
                    let cause = format!("cannot be read on from here: {error}");
                    let place = Place { file, line };
                    return Some(Err(Broken { place, cause }));
                }
            };
            let line = Some(lines.number);
            self.open = Some((Arc::clone(&file), lines));
            let place = Place { file, line };
            match found {
                None => {}
                Some(Ok(())) => return Some(Ok(place)),
                Some(Err(cause)) => return Some(Err(Broken { place, cause })),
            }
        }
    }
}
