//! Backups: a copy of all journals as they stand at one moment, as a stream of blocks.
//!
//! A journal is only appended to, so up to where it stands when the backup begins it can be copied while
//! it goes on. Any beginning of a journal is a state that its collection was in, and the copy is checked as a
//! journal is when it is restored.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
};

use basma_engine::{
    Record,
    block::{Chain, Draft, HEADER},
    codec::{Malformed, Reader, put_bytes, put_varint},
};
use tracing::info;

use super::{
    folder::{Folder, unusable},
    log::{Log, WITNESS, file_name, sync_folder, testimony},
    recover::recover,
};

/// Entries of a backup: a collection with the entries of its journal, a file of it, and a piece of that file.
const COLLECTION: u8 = 16;
const FILE: u8 = 17;
const PIECE: u8 = 18;

/// Bytes of a file in one block.
const SIZE: usize = 1 << 20;

/// Where the journals stand.
#[derive(Debug)]
pub(crate) struct Snapshot {
    journals: Vec<Journal>,
    /// While this is held nothing is cleaned.
    _lease: Arc<()>,
}

#[derive(Debug)]
struct Journal {
    name: String,
    folder: PathBuf,
    entries: u64,
    /// Number and length.
    files: Vec<(u32, u64)>,
}

impl Snapshot {
    pub(super) fn new<'a>(logs: impl Iterator<Item = &'a Log>, lease: Arc<()>) -> Self {
        let journals = logs.map(|log| Journal {
            name: log.named.name.clone(),
            folder: log.folder.clone(),
            entries: log.entries,
            files: log
                .sealed
                .iter()
                .map(|(number, length)| (*number, *length))
                .chain([(log.number, log.length)])
                .collect(),
        });
        Self {
            journals: journals.collect(),
            _lease: lease,
        }
    }

    /// Bytes of all journals.
    pub(crate) fn bytes(&self) -> u64 {
        let files = self.journals.iter().flat_map(|journal| &journal.files);
        files.map(|(_, length)| length).sum()
    }

    /// Gives the blocks of the backup to `send` until that says no.
    ///
    /// # Errors
    ///
    /// If a file cannot be read; because its collection was deleted meanwhile, for example.
    pub(crate) fn write(&self, send: impl FnMut(Vec<u8>) -> bool) -> io::Result<()> {
        let mut blocks = Blocks { count: 0, send };
        for journal in &self.journals {
            let mut body = Vec::new();
            put_bytes(&mut body, journal.name.as_bytes());
            put_varint(&mut body, journal.entries);
            blocks.push(COLLECTION, &body)?;
            for (number, length) in &journal.files {
                let mut body = Vec::new();
                put_varint(&mut body, u64::from(*number));
                put_varint(&mut body, *length);
                blocks.push(FILE, &body)?;
                let path = journal.folder.join(file_name(*number));
                let mut left = File::open(path)?.take(*length);
                let mut piece = Vec::with_capacity(SIZE);
                let mut sent = 0;
                while left.by_ref().take(SIZE as u64).read_to_end(&mut piece)? > 0 {
                    sent += piece.len() as u64;
                    blocks.push(PIECE, &piece)?;
                    piece.clear();
                }
                if sent < *length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        // The end: a block without entries.
        blocks.send(Draft::default())
    }
}

struct Blocks<S> {
    count: u64,
    send: S,
}

impl<S: FnMut(Vec<u8>) -> bool> Blocks<S> {
    fn push(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        let mut draft = Draft::default();
        draft.push(kind, body);
        self.send(draft)
    }

    fn send(&mut self, draft: Draft) -> io::Result<()> {
        let entries = draft.entries();
        let sent = (self.send)(draft.seal(0, self.count));
        self.count += u64::from(entries);
        match sent {
            true => Ok(()),
            false => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// Makes a store in an empty folder of a backup.
///
/// # Errors
///
/// A sentence about what is wrong with the backup or the folder, which then is as empty as before.
pub fn restore(backup: &Path, root: &Path) -> Result<(), String> {
    let folder = Folder::open(root)?;
    let others = folder.collections();
    let others = others.map_err(|message| format!("{message}; or restore into another folder"))?;
    if !others.is_empty() {
        return Err(format!(
            "{} holds a store already: restore into another folder, and let basmad use that",
            root.display()
        ));
    }
    let unpacked = unpack(backup, &folder);
    if unpacked.is_err() {
        // What could not be removed is removed at the next start.
        let _tidied = folder.collections();
    }
    unpacked
}

fn unpack(path: &Path, folder: &Folder) -> Result<(), String> {
    let file = File::open(path).map_err(|error| unusable(path, &error))?;
    let damaged = |what: &str| format!("{} is no whole backup: {what}", path.display());
    let failed = |error: io::Error| format!("cannot restore: {error}");
    let refused = |fault| match fault {
        Fault::Malformed(what) => damaged(what.0),
        Fault::Io(error) => failed(error),
    };
    let mut input = BufReader::with_capacity(SIZE, file);
    let mut chain = Chain::default();
    let mut names: Vec<String> = Vec::new();
    let mut output: Option<(File, u64)> = None;
    while let Some(bytes) = next_block(&mut input).map_err(|error| damaged(&error.to_string()))? {
        let block = chain
            .follow(&bytes)
            .map_err(|malformed| damaged(malformed.0))?;
        block
            .for_each(|kind, body, _| -> Result<(), Fault> {
                let mut reader = Reader(body);
                match kind {
                    COLLECTION => {
                        complete(output.take())?;
                        let name = reader.text()?.to_owned();
                        if !crate::registry::is_name(&name) {
                            return Err(Malformed("a collection has no legal name").into());
                        }
                        let new = folder.new_journal(&name)?;
                        fs::write(new.join(WITNESS), testimony(reader.varint()?))?;
                        names.push(name);
                    }
                    FILE => {
                        complete(output.take())?;
                        let name = names
                            .last()
                            .ok_or(Malformed("a file is of no collection"))?;
                        let file = folder
                            .being_made(name)
                            .join(file_name(reader.short_varint()?));
                        output = Some((File::create(file)?, reader.varint()?));
                    }
                    PIECE => {
                        let (file, left) =
                            output.as_mut().ok_or(Malformed("a piece is of no file"))?;
                        file.write_all(body)?;
                        *left = left
                            .checked_sub(body.len() as u64)
                            .ok_or(Malformed("a file is longer than it says"))?;
                    }
                    _ => return Err(Malformed("an entry is of no known kind").into()),
                }
                Ok(())
            })
            .map_err(refused)?;
    }
    chain.end().map_err(|malformed| damaged(malformed.0))?;
    complete(output.take()).map_err(refused)?;
    for name in &names {
        let new = folder.being_made(name);
        let found = recover(&new, false, &AtomicU64::new(0))?;
        // That all of it can be read, a start would find too late.
        found.replay(|admissions| {
            admissions.iter().try_for_each(|admission| {
                let record = Record::decode_without_content(admission.record);
                record
                    .map(drop)
                    .map_err(|malformed| admission.damaged(malformed))
            })
        })?;
        let articles = found.sequences.len();
        info!(collection = name, articles, "verified");
        sync_folder(&new).map_err(failed)?;
    }
    folder.install(&names).map_err(failed)
}

/// Why an entry cannot be restored.
enum Fault {
    Malformed(Malformed),
    Io(io::Error),
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The file that was written last has all of its bytes, on the disk.
fn complete(output: Option<(File, u64)>) -> Result<(), Fault> {
    match output {
        Some((_, left)) if left > 0 => Err(Malformed("a file is shorter than it says").into()),
        Some((file, _)) => Ok(file.sync_all()?),
        None => Ok(()),
    }
}

/// The bytes of the next block; `None` at the end.
fn next_block(input: &mut impl io::BufRead) -> io::Result<Option<Vec<u8>>> {
    if input.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut bytes = vec![0; HEADER];
    input.read_exact(&mut bytes)?;
    let length = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
    if length as usize > 2 * SIZE {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a block is too long",
        ));
    }
    bytes.resize(HEADER + length as usize, 0);
    input.read_exact(&mut bytes[HEADER..])?;
    Ok(Some(bytes))
}
