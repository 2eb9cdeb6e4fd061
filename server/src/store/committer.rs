//! The committer: one thread that writes whatever waits, syncs it once, and acknowledges it.
//!
//! It does not wait for more to come: while it writes, more comes by itself.

use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tracing::{error, info, warn};

use super::{
    Durability,
    backup::Snapshot,
    folder::Folder,
    log::{Batch, Log},
    meter::Meter,
    queue::{Op, Queue, Trouble},
};
use crate::named::Named;

/// Between two attempts to write what could not be written.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// Between two looks whether journals are still copied that are to be cleaned.
const LOOK: Duration = Duration::from_secs(1);

/// What the committer's thread owns.
#[derive(Debug)]
pub(super) struct Committer {
    pub(super) queue: Arc<Queue>,
    pub(super) folder: Arc<Folder>,
    pub(super) logs: BTreeMap<u64, Log>,
    pub(super) durability: Durability,
    pub(super) segment: u64,
    /// Held by whoever copies journals.
    pub(super) lease: Arc<()>,
    pub(super) meter: Arc<Meter>,
}

/// It was told to stop while nothing could be written.
struct GivenUp;

impl Committer {
    /// Writes until the queue is stopped and empty.
    pub(super) fn run(mut self) {
        let period = match self.durability {
            Durability::Sync => None,
            Durability::Interval(period) => Some(period),
            Durability::Memory => Some(Duration::from_secs(1)),
        };
        let mut synced = Instant::now();
        loop {
            let cleaning = (self.logs.values()).any(|log| log.needs_cleaning(self.segment));
            let cleaning = cleaning.then(|| match self.is_copied() {
                true => Instant::now() + LOOK,
                false => Instant::now(),
            });
            let syncing = period.map(|period| synced + period);
            let due = cleaning.into_iter().chain(syncing).min();
            let (ops, count, stop) = self.queue.take(due);
            let ended = stop && ops.is_empty();
            if self.commit(ops).is_err() {
                error!("stopped with changes that could not be written, and were not acknowledged");
                return;
            }
            self.queue.acknowledge(count);
            if let Some(period) = period
                && (ended || synced.elapsed() >= period)
            {
                if self.sync().is_err() {
                    error!("stopped with changes that could not be synced");
                    return;
                }
                synced = Instant::now();
            }
            if ended {
                return;
            }
        }
    }

    fn commit(&mut self, ops: Vec<(u64, Op)>) -> Result<(), GivenUp> {
        let mut batches: BTreeMap<u64, Batch> = BTreeMap::new();
        let mut snapshots = Vec::new();
        for (number, op) in ops {
            match op {
                Op::Created(named) => self.create(number, named)?,
                Op::Snapshot(asked) => snapshots.push(asked),
                Op::Dropped => {
                    batches.remove(&number);
                    self.drop(number)?;
                }
                op => {
                    // Changes of a collection that was dropped meanwhile go with it.
                    if let Some(log) = self.logs.get(&number) {
                        let batch = batches
                            .entry(number)
                            .or_insert_with(|| log.batch(self.segment));
                        log.add(batch, &op);
                    }
                }
            }
        }
        let cleaning = !self.is_copied();
        for (number, log) in self.logs.iter_mut().filter(|_| cleaning) {
            if log.needs_cleaning(self.segment) {
                let batch = batches
                    .entry(*number)
                    .or_insert_with(|| log.batch(self.segment));
                log.clean(batch);
            }
        }
        let sync = self.durability == Durability::Sync;
        for (number, mut batch) in batches {
            if let Some(log) = self.logs.get_mut(&number) {
                // What was copied must be on the disk before what it was copied from goes.
                let sync = sync || log.has_cleaned();
                until_done(&self.queue, || match sync {
                    true => self.meter.sync(|| log.write(&mut batch, true)),
                    false => log.write(&mut batch, false),
                })?;
                until_done(&self.queue, || log.note())?;
                log.drop_cleaned();
            }
        }
        for asked in snapshots {
            // Whoever asked may have gone.
            let _ = asked.send(Snapshot::new(self.logs.values(), Arc::clone(&self.lease)));
        }
        Ok(())
    }

    /// Somebody copies journals, which are not cleaned meanwhile.
    fn is_copied(&self) -> bool {
        Arc::strong_count(&self.lease) > 1
    }

    fn create(&mut self, number: u64, named: Arc<Named>) -> Result<(), GivenUp> {
        let (folder, queue, segment) = (&self.folder, &self.queue, self.segment);
        let log = until_done(queue, || folder.create(&named, segment))?;
        self.logs.insert(number, log);
        Ok(())
    }

    fn drop(&mut self, number: u64) -> Result<(), GivenUp> {
        if let Some(log) = self.logs.remove(&number) {
            let name = log.named.name.clone();
            until_done(&self.queue, || self.folder.drop_collection(&name))?;
            // To free a large index takes a while, in which others wait to be written.
            thread::spawn(move || drop(log));
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), GivenUp> {
        for log in self.logs.values_mut() {
            if log.is_unsynced() {
                until_done(&self.queue, || self.meter.sync(|| log.sync()))?;
            }
            until_done(&self.queue, || log.note())?;
        }
        Ok(())
    }
}

/// Tries again and again, and says meanwhile that nothing can be written.
fn until_done<T>(queue: &Queue, mut attempt: impl FnMut() -> io::Result<T>) -> Result<T, GivenUp> {
    let mut pauses = PAUSES.into_iter();
    let mut pause = PAUSES[0];
    let mut failed = false;
    loop {
        let error = match attempt() {
            Ok(done) => {
                if failed {
                    info!("the store can be written again");
                }
                return Ok(done);
            }
            Err(error) => error,
        };
        if !failed {
            warn!(%error, "the store cannot be written: submissions are refused until it can");
            failed = true;
        }
        queue.report(Trouble {
            full: is_full(&error),
            message: error.to_string(),
        });
        pause = pauses.next().unwrap_or(pause);
        if queue.pause(pause) {
            return Err(GivenUp);
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
