//! Journals that are made in one go, from what another one held: a journal that was damaged, and one whose
//! fingerprints are made anew.

use std::{fs, io, sync::Arc};

use basma_engine::{Collection, codec::put_bytes};
use parking_lot::Mutex;

use super::{
    entry::State, folder::Folder, log::Log, recover::Recovered, replay::Admission, texts::Texts,
};
use crate::named::Named;

/// Bytes that are written at once.
const STEP: usize = 4 << 20;

/// Puts a new journal in the place of a collection's, with the articles that the old one leaves: their texts,
/// and the records that `anew` makes of them.
///
/// # Errors
///
/// What `anew` returns, or a sentence that says what cannot be read or written. Nothing has changed then.
pub(super) fn rewrite(
    folder: &Folder,
    found: &Recovered,
    state: State,
    segment: u64,
    anew: impl Fn(&Admission<'_>) -> Result<Vec<u8>, String> + Sync,
) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot write {}: {error}", found.folder.display());
    let name = state.name.clone();
    let new = folder.new_journal(&name).map_err(failed)?;
    let collection = Collection::new(state.settings.detector);
    let named = Named::new(
        (&name, state.created),
        state.settings,
        collection,
        Texts::default(),
        None,
    );
    let log = Log::new(Arc::new(named), new, State { first: 1, ..state });
    let batch = log.batch(segment);
    let writing = Mutex::new((log, batch));
    found.replay(|admissions| {
        for admission in admissions {
            let record = anew(admission)?;
            let mut body = Vec::with_capacity(record.len() + admission.text.len() + 4);
            put_bytes(&mut body, &record);
            body.extend_from_slice(admission.text);
            let (log, batch) = &mut *writing.lock();
            batch.push_admission(admission.sequence, &body, admission.text.len());
            if batch.len() > STEP {
                log.write(batch, false).map_err(failed)?;
                *batch = log.batch(segment);
            }
        }
        Ok(())
    })?;
    let (mut log, mut batch) = writing.into_inner();
    let written = log.write(&mut batch, true).and_then(|()| log.note());
    written.map_err(failed)?;
    folder.exchange(&name).map_err(failed)
}

/// A folder for a journal that is not there yet, emptied.
pub(super) fn empty(folder: &std::path::Path) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir(folder)
}
