//! The start: collections are brought back from their journals.

use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use basma_engine::Restoration;
use tracing::info;

use super::{
    Store,
    entry::{State, VERSIONS},
    log::Log,
    recover::{Recovered, recover},
    replay::Admission,
    rewrite::rewrite,
};
use crate::named::Named;

/// Between two lines of the log that say how far it is.
const SECOND: Duration = Duration::from_secs(1);

impl Store {
    /// Reads a journal, and writes it anew if not all of it could be read, or if it was empty and of another
    /// version.
    fn read(&self, name: &str) -> Result<Recovered, String> {
        let read = &self.meter.read;
        let folder = self.folder.journal(name);
        let found = recover(&folder, self.accept_loss, read)?;
        found.check_versions()?;
        if found.state.name != name {
            return Err(format!(
                "{} is the journal of the collection {:?}: folders were renamed",
                folder.display(),
                found.state.name
            ));
        }
        if !found.lost && found.state.is_current() {
            return Ok(found);
        }
        let state = State {
            versions: VERSIONS,
            ..found.state.clone()
        };
        let as_it_is = |admission: &Admission<'_>| Ok(admission.record.to_vec());
        rewrite(&self.folder, &found, state, self.segment, as_it_is)?;
        recover(&folder, false, read)
    }

    /// Brings a collection back, and says how far that is.
    pub(super) fn recover_one(&self, name: &str) -> Result<(u64, Log), String> {
        let (read, restored) = (&self.meter.read, &self.meter.restored);
        let before = [read, restored].map(|counter| counter.load(Ordering::Relaxed));
        let started = Instant::now();
        let (sender, receiver) = mpsc::channel::<()>();
        let recovered = thread::scope(|scope| {
            let restoring = scope.spawn(move || {
                let recovered = self.bring_back(name);
                drop(sender);
                recovered
            });
            // Nothing is ever sent: it ends with the work, however that ends.
            while receiver.recv_timeout(SECOND) == Err(RecvTimeoutError::Timeout) {
                let megabytes = (read.load(Ordering::Relaxed) - before[0]) >> 20;
                let articles = restored.load(Ordering::Relaxed) - before[1];
                info!(
                    collection = name,
                    megabytes, articles, "reading the journal"
                );
            }
            restoring.join()
        });
        let recovered = recovered.map_err(|_| format!("reading the journal of {name:?} failed"))?;
        let articles = restored.load(Ordering::Relaxed) - before[1];
        info!(collection = name, articles, elapsed = ?started.elapsed(), "recovered");
        recovered
    }

    fn bring_back(&self, name: &str) -> Result<(u64, Log), String> {
        let found = self.read(name)?;
        let (number, book, texts) = self.book(name);
        let settings = found.state.settings;
        let restoration = Restoration::new(self.collection(settings.detector), &found.sequences);
        let restoration =
            restoration.map_err(|_| format!("{} has too many articles", found.folder.display()))?;
        let live = found.replay(|admissions| {
            let mut sheet = restoration.sheet();
            for admission in admissions {
                let added = sheet.add(admission.record);
                added.map_err(|malformed| admission.damaged(malformed))?;
                if let Some(place) = admission.place() {
                    texts.put(admission.sequence, place);
                }
            }
            let count = admissions.len() as u64;
            self.meter.restored.fetch_add(count, Ordering::Relaxed);
            Ok(admissions
                .iter()
                .map(|admission| admission.size)
                .sum::<u64>())
        })?;
        let collection = restoration.finish(found.state.next, found.state.usual);
        let named = Named::new(
            (name, found.state.created),
            settings,
            collection,
            texts,
            Some(book),
        );
        let mut log = Log::new(Arc::new(named), found.folder, found.state);
        log.entries = found.entries;
        log.live = live.into_iter().sum();
        log.sealed = found.files.into_iter().collect();
        if let Some((number, length)) = log.sealed.pop_last() {
            (log.number, log.length) = (number, length);
        }
        Ok((number, log))
    }
}
