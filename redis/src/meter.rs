//! What is measured of a cluster, as its callers meet it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use prometheus_client::metrics::histogram::Histogram;

use crate::Error;

/// Upper bounds in seconds: from a node beside us to one that is given up.
const SECONDS: [f64; 13] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];

/// Counts since the start.
#[derive(Debug)]
pub struct Meter {
    commands: AtomicU64,
    failures: [AtomicU64; Error::KINDS.len()],
    trips: Histogram,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            commands: AtomicU64::new(0),
            failures: Default::default(),
            trips: Histogram::new(SECONDS),
        }
    }

    /// Commands that were asked for.
    pub fn commands(&self) -> u64 {
        self.commands.load(Ordering::Relaxed)
    }

    /// Calls that failed, by the kind of the failure.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.failures.iter();
        let counts = counts.map(|count| count.load(Ordering::Relaxed));
        Error::KINDS.into_iter().zip(counts)
    }

    /// How long pipelines took until their last reply came, in seconds; where they write, until a replica has
    /// confirmed it.
    pub fn trips(&self) -> &Histogram {
        &self.trips
    }

    pub(crate) fn asked(&self, commands: usize) {
        (self.commands).fetch_add(commands as u64, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, error: &Error) {
        let kind = Error::KINDS.iter().position(|kind| *kind == error.kind());
        if let Some(count) = kind.and_then(|kind| self.failures.get(kind)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A pipeline that was sent at `begun` has its replies.
    pub(crate) fn returned(&self, begun: Instant) {
        let took: Duration = begun.elapsed();
        self.trips.observe(took.as_secs_f64());
    }
}
