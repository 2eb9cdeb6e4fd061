//! Cleaning: giving back the disk space of what was deleted.
//!
//! When more of a journal is dead than alive, its oldest file is read and what is alive in it is
//! appended again; then the file goes. Always the oldest one: so a deletion is always behind every copy
//! of what it deletes, and when its turn comes nothing is left that it could speak of. What is older
//! than its retention stands in the oldest files, which then go without anything being copied.

use std::fs;

use basma_engine::{Record, block::Block};
use tracing::{debug, error};

use super::{
    entry::{ADMITTED, STATE, damaged, parts},
    log::{Batch, Log},
};
use crate::heap;

/// Bytes that are copied between two commits.
const STEP: u64 = 256 << 10;

/// A file that is being cleaned.
#[derive(Debug)]
pub(super) struct Cleaning {
    number: u32,
    bytes: Vec<u8>,
    /// The admissions in it that are not looked at yet, first one last.
    left: Vec<std::ops::Range<usize>>,
    /// Everything alive in it is written again.
    done: bool,
    /// It cannot be read: it stays as it is.
    failed: bool,
}

impl Log {
    /// Whether there is something to clean, when files are meant to have `segment` bytes.
    pub(super) fn needs_cleaning(&self, segment: u64) -> bool {
        match &self.cleaning {
            Some(cleaning) => !cleaning.failed,
            None => {
                let dead = self.total().saturating_sub(self.live);
                !self.sealed.is_empty() && dead > self.live.max(segment)
            }
        }
    }

    /// Adds to a batch, behind all else, some of what is alive in the oldest file; or, once all of it was
    /// looked at, that the file is not needed any more.
    ///
    /// That comes in a later batch than the last look: what was found dead then may have been replaced a
    /// moment before, by an article that still waited to be written. It is in the later batch, if not before.
    pub(super) fn clean(&mut self, batch: &mut Batch) {
        let Some(number) = self.sealed.keys().next().copied() else {
            return;
        };
        let mut cleaning = (self.cleaning.take()).unwrap_or_else(|| self.open(number));
        if !cleaning.failed && cleaning.left.is_empty() {
            batch.state.first = number + 1;
            let state = batch.state.encode();
            batch.push(STATE, &state);
            cleaning.done = true;
        }
        let mut copied = 0;
        while !cleaning.failed && copied < STEP {
            let Some(range) = cleaning.left.pop() else {
                break;
            };
            let body = &cleaning.bytes[range];
            let Ok((record, text)) = parts(body) else {
                cleaning.failed = true;
                break;
            };
            match Record::peek(record) {
                Ok((sequence, id)) if self.named.collection.is_current(id, sequence) => {
                    batch.push_admission(sequence, body, text.len());
                    copied += body.len() as u64;
                }
                Ok(_) => {}
                Err(_) => cleaning.failed = true,
            }
        }
        self.cleaning = Some(cleaning);
    }

    fn open(&self, number: u32) -> Cleaning {
        let path = self.path(number);
        let mut cleaning = Cleaning {
            number,
            bytes: Vec::new(),
            left: Vec::new(),
            done: false,
            failed: false,
        };
        let read = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()));
        let found = read.and_then(|bytes| {
            let (mut at, mut left) = (0, Vec::new());
            while at < bytes.len() {
                let block = Block::read(&bytes[at..], number);
                let (block, length) =
                    block.ok_or_else(|| damaged(&path, at, "a checksum is wrong"))?;
                let entries = block.for_each(|kind, body, place| {
                    if kind == ADMITTED {
                        left.push(at + place..at + place + body.len());
                    }
                    Ok::<_, basma_engine::codec::Malformed>(())
                });
                entries.map_err(|error| damaged(&path, at, error.0))?;
                at += length;
            }
            left.reverse();
            Ok((bytes, left))
        });
        match found {
            Ok((bytes, left)) => (cleaning.bytes, cleaning.left) = (bytes, left),
            Err(message) => {
                error!(message, "cannot give back disk space; restore a backup");
                cleaning.failed = true;
            }
        }
        cleaning
    }

    /// Whether a file is to go once what waits is written.
    pub(super) fn has_cleaned(&self) -> bool {
        self.cleaning.as_ref().is_some_and(|cleaning| cleaning.done)
    }

    /// Removes the file whose last live entry is written.
    pub(super) fn drop_cleaned(&mut self) {
        let Some(cleaning) = self.cleaning.take_if(|cleaning| cleaning.done) else {
            return;
        };
        let path = self.path(cleaning.number);
        match fs::remove_file(&path) {
            Ok(()) => debug!(path = %path.display(), "cleaned"),
            // It is not needed, and removed at the next start.
            Err(error) => error!(path = %path.display(), %error, "cannot remove"),
        }
        self.sealed.remove(&cleaning.number);
        drop(cleaning);
        heap::freed();
    }
}
