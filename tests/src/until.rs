//! Waiting for something that must come true.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::LIMIT;

/// Asks `probe` until it returns something, and returns that.
///
/// # Panics
///
/// After [`LIMIT`], naming `what` was waited for.
pub async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            sleep(Duration::from_millis(2)).await;
        }
    };
    match timeout(LIMIT, asking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {LIMIT:?} for {what}"),
    }
}
