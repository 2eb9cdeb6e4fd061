//! Counts and latencies.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hdrhistogram::Histogram;

use crate::Error;

/// What all workers count together, while they go on.
#[derive(Debug, Default)]
pub(super) struct Counter {
    articles: AtomicU64,
    errors: AtomicU64,
    first_error: OnceLock<String>,
}

impl Counter {
    /// Counts an article that was answered.
    pub(super) fn answered(&self) {
        self.articles.fetch_add(1, Relaxed);
    }

    /// Counts a failed call, or an article that was refused.
    pub(super) fn failed(&self, error: &Error) {
        self.errors.fetch_add(1, Relaxed);
        self.first_error.get_or_init(|| error.to_string());
    }

    pub(super) fn articles(&self) -> u64 {
        self.articles.load(Relaxed)
    }

    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    pub(super) fn first_error(&self) -> Option<&str> {
        self.first_error.get().map(String::as_str)
    }
}

/// Latencies in microseconds, to three digits.
#[derive(Debug)]
pub(super) struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        // It grows with what it is given.
        Self(Histogram::new(3).expect("a precision that a histogram can have"))
    }
}

impl Latencies {
    /// Records the latency of an article.
    pub(super) fn record(&mut self, latency: Duration) {
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        // It only fails where it cannot grow any more.
        let _ = self.0.record(microseconds);
    }

    /// Adds those of another worker.
    pub(super) fn add(&mut self, other: &Self) {
        // It only fails where it cannot grow any more.
        let _ = self.0.add(&other.0);
    }

    /// The latency that this share of the articles did not exceed.
    pub(super) fn quantile(&self, share: f64) -> u64 {
        self.0.value_at_quantile(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_not_lost_in_merging() {
        let (mut a, mut b) = (Latencies::default(), Latencies::default());
        for _ in 0..990 {
            a.record(Duration::from_micros(100));
        }
        for _ in 0..10 {
            b.record(Duration::from_millis(50));
        }
        a.add(&b);
        assert_eq!(a.quantile(0.5), 100);
        assert!((50_000..50_100).contains(&a.quantile(0.999)));
    }
}
