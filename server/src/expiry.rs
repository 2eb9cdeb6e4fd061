//! Expiry: articles that are older than their collection's retention are deleted, a few at a time.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::registry::{Named, Registry, now};

/// Articles that are looked at, and deleted if they are to be, before others are let go first.
const STEP: usize = 1000;

/// How often collections are looked for that are due.
const TICK: Duration = Duration::from_secs(1);

/// Deletes until told to stop. A collection is looked through once in a twentieth of its retention, at
/// least every minute: so long an article may be found after its time.
pub(crate) async fn expire(registry: Arc<Registry>, stop: CancellationToken) {
    let mut looked_at = HashMap::new();
    while !stop.is_cancelled() {
        let all = registry.all();
        looked_at.retain(|name, _| all.iter().any(|named| named.name == *name));
        for named in all {
            let Some(retention) = named.settings().retention else {
                continue;
            };
            let period = Duration::from_millis(retention.most.unsigned_abs() / 20);
            let period = period.clamp(TICK, Duration::from_secs(60));
            let due = |last: &Instant| last.elapsed() >= period;
            if looked_at.get(&named.name).is_none_or(due) {
                looked_at.insert(named.name.clone(), Instant::now());
                let deleted = sweep(&registry, &named, &stop).await;
                if deleted > 0 {
                    info!(collection = named.name, deleted, "expired");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Deletes what is too old now, and returns how many that were.
async fn sweep(registry: &Registry, named: &Named, stop: &CancellationToken) -> u64 {
    let (mut from, mut deleted) = (0, 0);
    while !stop.is_cancelled() && registry.writable().is_ok() {
        // Read anew: it may have been changed.
        let Some(retention) = named.settings().retention else {
            break;
        };
        let oldest = now().saturating_sub(retention.most);
        let (page, next) = named.collection.list(from, STEP);
        for article in &page {
            let time = retention.time(&article.metadata, article.first_seen);
            if time < oldest && named.expire(article) {
                deleted += 1;
            }
        }
        // Not more at once than can be written.
        if registry.durable(registry.mark()).await.is_err() {
            break;
        }
        match next {
            Some(next) => from = next,
            None => break,
        }
        tokio::task::yield_now().await;
    }
    deleted
}
