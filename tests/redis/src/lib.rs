//! A real Redis cluster for tests: masters and replicas on this machine, with what can happen to them.
//!
//! - [`Plan`]: what is to be started;
//! - [`Cluster`]: starts and forms one, and knows who is what in it;
//! - [`Node`]: one of its processes, which can be killed, halted and started again;
//! - `migration`: slots that move;
//! - `network`: a network of their own, in which they can be parted from each other;
//! - `watchdog`: nothing is left behind, even where a test is killed.
//!
//! `redis-server` of Debian or Ubuntu does, or what `BASMA_REDIS_SERVER` names (Valkey's, for
//! example). Where there is none, a test is skipped, or fails with `TESTS_NEED_REDIS=1`.
//! Networks can be parted by root alone, with iproute2; without, those tests are skipped in any case.

mod cluster;
mod migration;
mod network;
mod node;
mod plan;
mod watchdog;

use std::{env, ffi::OsString, process::Command, sync::OnceLock, time::Duration};

use tokio::time::{sleep, timeout};

pub use cluster::Cluster;
pub use node::Node;
pub use plan::{Plan, Tls};
pub use redis::{Value, cmd};

/// Longest wait for anything, far above what a busy machine needs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The program that is started.
fn server() -> OsString {
    env::var_os("BASMA_REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
}

/// Whether there is a `redis-server`. If not, says what to install.
///
/// # Panics
///
/// If there is none and `TESTS_NEED_REDIS=1` says that there must be.
pub fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    let runs = || {
        let version = Command::new(server()).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    let available = *AVAILABLE.get_or_init(runs);
    if !available {
        let advice = "there is no redis-server: install it (apt-get install redis-server)";
        let needed = env::var_os("TESTS_NEED_REDIS").is_some_and(|value| value == "1");
        assert!(!needed, "{advice}");
        eprintln!("skipped: {advice}");
    }
    available
}

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
            sleep(Duration::from_millis(20)).await;
        }
    };
    match timeout(LIMIT, asking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {LIMIT:?} for {what}"),
    }
}
