//! The file that articles are spilled to which need not be in memory. It has no name and is gone with the process,
//! however that ends: all that is in it stands in the journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io,
    path::PathBuf,
    process,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use basma_engine::Spill;
use parking_lot::Mutex;
use tracing::{error, info, warn};

use crate::heap;

/// When so many bytes have gone out of memory it is given back to the system.
const MUCH: u64 = 32 << 20;

/// What is put is given room in units of this many bytes, so that what becomes free fits others.
const UNIT: u64 = 4096;

/// A file for one collection, made when the first article is spilled.
#[derive(Debug)]
pub struct SpillFile {
    folder: PathBuf,
    file: OnceLock<File>,
    room: Mutex<Room>,
    /// Bytes that were ever put.
    put: AtomicU64,
    /// Whether the last attempt to write failed.
    failing: AtomicBool,
}

impl SpillFile {
    /// In a folder, which is there.
    pub fn within(folder: PathBuf) -> Self {
        Self {
            folder,
            file: OnceLock::new(),
            room: Mutex::default(),
            put: AtomicU64::new(0),
            failing: AtomicBool::new(false),
        }
    }

    fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        // Of two that are made at the same time one goes at once.
        let made = tempfile::tempfile_in(&self.folder)?;
        Ok(self.file.get_or_init(|| made))
    }

    fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        positional::write_all(self.file()?, bytes, at)
    }

    fn say_once(&self, written: &io::Result<()>) {
        let was_failing = self.failing.swap(written.is_err(), Ordering::Relaxed);
        let folder = self.folder.display();
        match written {
            Err(error) if !was_failing => {
                warn!(%folder, %error, "articles cannot be spilled: they stay in memory");
            }
            Ok(()) if was_failing => info!(%folder, "articles are spilled again"),
            _ => {}
        }
    }
}

impl Spill for SpillFile {
    fn put(&self, bytes: &[u8]) -> Option<u64> {
        let length = bytes.len() as u64;
        let at = self.room.lock().take(length);
        let written = self.write(bytes, at);
        self.say_once(&written);
        if written.is_err() {
            self.room.lock().give_back(at, length);
            return None;
        }
        let before = self.put.fetch_add(length, Ordering::Relaxed);
        if before / MUCH != (before + length) / MUCH {
            heap::freed();
        }
        Some(at)
    }

    fn read(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
        positional::read_exact(self.file()?, out, at)
    }

    fn free(&self, at: u64, length: usize) {
        let end = self.room.lock().give_back(at, length as u64);
        if let (Some(end), Some(file)) = (end, self.file.get()) {
            // If it stays longer than it need be, that is room for what comes.
            let _shortened = file.set_len(end);
        }
    }

    /// Ends the process: without these articles it would tell somebody that a text is new which it has seen. The next
    /// start has them from the journal.
    fn lost(&self, error: io::Error) {
        let folder = self.folder.display();
        error!(%folder, %error, "what was spilled cannot be read again: look at the disk, and start again");
        process::exit(1);
    }
}

/// What is free in a file.
#[derive(Debug, Default)]
struct Room {
    end: u64,
    /// Free stretches before the end by where they begin, with their lengths: no two touch each other or the end.
    stretches: BTreeMap<u64, u64>,
    /// The same as length and beginning.
    by_length: BTreeSet<(u64, u64)>,
}

impl Room {
    /// The shortest free stretch that is long enough, or the end.
    fn take(&mut self, length: u64) -> u64 {
        let length = length.next_multiple_of(UNIT);
        let Some((free, at)) = self.by_length.range((length, 0)..).next().copied() else {
            self.end += length;
            return self.end - length;
        };
        self.remove(at, free);
        if free > length {
            self.insert(at + length, free - length);
        }
        at
    }

    /// Returns where the file ends now, if it has become shorter.
    fn give_back(&mut self, at: u64, length: u64) -> Option<u64> {
        let (mut at, mut length) = (at, length.next_multiple_of(UNIT));
        let before = self.stretches.range(..at).next_back();
        if let Some((start, free)) = before.map(|(start, free)| (*start, *free))
            && start + free == at
        {
            self.remove(start, free);
            (at, length) = (start, free + length);
        }
        if let Some(free) = self.stretches.get(&(at + length)).copied() {
            self.remove(at + length, free);
            length += free;
        }
        if at + length == self.end {
            self.end = at;
            return Some(at);
        }
        self.insert(at, length);
        None
    }

    fn insert(&mut self, at: u64, length: u64) {
        self.stretches.insert(at, length);
        self.by_length.insert((length, at));
    }

    fn remove(&mut self, at: u64, length: u64) {
        self.stretches.remove(&at);
        self.by_length.remove(&(length, at));
    }
}

/// Reading and writing anywhere in a file that many threads have.
#[cfg(unix)]
mod positional {
    use std::{fs::File, io, os::unix::fs::FileExt as _};

    pub(super) fn read_exact(file: &File, out: &mut [u8], at: u64) -> io::Result<()> {
        file.read_exact_at(out, at)
    }

    pub(super) fn write_all(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }
}

#[cfg(windows)]
mod positional {
    use std::{fs::File, io, os::windows::fs::FileExt as _};

    pub(super) fn read_exact(file: &File, mut out: &mut [u8], mut at: u64) -> io::Result<()> {
        while !out.is_empty() {
            let read = match file.seek_read(out, at)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => read,
            };
            (out, at) = (&mut out[read..], at + read as u64);
        }
        Ok(())
    }

    pub(super) fn write_all(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = match file.seek_write(bytes, at)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => written,
            };
            (bytes, at) = (&bytes[written..], at + written as u64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_can_be_read_until_it_is_free(
            steps in proptest::collection::vec((any::<bool>(), 1..30_000usize, any::<prop::sample::Index>()), 1..80),
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let file = SpillFile::within(folder.path().to_owned());
            let mut put: Vec<(u64, Vec<u8>)> = Vec::new();
            for (number, (frees, length, which)) in steps.into_iter().enumerate() {
                if frees && !put.is_empty() {
                    let (at, bytes) = put.swap_remove(which.index(put.len()));
                    file.free(at, bytes.len());
                } else {
                    let bytes: Vec<u8> = (0..length).map(|n| (n * 31 + number * 7) as u8).collect();
                    put.push((file.put(&bytes).expect("there is room"), bytes));
                }
                for (at, bytes) in &put {
                    let (skip, mut read) = (bytes.len() / 3, vec![0; bytes.len() - bytes.len() / 3]);
                    file.read(at + skip as u64, &mut read).expect("it is there");
                    prop_assert_eq!(&read, &bytes[skip..]);
                }
            }
            for (at, bytes) in put {
                file.free(at, bytes.len());
            }
            let room = file.room.lock();
            prop_assert_eq!((room.end, room.stretches.len(), room.by_length.len()), (0, 0, 0));
            let length = file.file.get().map(|file| file.metadata().expect("it is open").len());
            prop_assert_eq!(length.unwrap_or_default(), 0);
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused_and_takes_no_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = SpillFile::within(folder.path().join("none"));
        assert_eq!(file.put(b"bytes"), None);
        assert_eq!(file.room.lock().end, 0);
        std::fs::create_dir(folder.path().join("none")).expect("a folder");
        assert_eq!(file.put(b"bytes"), Some(0));
        // It has no name.
        let mut entries = std::fs::read_dir(folder.path().join("none")).expect("it is there");
        assert!(entries.next().is_none());
    }
}
