//! The admissions of the articles that a journal leaves, read again once it is known which these are.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use basma_engine::{
    block::Block,
    codec::{Malformed, Reader},
    record::Head,
};

use super::{
    entry::{ADMITTED, damaged, parts},
    folder::unusable,
    log::file_name,
    recover::Recovered,
    share::share_out,
    texts::Place,
};

/// The admission of an article that is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admission<'a> {
    pub(super) sequence: u64,
    pub(super) record: &'a [u8],
    /// The kept text as it is stored, empty if there is none.
    pub(super) text: &'a [u8],
    path: &'a Path,
    number: u32,
    offset: u64,
    /// Bytes of its entry.
    pub(super) size: u64,
}

impl Admission<'_> {
    /// A sentence about what is wrong with it.
    pub(super) fn damaged(&self, malformed: Malformed) -> String {
        damaged(self.path, self.offset as usize, malformed.0)
    }

    /// Where the kept text is, if there is one.
    pub(super) fn place(&self) -> Option<Place> {
        (!self.text.is_empty()).then_some(Place::Stored {
            number: self.number,
            offset: self.offset,
            length: self.text.len() as u32,
        })
    }
}

impl Recovered {
    /// Gives the admissions of the articles that are left to `each`, file by file, several files at the same
    /// time, and returns what that makes of them. No article comes twice.
    ///
    /// # Errors
    ///
    /// A sentence that names the file and what is wrong with it; the first one that `each` returns.
    pub(super) fn replay<T: Send>(
        &self,
        each: impl Fn(&[Admission<'_>]) -> Result<T, String> + Sync,
    ) -> Result<Vec<T>, String> {
        let taken: Vec<_> = self
            .sequences
            .iter()
            .map(|_| AtomicBool::new(false))
            .collect();
        share_out(&self.files, |(number, length)| {
            let path = self.folder.join(file_name(*number));
            let bytes = fs::read(&path).map_err(|error| unusable(&path, &error))?;
            let bytes = &bytes[..bytes.len().min(*length as usize)];
            each(&self.admissions(&path, bytes, *number, &taken)?)
        })
    }

    pub(super) fn admissions<'a>(
        &self,
        path: &'a Path,
        bytes: &'a [u8],
        number: u32,
        taken: &[AtomicBool],
    ) -> Result<Vec<Admission<'a>>, String> {
        let mut admissions = Vec::new();
        let (mut at, mut next) = (0, 0);
        while at < bytes.len() {
            let block = Block::read(&bytes[at..], number);
            let (block, length) = block.ok_or_else(|| damaged(path, at, "a checksum is wrong"))?;
            let entries = block.for_each(|kind, body, place| {
                if kind != ADMITTED {
                    return Ok(());
                }
                let (record, text) = parts(body)?;
                let sequence = Head::read(&mut Reader(record))?.sequence;
                // Nearly always it is the one after the last one.
                let found = match self.sequences.get(next) == Some(&sequence) {
                    true => Ok(next),
                    false => self.sequences.binary_search(&sequence),
                };
                if let Ok(found) = found
                    && !taken[found].swap(true, Ordering::Relaxed)
                {
                    next = found + 1;
                    admissions.push(Admission {
                        sequence,
                        record,
                        text,
                        path,
                        number,
                        offset: (at + place + body.len() - text.len()) as u64,
                        size: body.len() as u64,
                    });
                }
                Ok(())
            });
            entries.map_err(|malformed: Malformed| damaged(path, at, malformed.0))?;
            at += length;
        }
        Ok(admissions)
    }
}
