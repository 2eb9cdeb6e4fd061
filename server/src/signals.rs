//! What the outside may ask of a running server.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The signals to a server. Clones are to the same one.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// To stop.
    pub stop: CancellationToken,
    reload: Arc<watch::Sender<()>>,
}

impl Signals {
    /// Those to this process: SIGTERM and SIGINT stop, a second one of them ends the process at once; SIGHUP
    /// has the files read again that can change while the server runs. Their handlers are in place when this
    /// returns.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn of_process() -> Self {
        let signals = Self::default();
        signals.listen();
        signals
    }

    /// Has certificates and the like read again.
    pub fn reload(&self) {
        self.reload.send_replace(());
    }

    /// Changes whenever files are to be read again; what comes while they are being read counts as once more.
    pub fn reloads(&self) -> watch::Receiver<()> {
        self.reload.subscribe()
    }

    #[cfg(unix)]
    fn listen(&self) {
        use tokio::signal::unix::{Signal, SignalKind, signal};
        async fn either(one: &mut Signal, other: &mut Signal) {
            tokio::select! {
                _ = one.recv() => {}
                _ = other.recv() => {}
            }
        }
        // Without handlers these signals end the process the hard way, which is all that is left.
        let terminate = signal(SignalKind::terminate());
        if let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, signal(SignalKind::interrupt()))
        {
            let stop = self.stop.clone();
            tokio::spawn(async move {
                either(&mut terminate, &mut interrupt).await;
                stop.cancel();
                either(&mut terminate, &mut interrupt).await;
                std::process::exit(1);
            });
        }
        if let Ok(mut hangup) = signal(SignalKind::hangup()) {
            let signals = self.clone();
            tokio::spawn(async move {
                while hangup.recv().await.is_some() {
                    signals.reload();
                }
            });
        }
    }

    #[cfg(not(unix))]
    fn listen(&self) {
        let stop = self.stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(1);
            }
        });
    }
}
