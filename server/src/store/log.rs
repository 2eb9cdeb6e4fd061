//! The journal of one collection: numbered files, each written from its beginning to its end and never
//! again. The newest one is appended to.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use basma_engine::{Article, block::Draft, codec::put_varint};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    clean::Cleaning,
    entry::{ADMITTED, DELETED, STATE, State, admission},
    queue::Op,
    texts::Place,
};
use crate::{index::Index as _, named::Named};

/// Entries are gathered into blocks of about this many bytes.
const BLOCK: usize = 4 << 20;

pub(super) fn file_name(number: u32) -> String {
    format!("{number:08}.log")
}

/// Where the log of a collection stands.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) named: Arc<Named>,
    pub(super) folder: PathBuf,
    /// The newest file, its whole blocks in bytes, and all entries up to there.
    pub(super) number: u32,
    pub(super) length: u64,
    pub(super) entries: u64,
    /// The sizes of the older files.
    pub(super) sealed: BTreeMap<u32, u64>,
    /// Bytes of the entries of articles that are indexed.
    pub(super) live: u64,
    pub(super) state: State,
    pub(super) cleaning: Option<Cleaning>,
    /// The newest file, if it is as it should be.
    file: Option<File>,
    witness: Option<File>,
    /// Something was written since the newest file was synced.
    unsynced: bool,
    /// What the witness says.
    noted: u64,
}

/// What changes once a batch is written.
#[derive(Debug)]
enum Change {
    Place(u64, Place),
    Forget(u64),
}

/// What is to be appended at once.
#[derive(Debug)]
pub(super) struct Batch {
    blocks: Vec<u8>,
    draft: Draft,
    /// The file that it goes to, and where in it.
    number: u32,
    base: u64,
    entries: u64,
    changes: Vec<Change>,
    live: i64,
    pub(super) state: State,
}

impl Batch {
    /// Adds an entry, and returns where in the file its body will begin.
    pub(super) fn push(&mut self, kind: u8, body: &[u8]) -> u64 {
        if self.draft.entries() > 0 && self.draft.len() + body.len() > BLOCK {
            self.seal();
        }
        let at = self.blocks.len() + self.draft.push(kind, body);
        self.base + at as u64
    }

    /// Bytes of it so far.
    pub(super) fn len(&self) -> usize {
        self.blocks.len() + self.draft.len()
    }

    fn seal(&mut self) {
        let draft = mem::take(&mut self.draft);
        let count = u64::from(draft.entries());
        if count > 0 {
            self.blocks.extend(draft.seal(self.number, self.entries));
            self.entries += count;
        }
    }

    /// Adds an admission that has its body already.
    pub(super) fn push_admission(&mut self, sequence: u64, body: &[u8], text: usize) {
        let at = self.push(ADMITTED, body);
        if text > 0 {
            let place = Place::Stored {
                number: self.number,
                offset: at + (body.len() - text) as u64,
                length: text as u32,
            };
            self.changes.push(Change::Place(sequence, place));
        }
    }
}

impl Log {
    /// The log of a collection that was recovered or is new: `length` is 0 if its first file is not
    /// there yet.
    pub(super) fn new(named: Arc<Named>, folder: PathBuf, state: State) -> Self {
        Self {
            named,
            folder,
            number: state.first,
            length: 0,
            entries: 0,
            sealed: BTreeMap::new(),
            live: 0,
            state,
            cleaning: None,
            file: None,
            witness: None,
            unsynced: false,
            noted: 0,
        }
    }

    pub(super) fn path(&self, number: u32) -> PathBuf {
        self.folder.join(file_name(number))
    }

    /// Bytes that its files take.
    pub(super) fn total(&self) -> u64 {
        self.length + self.sealed.values().sum::<u64>()
    }

    /// A batch to be filled and written; it begins a new file if the newest one has `most` bytes.
    pub(super) fn batch(&self, most: u64) -> Batch {
        let full = self.length >= most;
        let mut batch = Batch {
            blocks: Vec::new(),
            draft: Draft::default(),
            number: self.number + u32::from(full),
            base: if full { 0 } else { self.length },
            entries: self.entries,
            changes: Vec::new(),
            live: 0,
            state: self.state.clone(),
        };
        if batch.base == 0 {
            batch.push(STATE, &batch.state.encode());
        }
        batch
    }

    /// Puts a change into a batch.
    pub(super) fn add(&self, batch: &mut Batch, op: &Op) {
        match op {
            Op::Admitted {
                article,
                replaced,
                usual,
                text,
            } => {
                let sequence = article.sequence();
                if let Some(replaced) = replaced {
                    self.forget(batch, replaced);
                }
                let replaced = replaced.as_ref().map(|replaced| replaced.sequence());
                let body = admission(article, replaced, *usual, text.as_deref());
                batch.live += body.len() as i64;
                batch.push_admission(sequence, &body, text.as_ref().map_or(0, |text| text.len()));
                batch.state.next = batch.state.next.max(sequence + 1);
                batch.state.usual = *usual;
            }
            Op::Deleted(article) => {
                self.forget(batch, article);
                let mut body = Vec::new();
                put_varint(&mut body, article.sequence());
                batch.push(DELETED, &body);
            }
            Op::Changed => {
                batch.state.settings = self.named.settings();
                let state = batch.state.encode();
                batch.push(STATE, &state);
            }
            Op::Created(_) | Op::Dropped | Op::Snapshot(_) => {}
        }
    }

    fn forget(&self, batch: &mut Batch, article: &Article) {
        let sequence = article.sequence();
        let text = self.named.texts.length(sequence);
        batch.live -= (admission(article, None, 0.0, None).len() as u64 + text) as i64;
        batch.changes.push(Change::Forget(sequence));
    }

    /// Appends a batch, and returns when it is written; with `sync` when it is on the disk. May be called
    /// again with the same batch after an error.
    pub(super) fn write(&mut self, batch: &mut Batch, sync: bool) -> io::Result<()> {
        batch.seal();
        let written = self.append(batch, sync);
        if written.is_err() {
            // Whatever of it was written is cut off before the next attempt.
            self.file = None;
            return written;
        }
        if batch.number != self.number {
            self.sealed.insert(self.number, self.length);
            (self.number, self.length) = (batch.number, 0);
        }
        self.length += batch.blocks.len() as u64;
        self.entries = batch.entries;
        self.live = self.live.saturating_add_signed(batch.live);
        self.state = batch.state.clone();
        for change in batch.changes.drain(..) {
            match change {
                Change::Place(sequence, place) => self.named.texts.put(sequence, place),
                Change::Forget(sequence) => self.named.texts.remove(sequence),
            }
        }
        Ok(())
    }

    fn append(&mut self, batch: &Batch, sync: bool) -> io::Result<()> {
        let begins = batch.base == 0;
        if begins {
            // What stands in the file before must not be lost when this one is kept.
            self.sync()?;
            self.file = Some(File::create(self.path(batch.number))?);
        }
        let file = self.newest()?;
        file.write_all(&batch.blocks)?;
        if sync || begins {
            file.sync_data()?;
        }
        self.unsynced = !(sync || begins);
        if begins {
            sync_folder(&self.folder)?;
        }
        Ok(())
    }

    /// The newest file, at its end.
    fn newest(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let mut file = OpenOptions::new()
                .write(true)
                .open(self.path(self.number))?;
            file.set_len(self.length)?;
            file.seek(SeekFrom::End(0))?;
            self.file = Some(file);
        }
        self.file
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether something was written that may not be on the disk.
    pub(super) fn is_unsynced(&self) -> bool {
        self.unsynced
    }

    /// Returns when everything that was written is on the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.newest()?.sync_data()?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// Notes beside the journal how far it is on the disk for certain.
    pub(super) fn note(&mut self) -> io::Result<()> {
        if self.unsynced || self.noted == self.entries {
            return Ok(());
        }
        let witness = match &mut self.witness {
            Some(witness) => witness,
            None => {
                let path = self.folder.join(WITNESS);
                let new = !path.exists();
                let options = OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(path)?;
                if new {
                    sync_folder(&self.folder)?;
                }
                self.witness.insert(options)
            }
        };
        // One small write over the one before: it is there whole or not at all if the process is
        // killed. It need not be synced: an older one says less, and nothing that is wrong.
        witness.seek(SeekFrom::Start(0))?;
        witness.write_all(&testimony(self.entries))?;
        self.noted = self.entries;
        Ok(())
    }
}

pub(super) const WITNESS: &str = "witness";

/// How many entries of a journal were on the disk for certain; `None` if there is no saying.
pub(super) fn witnessed(folder: &Path) -> Option<u64> {
    let bytes = fs::read(folder.join(WITNESS)).ok()?;
    let (count, sum) = bytes.split_first_chunk::<8>()?;
    (sum == xxh3_64(count).to_le_bytes()).then_some(u64::from_le_bytes(*count))
}

/// What a witness says of so many entries.
pub(super) fn testimony(entries: u64) -> Vec<u8> {
    let count = entries.to_le_bytes();
    [count, xxh3_64(&count).to_le_bytes()].concat()
}

/// Makes the names in a folder last.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened, and need not be.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    let _ = folder;
    Ok(())
}
