//! Expiry: articles that are older than their collection's retention are deleted, a few at a time.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::index::Catalog;

/// How often collections are looked for that are due.
const TICK: Duration = Duration::from_secs(1);

/// Deletes until told to stop. A collection is looked through once in a twentieth of its retention, at
/// least every minute: so long an article may be found after its time.
pub(crate) async fn expire(catalog: Arc<dyn Catalog>, stop: CancellationToken) {
    let mut looked_at = HashMap::new();
    while !stop.is_cancelled() {
        let all = catalog.all();
        looked_at.retain(|name, _| all.iter().any(|index| index.name() == *name));
        for index in all {
            let Some(retention) = index.settings().retention else {
                continue;
            };
            let period = Duration::from_millis(retention.most.unsigned_abs() / 20);
            let period = period.clamp(TICK, Duration::from_secs(60));
            let due = |last: &Instant| last.elapsed() >= period;
            if looked_at.get(index.name()).is_none_or(due) {
                looked_at.insert(index.name().to_owned(), Instant::now());
                let deleted = index.expire(&stop).await;
                if deleted > 0 {
                    info!(collection = index.name(), deleted, "expired");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}
