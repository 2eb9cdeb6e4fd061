//! What is to be written: handed over under the locks of the index, taken by the committer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use basma_engine::Article;
use parking_lot::{Condvar, Mutex};
use tokio::sync::{oneshot, watch};

use super::backup::Snapshot;
use crate::{failure::Failure, named::Named};

/// One change of a collection.
#[derive(Debug)]
pub(super) enum Op {
    /// An article was admitted.
    Admitted {
        article: Arc<Article>,
        replaced: Option<Arc<Article>>,
        usual: f64,
        text: Option<Arc<[u8]>>,
    },
    /// One was deleted.
    Deleted(Arc<Article>),
    /// The collection is new.
    Created(Arc<Named>),
    /// Its settings are others.
    Changed,
    /// It was deleted.
    Dropped,
    /// Somebody wants to know where the journals stand; this is of no collection.
    Snapshot(oneshot::Sender<Snapshot>),
}

/// Why nothing can be written at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) full: bool,
    pub(super) message: String,
}

impl From<&Trouble> for Failure {
    fn from(trouble: &Trouble) -> Self {
        Failure::store(trouble.full, &trouble.message)
    }
}

/// How far the writing is.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// So many changes are acknowledged.
    pub(super) done: u64,
    pub(super) trouble: Option<Trouble>,
}

#[derive(Debug, Default)]
struct Waiting {
    ops: Vec<(u64, Op)>,
    /// All that ever were handed over.
    count: u64,
    stop: bool,
}

/// Changes between the index and the disk. It holds as many as there are requests under way: whoever
/// hands one over waits until it is written, or at least until not too many are left.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    progress: watch::Sender<Progress>,
    /// So many changes may be on their way to the disk when a request is answered.
    slack: u64,
}

impl Queue {
    pub(super) fn new(slack: u64) -> Self {
        Self {
            waiting: Mutex::default(),
            filled: Condvar::new(),
            progress: watch::Sender::default(),
            slack,
        }
    }

    /// Hands over a change of the collection of this number.
    pub(super) fn push(&self, collection: u64, op: Op) {
        let mut waiting = self.waiting.lock();
        waiting.ops.push((collection, op));
        waiting.count += 1;
        if waiting.ops.len() == 1 {
            self.filled.notify_one();
        }
    }

    /// How many changes were handed over so far.
    pub(crate) fn count(&self) -> u64 {
        self.waiting.lock().count
    }

    /// How many of them are not acknowledged yet.
    pub(super) fn waiting(&self) -> u64 {
        self.count().saturating_sub(self.progress.borrow().done)
    }

    /// Nothing may be handed over for the time being.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        let progress = self.progress.borrow();
        progress.trouble.as_ref().map(Failure::from)
    }

    /// Returns when the first `count` changes are acknowledged.
    ///
    /// # Errors
    ///
    /// If they cannot be written at the moment. They are tried again: the same request gets the first
    /// answer once they are.
    pub(crate) async fn written(&self, count: u64) -> Result<(), Failure> {
        let mut progress = self.progress.subscribe();
        let enough = count.saturating_sub(self.slack);
        let ended = progress
            .wait_for(|progress| progress.done >= enough || progress.trouble.is_some())
            .await;
        match ended {
            Ok(progress) if progress.done >= enough => Ok(()),
            Ok(progress) => Err(progress
                .trouble
                .as_ref()
                .map_or_else(stopped, Failure::from)),
            // The queue itself holds the sender.
            Err(_) => Err(stopped()),
        }
    }

    /// Everything that waits, how many there were by then, and whether there will be no more. Waits until
    /// there is something, or until `due`.
    pub(super) fn take(&self, due: Option<Instant>) -> (Vec<(u64, Op)>, u64, bool) {
        let mut waiting = self.waiting.lock();
        while waiting.ops.is_empty() && !waiting.stop {
            match due {
                Some(due) => {
                    if self.filled.wait_until(&mut waiting, due).timed_out() {
                        break;
                    }
                }
                None => self.filled.wait(&mut waiting),
            }
        }
        (
            std::mem::take(&mut waiting.ops),
            waiting.count,
            waiting.stop,
        )
    }

    /// Says that the first `done` changes are acknowledged.
    pub(super) fn acknowledge(&self, done: u64) {
        self.progress.send_if_modified(|progress| {
            let modified = progress.done != done || progress.trouble.is_some();
            *progress = Progress {
                done,
                trouble: None,
            };
            modified
        });
    }

    /// Says why nothing can be written.
    pub(super) fn report(&self, trouble: Trouble) {
        self.progress
            .send_modify(|progress| progress.trouble = Some(trouble));
    }

    /// Sleeps for a while, shorter if it is to stop; true if it is.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let mut waiting = self.waiting.lock();
        let until = Instant::now() + time;
        while !waiting.stop && !self.filled.wait_until(&mut waiting, until).timed_out() {}
        waiting.stop
    }

    /// Nothing more will be handed over.
    pub(super) fn stop(&self) {
        self.waiting.lock().stop = true;
        self.filled.notify_all();
    }
}

fn stopped() -> Failure {
    Failure::store(false, "the server is stopping")
}
