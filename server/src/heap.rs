//! Memory that was freed, given back to the system.
//!
//! glibc keeps what is freed for what comes next, and returns by itself only what lies at the end of its heap,
//! where nearly always something is still in use. `malloc_trim` returns every page that is wholly free. It looks
//! through all free memory with the heap locked, so it is asked for only when much has gone at once, on a
//! thread of its own, and not again before a hundred times the time that it took.
#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(
        unsafe_code,
        reason = "the allocator's own function is not to be had otherwise"
    )
)]

use std::time::{Duration, Instant};

use tokio::{sync::Notify, task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// Between two looks, at least.
const PAUSE: Duration = Duration::from_secs(1);

/// The heap is the process's, whatever runs in it.
static FREED: Notify = Notify::const_new();

/// Says that much memory was freed.
pub(crate) fn freed() {
    FREED.notify_one();
}

/// Says so when it is dropped: as the last field of what is large.
#[derive(Debug, Default)]
pub(crate) struct Large;

impl Drop for Large {
    fn drop(&mut self) {
        freed();
    }
}

/// Gives back what is freed until told to stop.
pub(crate) async fn give_back(stop: CancellationToken) {
    let each = async {
        loop {
            FREED.notified().await;
            let begun = Instant::now();
            // It can only fail by a panic, and there is none.
            let _ended = spawn_blocking(trim).await;
            let took = begun.elapsed();
            debug!(?took, "gave memory back");
            sleep(PAUSE.max(took * 100)).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = each => {}
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: it takes any number, may be called from any thread at any time, and touches nothing but memory
    // that is free: what is allocated stays where it is.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}
