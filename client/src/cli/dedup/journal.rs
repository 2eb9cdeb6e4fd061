//! The decisions of a run under way, beside its output: what lets it go on where it was stopped.
//!
//! A line of JSON says which run it is: its input, settings and versions. Behind it stand blocks, one a
//! batch, each of its length, its checksum (xxh3) and its decisions. What is torn at the end, by
//! whatever ended the run, is cut off. Nothing else is trusted: the articles that are decided are read
//! and fingerprinted again, and the output is written anew, so that it needs no agreement with this file.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use basma_engine::{Verdict, collection::VERDICTS};
use xxhash_rust::xxh3::xxh3_64;

/// No block is longer, in bytes: a length beyond is not one.
const LONGEST_BLOCK: u32 = 1 << 30;

/// What became of an article.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decided {
    /// Of its exact hash: whether it is still the same article.
    pub(super) check: u32,
    pub(super) verdict: Verdict,
    pub(super) is_story: bool,
    /// The article that it matched best, if it matched any.
    pub(super) matched: Option<Box<str>>,
    /// Whether it tells another story than that one, though it stands in it.
    pub(super) is_apart: bool,
}

impl Decided {
    /// The article whose story it belongs to, if that is not its own.
    pub(super) fn story(&self) -> Option<&str> {
        let matched = self.matched.as_deref();
        matched.filter(|_| self.verdict.is_duplicate() && !self.is_apart)
    }
}

/// The file, open for the run that it is of.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// The decisions of before, yet to be taken.
    before: Option<BufReader<File>>,
    block: Vec<u8>,
    /// How much of `block` is taken.
    taken: usize,
    /// The decisions since the last block.
    fresh: Vec<u8>,
}

/// Why there is no journal.
#[derive(Debug)]
pub(super) enum Refused {
    /// The file is of another run.
    Another,
    /// Another process is at work on it.
    Locked,
    /// It cannot be read or written.
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Journal {
    /// Opens the journal of the run that `run`, one line, describes, or begins it; `anew`: whatever there
    /// was before.
    pub(super) fn open(path: &Path, run: &str, anew: bool) -> Result<Self, Refused> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        lock(&file)?;
        if anew {
            file.set_len(0)?;
        }
        let mut reader = BufReader::new(file.try_clone()?);
        let mut first = Vec::new();
        reader.read_until(b'\n', &mut first)?;
        let line = format!("{run}\n");
        // Stopped before its first line was written.
        if !first.ends_with(b"\n") {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(line.as_bytes())?;
        } else if first != line.as_bytes() {
            return Err(Refused::Another);
        }
        let mut end = line.len() as u64;
        reader.seek(SeekFrom::Start(end))?;
        let mut block = Vec::new();
        while read_block(&mut reader, &mut block)? {
            end += 12 + block.len() as u64;
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        // A handle of its own, since clones share their place in the file.
        let mut before = File::open(path)?;
        before.seek(SeekFrom::Start(line.len() as u64))?;
        let resumed = end > line.len() as u64;
        Ok(Self {
            path: path.to_owned(),
            file,
            before: resumed.then(|| BufReader::new(before)),
            block: Vec::new(),
            taken: 0,
            fresh: Vec::new(),
        })
    }

    /// The next decision of before; `None` when all are taken.
    pub(super) fn take(&mut self) -> io::Result<Option<Decided>> {
        while self.taken == self.block.len() {
            let Some(before) = &mut self.before else {
                return Ok(None);
            };
            self.taken = 0;
            if !read_block(before, &mut self.block)? {
                self.before = None;
                self.block = Vec::new();
            }
        }
        let mut rest = &self.block[self.taken..];
        let decided = Decided::read(&mut rest)?;
        self.taken = self.block.len() - rest.len();
        Ok(Some(decided))
    }

    /// Whether there are decisions of before to be taken.
    pub(super) fn is_resumed(&self) -> bool {
        self.before.is_some()
    }

    /// Adds a decision; it counts from the next [`Journal::write`] on.
    pub(super) fn add(&mut self, decided: &Decided) {
        decided.write(&mut self.fresh);
    }

    /// Writes what was added. It is then safe from whatever happens to this process.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let mut block = Vec::with_capacity(12 + self.fresh.len());
        block.extend((self.fresh.len() as u32).to_le_bytes());
        block.extend(xxh3_64(&self.fresh).to_le_bytes());
        block.append(&mut self.fresh);
        self.file.write_all(&block)
    }

    /// Removes the file: the run is over.
    pub(super) fn remove(self) -> io::Result<()> {
        std::fs::remove_file(self.path)
    }
}

/// Reads a block; false at the end, or where what follows is none.
fn read_block(file: &mut impl Read, block: &mut Vec<u8>) -> io::Result<bool> {
    block.clear();
    let mut head = [0; 12];
    match file.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    let (length, checksum) = head.split_at(4);
    let length = u32::from_le_bytes(length.try_into().unwrap_or_default());
    if length == 0 || length > LONGEST_BLOCK {
        return Ok(false);
    }
    file.take(length.into()).read_to_end(block)?;
    let sound = block.len() == length as usize && xxh3_64(block).to_le_bytes() == checksum;
    if !sound {
        block.clear();
    }
    Ok(sound)
}

impl Decided {
    fn write(&self, block: &mut Vec<u8>) {
        let verdict = VERDICTS.iter().position(|other| *other == self.verdict);
        block.extend(self.check.to_le_bytes());
        block.push(verdict.unwrap_or_default() as u8);
        block.push(u8::from(self.is_story) | u8::from(self.is_apart) << 1);
        // As long as an id is, which a line of the input bounds; nobody's is empty.
        let matched = self.matched.as_deref().unwrap_or_default();
        block.extend((matched.len() as u32).to_le_bytes());
        block.extend(matched.as_bytes());
    }

    fn read(block: &mut &[u8]) -> io::Result<Self> {
        let invalid = || io::Error::from(ErrorKind::InvalidData);
        let mut head = [0; 10];
        block.read_exact(&mut head)?;
        let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap_or_default());
        let length = number(&head[6..]) as usize;
        let (matched, rest) = block.split_at_checked(length).ok_or_else(invalid)?;
        *block = rest;
        let matched = std::str::from_utf8(matched).map_err(|_| invalid())?;
        Ok(Self {
            check: number(&head[..4]),
            verdict: *VERDICTS.get(head[4] as usize).ok_or_else(invalid)?,
            is_story: head[5] & 1 != 0,
            is_apart: head[5] & 2 != 0,
            matched: (!matched.is_empty()).then(|| matched.into()),
        })
    }
}

/// Two runs that write the same output would spoil it for each other. The lock ends with the process.
fn lock(file: &File) -> Result<(), Refused> {
    use rustix::{
        fs::{FlockOperation, flock},
        io::Errno,
    };
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(Refused::Locked),
        locked => locked.map_err(|error| Refused::Io(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use basma_engine::Relation;

    fn decided(n: u32) -> Decided {
        let duplicate = n.is_multiple_of(3);
        Decided {
            check: n,
            verdict: if duplicate {
                Verdict::Related(Relation::ContainedIn)
            } else {
                Verdict::New
            },
            is_story: !duplicate,
            matched: duplicate.then(|| format!("خبر-{n}").into()),
            is_apart: duplicate && n.is_multiple_of(3),
        }
    }

    fn rest(journal: &mut Journal) -> Vec<Decided> {
        std::iter::from_fn(|| journal.take().expect("a decision")).collect()
    }

    #[test]
    fn goes_on_wherever_it_was_torn() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path, "run", false).expect("a journal");
        assert!(rest(&mut journal).is_empty());
        for n in 0..40 {
            journal.add(&decided(n));
            if n % 10 == 9 {
                journal.write().expect("a block");
            }
        }
        drop(journal);
        let whole = std::fs::read(&path).expect("the journal");
        for length in (0..=whole.len()).rev() {
            std::fs::write(&path, &whole[..length]).expect("a file");
            let mut journal = Journal::open(&path, "run", false).expect("a journal");
            let found = rest(&mut journal);
            assert_eq!(found.len() % 10, 0, "{length}");
            assert!(found.iter().zip(0..).all(|(found, n)| *found == decided(n)));
            // And what is written then stands behind it.
            journal.add(&decided(99));
            journal.write().expect("a block");
            drop(journal);
            let mut journal = Journal::open(&path, "run", false).expect("a journal");
            let again = rest(&mut journal);
            assert_eq!(again.len(), found.len() + 1);
            assert_eq!(again.last(), Some(&decided(99)));
        }
    }

    #[test]
    fn a_flipped_bit_ends_what_is_trusted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path, "run", false).expect("a journal");
        for n in 0..3 {
            journal.add(&decided(n));
            journal.write().expect("a block");
        }
        drop(journal);
        let mut bytes = std::fs::read(&path).expect("the journal");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).expect("a file");
        let mut journal = Journal::open(&path, "run", false).expect("a journal");
        assert_eq!(rest(&mut journal), [decided(0), decided(1)]);
    }

    #[test]
    fn neither_another_run_nor_two_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let journal = Journal::open(&path, "run", false).expect("a journal");
        let second = Journal::open(&path, "run", false);
        assert!(matches!(second, Err(Refused::Locked)));
        drop(journal);
        let another = Journal::open(&path, "another", false);
        assert!(matches!(another, Err(Refused::Another)));
        drop(another);
        assert!(Journal::open(&path, "another", true).is_ok());
    }
}
