//! Submissions that this server has under way: who waits for one of them is told of its end, and need not ask the
//! cluster again and again.

use std::time::Duration;

use foldhash::HashMap;
use parking_lot::Mutex;
use tokio::{sync::watch, time::timeout};

/// By sequence; with what tells of the end where somebody waits for it.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<HashMap<u64, Option<watch::Sender<()>>>>);

/// A submission that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Begun<'a> {
    all: &'a UnderWay,
    sequence: u64,
}

/// The end of a submission.
#[derive(Debug)]
pub(super) struct End(watch::Receiver<()>);

impl UnderWay {
    /// A submission begins.
    pub(super) fn begin(&self, sequence: u64) -> Begun<'_> {
        self.0.lock().insert(sequence, None);
        Begun {
            all: self,
            sequence,
        }
    }

    /// The end of a submission; `None` if this server has it not under way.
    pub(super) fn end(&self, sequence: u64) -> Option<End> {
        let mut all = self.0.lock();
        let telling = all.get_mut(&sequence)?;
        let telling = telling.get_or_insert_with(|| watch::Sender::new(()));
        Some(End(telling.subscribe()))
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.all.0.lock().remove(&self.sequence);
    }
}

impl End {
    /// Waits for it, for so long at most.
    pub(super) async fn within(mut self, limit: Duration) {
        // Nothing is ever sent: the sender goes.
        let _ended_or_late = timeout(limit, self.0.changed()).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_is_told_of_the_end() {
        const LONG: Duration = Duration::from_secs(3600);
        let all = UnderWay::default();
        assert!(all.end(1).is_none());
        let (begun, other) = (all.begin(1), all.begin(2));
        let ends = [1, 1, 2].map(|sequence| all.end(sequence).expect("it is under way"));
        let mut waiting = ends.map(|end| Box::pin(end.within(LONG)));
        assert!(waiting.iter_mut().all(|end| end.now_or_never().is_none()));
        drop(begun);
        let ended = waiting.map(|mut end| (&mut end).now_or_never().is_some());
        assert_eq!(ended, [true, true, false]);
        assert!(all.end(1).is_none() && all.end(2).is_some());
        drop(other);
        assert!(all.0.lock().is_empty());
    }
}
