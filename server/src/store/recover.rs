//! From the files of a journal back to a collection.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

use basma_engine::{Record, block::Block};
use parking_lot::Mutex;
use tracing::warn;

use super::{
    entry::{ADMITTED, DELETED, STATE, State, VERSIONS, damaged, deletion, parts},
    folder::unusable,
    log::{file_name, witnessed},
    texts::{Place, Texts},
};

/// What a journal came to.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) state: State,
    /// The articles that are left, by sequence.
    pub(super) records: Vec<Record>,
    /// Where their kept texts are.
    pub(super) texts: Vec<(u64, Place)>,
    /// Bytes of their entries.
    pub(super) live: u64,
    /// The files by number, and the bytes of their whole blocks.
    pub(super) files: Vec<(u32, u64)>,
    pub(super) entries: u64,
    /// Something could not be read, and that was accepted.
    pub(super) lost: bool,
}

impl Recovered {
    /// The kept texts, in this folder.
    pub(super) fn texts(&self, folder: &Path) -> Texts {
        let texts = Texts::within(folder.to_owned());
        for (sequence, place) in &self.texts {
            texts.put(*sequence, place.clone());
        }
        texts
    }

    /// That the fingerprints can be compared with those that are made now.
    ///
    /// # Errors
    ///
    /// A sentence that says which command makes them anew.
    pub(super) fn check_versions(&self) -> Result<(), String> {
        let State { versions, name, .. } = &self.state;
        if self.state.is_current() || self.records.is_empty() {
            return Ok(());
        }
        Err(format!(
            "the fingerprints of the collection {name:?} are of versions {versions:?}, and this basmad \
             makes {VERSIONS:?}: run `basmad refingerprint` on the folder, which needs the texts of all \
             articles, or use the basmad that wrote it"
        ))
    }
}

/// What one file says.
#[derive(Debug, Default)]
struct Scan {
    /// Entries of the journal before it and up to its end.
    before: u64,
    after: u64,
    /// Bytes of whole blocks, and of the file.
    whole: usize,
    size: usize,
    state: Option<State>,
    admitted: Vec<Admitted>,
    deleted: Vec<u64>,
}

#[derive(Debug)]
struct Admitted {
    record: Record,
    text: Option<Place>,
    size: u64,
}

/// Reads the journal in a folder, all processors at work; adds to `read` the bytes of each file that is
/// done. With `accept_loss` whatever can be read is taken, and it is said what cannot.
///
/// # Errors
///
/// A sentence that names the file and what is wrong with it. Nothing has changed then.
pub(super) fn recover(
    folder: &Path,
    accept_loss: bool,
    read: &AtomicU64,
) -> Result<Recovered, String> {
    let mut lost = false;
    let mut loss = |message: String| match accept_loss {
        true => {
            warn!(message, "accepted");
            lost = true;
            Ok(())
        }
        false => Err(format!(
            "{message}; restore a backup, or start once with --accept-loss to go on with what is left"
        )),
    };
    let mut numbers = numbers(folder)?;
    if let Some(pair) = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        let missing = folder.join(file_name(pair[0] + 1));
        loss(format!("{} is missing", missing.display()))?;
    }
    let mut scans = scan_all(folder, &numbers, read)?;
    let path = |number: u32| folder.join(file_name(number));
    // The newest file may be torn, even in its first block, if whatever came after what is certain.
    if scans.len() > 1
        && let Some(last) = scans.pop_if(|last| last.state.is_none())
    {
        warn!(file = %path(numbers[scans.len()]).display(), bytes = last.size, "was never finished: left out");
        numbers.truncate(scans.len());
    }
    let mut entries = scans.first().map_or(0, |first| first.before);
    for (scan, number) in scans.iter().zip(&numbers) {
        let is_last = Some(number) == numbers.last();
        if scan.state.is_none() || (scan.whole < scan.size && !is_last) {
            let what = "a block is cut off or its checksum is wrong";
            loss(damaged(&path(*number), scan.whole, what))?;
        }
        if scan.state.is_some() && scan.before != entries {
            loss(format!(
                "{} does not follow the file before it: {} changes are missing",
                path(*number).display(),
                scan.before.abs_diff(entries)
            ))?;
        }
        entries = entries.max(scan.after);
    }
    let (Some(newest), Some(last)) = (numbers.last(), scans.last()) else {
        return Err(format!(
            "there is no journal in {}: restore a backup",
            folder.display()
        ));
    };
    match witnessed(folder) {
        None => loss(format!(
            "{} is missing or damaged, so that nothing can say whether the journal is complete",
            folder.join("witness").display()
        ))?,
        Some(witnessed) if entries < witnessed => loss(format!(
            "{} is damaged at byte {}: the last {} acknowledged changes are missing",
            path(*newest).display(),
            last.whole,
            witnessed - entries
        ))?,
        Some(_) => {}
    }
    if last.whole < last.size {
        warn!(
            file = %path(*newest).display(),
            bytes = last.size - last.whole,
            "was being written when the server ended: what had not been acknowledged is cut off"
        );
    }
    let state = scans.iter().rev().find_map(|scan| scan.state.clone());
    let state = state.ok_or_else(|| format!("there is no journal in {}", folder.display()))?;
    if numbers.first().is_some_and(|first| *first > state.first) {
        let missing = folder.join(file_name(state.first));
        loss(format!("{} is missing", missing.display()))?;
    }
    let merged = merge(folder, state, numbers, scans)?;
    Ok(Recovered {
        entries,
        lost,
        ..merged
    })
}

/// Takes together what the files say.
fn merge(
    folder: &Path,
    mut state: State,
    numbers: Vec<u32>,
    scans: Vec<Scan>,
) -> Result<Recovered, String> {
    let (mut files, mut admitted, mut gone) = (Vec::new(), Vec::new(), HashSet::new());
    for (scan, number) in scans.into_iter().zip(numbers) {
        // Cleaned, and then the server ended before it was removed.
        if number < state.first {
            fs::remove_file(folder.join(file_name(number)))
                .map_err(|error| unusable(folder, &error))?;
            continue;
        }
        files.push((number, scan.whole as u64));
        gone.extend(scan.deleted);
        admitted.extend(scan.admitted);
    }
    gone.extend(admitted.iter().filter_map(|one| one.record.replaces));
    // Of two copies the later one stays: the other's file is to be cleaned away.
    admitted.reverse();
    admitted.sort_by_key(|one| one.record.sequence());
    admitted.dedup_by_key(|one| one.record.sequence());
    for one in &admitted {
        if one.record.sequence() >= state.next {
            (state.next, state.usual) = (one.record.sequence() + 1, one.record.usual);
        }
    }
    state.next = gone
        .iter()
        .fold(state.next, |next, sequence| next.max(sequence + 1));
    admitted.retain(|one| !gone.contains(&one.record.sequence()));
    let live = admitted.iter().map(|one| one.size).sum();
    let mut texts = Vec::new();
    let records = admitted.into_iter().map(|one| {
        texts.extend(one.text.map(|place| (one.record.sequence(), place)));
        one.record
    });
    Ok(Recovered {
        records: records.collect(),
        state,
        texts,
        live,
        files,
        entries: 0,
        lost: false,
    })
}

/// The numbers of the files in a folder, ascending.
fn numbers(folder: &Path) -> Result<Vec<u32>, String> {
    let names = || -> io::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
            numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
        }
        Ok(numbers)
    };
    let mut numbers = names().map_err(|error| unusable(folder, &error))?;
    numbers.sort_unstable();
    Ok(numbers)
}

fn scan_all(folder: &Path, numbers: &[u32], read: &AtomicU64) -> Result<Vec<Scan>, String> {
    let scans: Vec<_> = numbers.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers.min(numbers.len()) {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(number) = numbers.get(at)
                {
                    let found = scan(&folder.join(file_name(*number)), *number);
                    if let Ok(scan) = &found {
                        read.fetch_add(scan.size as u64, Ordering::Relaxed);
                    }
                    *scans[at].lock() = Some(found);
                }
            });
        }
    });
    scans.into_iter().filter_map(Mutex::into_inner).collect()
}

/// Reads a file up to the first block that is not whole.
fn scan(path: &PathBuf, number: u32) -> Result<Scan, String> {
    let bytes = fs::read(path).map_err(|error| unusable(path, &error))?;
    let mut scan = Scan {
        size: bytes.len(),
        ..Scan::default()
    };
    while let Some((block, length)) = Block::read(&bytes[scan.whole..], number) {
        if scan.whole == 0 {
            (scan.before, scan.after) = (block.before, block.before);
        }
        if block.before != scan.after {
            break;
        }
        let at = scan.whole;
        let entries = block.for_each(|kind, body, place| {
            match kind {
                STATE => scan.state = Some(State::decode(body)?),
                ADMITTED => {
                    let (record, text) = parts(body)?;
                    let offset = at + place + body.len() - text.len();
                    let is_current = scan.state.as_ref().is_none_or(State::is_current);
                    scan.admitted.push(Admitted {
                        record: match is_current {
                            true => Record::decode(record)?,
                            false => Record::decode_without_content(record)?,
                        },
                        text: (!text.is_empty()).then_some(Place::Stored {
                            number,
                            offset: offset as u64,
                            length: text.len() as u32,
                        }),
                        size: body.len() as u64,
                    });
                }
                DELETED => scan.deleted.push(deletion(body)?),
                _ => {
                    return Err(basma_engine::codec::Malformed(
                        "an entry is of no known kind",
                    ));
                }
            }
            Ok(())
        });
        entries.map_err(|error| damaged(path, at, error.0))?;
        scan.after += u64::from(block.count);
        scan.whole += length;
    }
    Ok(scan)
}
