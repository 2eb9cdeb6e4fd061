//! From the files of a journal back to a collection.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

use basma_engine::{FOLD_VERSION, Record, record::CONTENT_VERSION};
use parking_lot::Mutex;
use tracing::warn;

use super::{
    block::Block,
    entry::{ADMITTED, DELETED, STATE, State, damaged, deletion, parts},
    folder::unusable,
    log::{file_name, witnessed},
    texts::Place,
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
/// done.
///
/// # Errors
///
/// A sentence that names the file and what is wrong with it. Nothing has changed then.
pub(super) fn recover(folder: &Path, read: &AtomicU64) -> Result<Recovered, String> {
    let mut numbers = numbers(folder)?;
    let scans = scan_all(folder, &numbers, read)?;
    let mut scans: Vec<Scan> = scans.into_iter().collect();
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
            return Err(damaged(
                &path(*number),
                scan.whole,
                "a block is cut off or its checksum is wrong; restore a backup",
            ));
        }
        if scan.before != entries {
            return Err(format!(
                "{} does not follow the file before it: {} changes are missing; restore a backup",
                path(*number).display(),
                scan.before.abs_diff(entries)
            ));
        }
        entries = scan.after;
    }
    let (Some(newest), Some(last)) = (numbers.last(), scans.last()) else {
        return Err(format!(
            "there is no journal in {}: restore a backup",
            folder.display()
        ));
    };
    let Some(witnessed) = witnessed(folder) else {
        return Err(format!(
            "{} is missing or damaged, so that nothing can say whether the journal is complete; \
             restore a backup",
            folder.join("witness").display()
        ));
    };
    if entries < witnessed {
        return Err(format!(
            "{} is damaged at byte {}: the last {} acknowledged changes are missing; restore a backup",
            path(*newest).display(),
            last.whole,
            witnessed - entries
        ));
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
    let merged = merge(folder, state, numbers, scans)?;
    Ok(Recovered { entries, ..merged })
}

/// Takes together what the files say.
fn merge(
    folder: &Path,
    mut state: State,
    numbers: Vec<u32>,
    scans: Vec<Scan>,
) -> Result<Recovered, String> {
    if numbers.first().is_some_and(|first| *first > state.first) {
        let missing = folder.join(file_name(state.first));
        return Err(format!(
            "{} is missing: restore it or a backup",
            missing.display()
        ));
    }
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
    if state.versions != [FOLD_VERSION, CONTENT_VERSION] && !admitted.is_empty() {
        return Err(format!(
            "the fingerprints in {} were made with folding {} and content {}, and this basmad has {FOLD_VERSION} and {CONTENT_VERSION}",
            folder.display(),
            state.versions[0],
            state.versions[1],
        ));
    }
    state.versions = [FOLD_VERSION, CONTENT_VERSION];
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
    })
}

/// The numbers of the files in a folder, none missing between two.
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
    match numbers.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        Some(pair) => Err(format!(
            "{} is missing: restore it or a backup",
            folder.join(file_name(pair[0] + 1)).display()
        )),
        None => Ok(numbers),
    }
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
                    scan.admitted.push(Admitted {
                        record: Record::decode(record)?,
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
