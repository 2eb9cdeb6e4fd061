//! Which articles the files of a journal leave, and whether all of it is there.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use basma_engine::{block::Block, codec::Malformed, codec::Reader, record::Head};
use tracing::warn;

use super::{
    entry::{ADMITTED, DELETED, STATE, State, VERSIONS, damaged, deletion, parts},
    folder::unusable,
    log::{file_name, witnessed},
    share::share_out,
};

/// What a journal came to.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) folder: PathBuf,
    pub(super) state: State,
    /// The sequences of the articles that are left, ascending.
    pub(super) sequences: Vec<u64>,
    /// The files by number, and the bytes of their whole blocks.
    pub(super) files: Vec<(u32, u64)>,
    pub(super) entries: u64,
    /// Something could not be read, and that was accepted.
    pub(super) lost: bool,
}

impl Recovered {
    /// That the fingerprints can be compared with those that are made now.
    ///
    /// # Errors
    ///
    /// A sentence that says which command makes them anew.
    pub(super) fn check_versions(&self) -> Result<(), String> {
        let State { versions, name, .. } = &self.state;
        if self.state.is_current() || self.sequences.is_empty() {
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
pub(super) struct Scan {
    /// Entries of the journal before it and up to its end.
    before: u64,
    after: u64,
    /// Bytes of whole blocks, and of the file.
    pub(super) whole: usize,
    size: usize,
    pub(super) state: Option<State>,
    admitted: Vec<u64>,
    /// Sequences of what was deleted or replaced.
    gone: Vec<u64>,
    /// Of the article with the greatest sequence: that, and the mean specificity after it.
    last: Option<(u64, f64)>,
}

/// Reads the journal in a folder for which articles are left, all processors at work; adds to `read` the bytes
/// of each file that is done. With `accept_loss` whatever can be read is taken, and it is said what cannot.
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
pub(super) fn merge(
    folder: &Path,
    mut state: State,
    numbers: Vec<u32>,
    scans: Vec<Scan>,
) -> Result<Recovered, String> {
    let (mut files, mut sequences, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (scan, number) in scans.into_iter().zip(numbers) {
        // Cleaned, and then the server ended before it was removed.
        if number < state.first {
            fs::remove_file(folder.join(file_name(number)))
                .map_err(|error| unusable(folder, &error))?;
            continue;
        }
        files.push((number, scan.whole as u64));
        gone.extend(scan.gone);
        sequences.extend(scan.admitted);
        if let Some((sequence, usual)) = scan.last.filter(|(last, _)| *last >= state.next) {
            (state.next, state.usual) = (sequence + 1, usual);
        }
    }
    // They come nearly in order: what was copied when a file was cleaned is older than what is around it.
    sequences.sort();
    sequences.dedup();
    gone.sort();
    state.next = gone.last().map_or(0, |last| last + 1).max(state.next);
    let mut gone = gone.into_iter().peekable();
    sequences.retain(|sequence| {
        while gone.next_if(|gone| gone < sequence).is_some() {}
        gone.peek() != Some(sequence)
    });
    Ok(Recovered {
        folder: folder.to_owned(),
        sequences,
        state,
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
    share_out(numbers, |number| {
        let found = scan(&folder.join(file_name(*number)), *number)?;
        read.fetch_add(found.size as u64, Ordering::Relaxed);
        Ok(found)
    })
}

/// Reads a file up to the first block that is not whole.
fn scan(path: &Path, number: u32) -> Result<Scan, String> {
    let bytes = fs::read(path).map_err(|error| unusable(path, &error))?;
    scan_bytes(path, &bytes, number)
}

/// Reads what a file of this path and number holds.
pub(super) fn scan_bytes(path: &Path, bytes: &[u8], number: u32) -> Result<Scan, String> {
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
        let entries = block.for_each(|kind, body, _| {
            match kind {
                STATE => scan.state = Some(State::decode(body)?),
                ADMITTED => {
                    let (record, _) = parts(body)?;
                    let head = Head::read(&mut Reader(record))?;
                    scan.admitted.push(head.sequence);
                    scan.gone.extend(head.replaces);
                    if scan.last.is_none_or(|(last, _)| last < head.sequence) {
                        scan.last = Some((head.sequence, head.usual));
                    }
                }
                DELETED => scan.gone.push(deletion(body)?),
                _ => return Err(Malformed("an entry is of no known kind")),
            }
            Ok(())
        });
        entries.map_err(|error| damaged(path, at, error.0))?;
        scan.after += u64::from(block.count);
        scan.whole += length;
    }
    Ok(scan)
}
