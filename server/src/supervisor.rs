//! What systemd is told if it started the server with `Type=notify`: that it serves, that it stops, and with
//! `WatchdogSec` that it is alive. Elsewhere nobody is told.

#[cfg(target_os = "linux")]
mod systemd {
    use sd_notify::{NotifyState, notify, watchdog_enabled};
    use tracing::warn;

    fn tell(state: NotifyState<'_>) {
        if let Err(error) = notify(&[state]) {
            warn!(%error, "systemd could not be told");
        }
    }

    /// It serves.
    pub(crate) fn ready() {
        tell(NotifyState::Ready);
    }

    /// It takes no more requests.
    pub(crate) fn stopping() {
        tell(NotifyState::Stopping);
    }

    /// Says that it is alive for as long as the runtime comes round to it.
    pub(crate) async fn live() {
        let Some(period) = watchdog_enabled() else {
            return;
        };
        let mut ticks = tokio::time::interval(period / 2);
        loop {
            ticks.tick().await;
            tell(NotifyState::Watchdog);
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use systemd::{live, ready, stopping};

#[cfg(not(target_os = "linux"))]
mod nobody {
    pub(crate) fn ready() {}

    pub(crate) fn stopping() {}

    pub(crate) async fn live() {}
}

#[cfg(not(target_os = "linux"))]
pub(crate) use nobody::{live, ready, stopping};
