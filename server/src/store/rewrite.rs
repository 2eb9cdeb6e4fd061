//! Journals that are made in one go, from what another one held: a journal that was damaged, and one whose
//! fingerprints are made anew.

use std::{fs, io, sync::Arc};

use basma_engine::{Collection, Record, codec::put_bytes};

use super::{entry::State, folder::Folder, log::Log, texts::Texts};
use crate::registry::Named;

/// Bytes that are written at once.
const STEP: usize = 4 << 20;

/// Puts a new journal in the place of a collection's, with these admissions in the order of their
/// sequences: the records, and where the texts of those that have some are to be read.
pub(super) fn rewrite(
    folder: &Folder,
    state: State,
    records: &[Record],
    texts: &Texts,
    segment: u64,
) -> io::Result<()> {
    let name = state.name.clone();
    let new = folder.new_journal(&name)?;
    let collection = Collection::new(state.settings.detector);
    let named = Named::new(
        (&name, state.created),
        state.settings,
        collection,
        Texts::default(),
        None,
    );
    let state = State { first: 1, ..state };
    let mut log = Log::new(Arc::new(named), new, state);
    let mut batch = log.batch(segment);
    let mut record = Vec::new();
    for one in records {
        record.clear();
        one.write(&mut record);
        let text = texts.packed(one.sequence())?.unwrap_or_default();
        let mut body = Vec::with_capacity(record.len() + text.len() + 4);
        put_bytes(&mut body, &record);
        body.extend_from_slice(&text);
        batch.push_admission(one.sequence(), &body, text.len());
        if batch.len() > STEP {
            log.write(&mut batch, false)?;
            batch = log.batch(segment);
        }
    }
    log.write(&mut batch, true)?;
    log.note()?;
    folder.exchange(&name)
}

/// A folder for a journal that is not there yet, emptied.
pub(super) fn empty(folder: &std::path::Path) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir(folder)
}
