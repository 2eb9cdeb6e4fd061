//! What is measured of the store: how long syncs take, how much waits for them, how far recovery is.

use std::{
    fmt, fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use prometheus_client::{metrics::histogram::Histogram, registry::Registry};

use super::Store;
use crate::metrics::Figures;

/// Upper bounds in seconds: from a disk that answers from its memory to one that hangs.
const SECONDS: [f64; 13] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// Counts for one store.
#[derive(Debug)]
pub(super) struct Meter {
    syncs: Histogram,
    /// Bytes of journals that were read at the start, and that there are to read.
    pub(super) read: AtomicU64,
    found: AtomicU64,
    /// Articles that were put into the index.
    pub(super) restored: AtomicU64,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            syncs: Histogram::new(SECONDS),
            read: AtomicU64::new(0),
            found: AtomicU64::new(0),
            restored: AtomicU64::new(0),
        }
    }
}

impl Meter {
    /// Does what ends with a sync, and counts it and its time.
    pub(super) fn sync<T>(&self, sync: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = sync();
        self.syncs.observe(started.elapsed().as_secs_f64());
        done
    }

    /// Notes that the files of this folder are to be read.
    pub(super) fn found(&self, folder: &Path) {
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        let sizes = files.filter_map(|file| Some(file.metadata().ok()?.len()));
        self.found.fetch_add(sizes.sum(), Ordering::Relaxed);
    }
}

impl Store {
    pub(crate) fn register(&self, metrics: &mut Registry) {
        metrics.register(
            "basma_journal_sync_seconds",
            "How long it took to write what waited and sync it",
            self.meter.syncs.clone(),
        );
    }

    /// How the store is.
    pub(crate) fn figures(&self, out: &mut Figures<'_>) -> fmt::Result {
        out.gauge(
            "basma_journal_waiting",
            "Changes that are not acknowledged yet; with durability memory, not written",
            self.queue.waiting() as f64,
        )?;
        out.gauge(
            "basma_journal_failing",
            "1 while the store cannot be written, and submissions are refused",
            f64::from(u8::from(self.refusal().is_some())),
        )?;
        out.gauge(
            "basma_recovery_bytes_read",
            "Bytes of journals that were read at the start",
            self.meter.read.load(Ordering::Relaxed) as f64,
        )?;
        out.gauge(
            "basma_recovery_bytes",
            "Bytes of journals that there were at the start",
            self.meter.found.load(Ordering::Relaxed) as f64,
        )?;
        out.gauge(
            "basma_recovery_articles",
            "Articles that were put into the index at the start",
            self.meter.restored.load(Ordering::Relaxed) as f64,
        )
    }
}
