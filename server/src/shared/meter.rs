//! What is told of the cluster.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use basma_redis::{Redis, Value, cmd};
use parking_lot::Mutex;

use super::reply;
use crate::{failure::Failure, metrics::Figures};

/// What a server has learnt of the cluster.
#[derive(Debug)]
pub(super) struct Meter {
    /// Memory that the masters have given to data.
    bytes: AtomicU64,
    /// When counts were last exchanged.
    exchanged: Mutex<Instant>,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            bytes: AtomicU64::new(0),
            exchanged: Mutex::new(Instant::now()),
        }
    }
}

impl Meter {
    /// Asks the masters how much memory their data take, and returns the sum.
    pub(super) async fn ask(&self, redis: &Redis) -> Result<u64, Failure> {
        let mut info = cmd("INFO");
        info.arg("memory");
        let mut bytes = 0;
        for (_, reply) in redis.on_each_master(&info).await? {
            bytes += dataset(reply)?;
        }
        self.bytes.store(bytes, Ordering::Relaxed);
        Ok(bytes)
    }

    /// Counts have been exchanged.
    pub(super) fn exchanged(&self) {
        *self.exchanged.lock() = Instant::now();
    }

    /// How a cluster is that was reached.
    pub(super) fn figures(&self, redis: &Redis, out: &mut Figures<'_>) -> fmt::Result {
        let meter = redis.meter();
        out.gauge(
            "basma_store_masters",
            "Masters of the cluster that are known",
            redis.masters().len() as f64,
        )?;
        out.gauge(
            "basma_store_memory_bytes",
            "Memory of the data of all masters together",
            self.bytes.load(Ordering::Relaxed) as f64,
        )?;
        out.gauge(
            "basma_store_exchange_age_seconds",
            "Since counts were last exchanged with the other servers",
            self.exchanged.lock().elapsed().as_secs_f64(),
        )?;
        out.counter(
            "basma_store_commands",
            "Commands that the cluster was asked for",
            meter.commands() as f64,
        )?;
        out.counters(
            "basma_store_failures",
            "Calls of the cluster that failed: it was unreachable or full, or a write unconfirmed",
            meter
                .failures()
                .map(|(kind, count)| ([("kind", kind)], count as f64)),
        )?;
        out.histogram(
            "basma_store_trip_seconds",
            "How long a pipeline took; one that writes, until a replica has confirmed it",
            meter.trips(),
        )
    }
}

fn dataset(info: Value) -> Result<u64, Failure> {
    let text = reply::text(info)?;
    let used = text
        .lines()
        .find_map(|line| line.strip_prefix("used_memory_dataset:"));
    let used = used.and_then(|used| used.trim().parse().ok());
    Ok(used.unwrap_or_default())
}
