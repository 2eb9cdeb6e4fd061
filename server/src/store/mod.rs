//! The store: what keeps the index when the process ends.
//!
//! The index is in memory; on the disk there is one journal for each collection, to be read from
//! beginning to end at the start. The way of a change:
//!
//! - [`Book`]: a collection's end of the `queue`, told of changes by the index;
//! - `committer`: the thread that takes what waits, and writes it with one sync;
//! - `log`: the journal of a collection, blocks of `entry`s;
//! - `clean`: gives back the disk space of what was deleted;
//! - `texts`: kept texts;
//! - `spill`: the part of the index that need not be in memory, which is no part of the journal;
//! - `start`: from the journals back to the index, in two readings of each: which articles are left (`recover`),
//!   and what is known of these (`replay`);
//! - `meter`: what is measured of all that;
//! - `backup`: copies of journals, and back; `rewrite` and `refingerprint`: journals made anew;
//! - `folder`: the data folder, locked, with its catalog.

mod backup;
mod clean;
mod committer;
mod entry;
mod folder;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod log;
mod meter;
mod queue;
mod recover;
mod refingerprint;
mod replay;
mod rewrite;
mod share;
mod spill;
mod start;
mod texts;

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use basma_engine::{Article, Collection, Detector, Journal};
use parking_lot::Mutex;
use tokio::sync::oneshot;

pub(crate) use self::{
    backup::Snapshot,
    entry::State,
    texts::{Texts, pack, unpack},
};
pub use self::{
    backup::restore,
    refingerprint::{Change, refingerprint},
    spill::SpillFile,
};
use self::{
    committer::Committer,
    folder::Folder,
    meter::Meter,
    queue::{Op, Queue},
};
use crate::{failure::Failure, named::Named};

/// When a change is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When it is on the disk: one sync for all that wait.
    Sync,
    /// When it is written; the disk is synced at least this often. The end of the process loses nothing,
    /// the end of the machine what was acknowledged since.
    Interval(Duration),
    /// When it is in the index. It is written soon after, and synced every second. The end of the
    /// process loses what is not written yet, a few thousand changes at most.
    Memory,
}

/// So many changes may be unwritten with [`Durability::Memory`].
const SLACK: u64 = 4096;

/// A journal goes on in a new file at this size.
const SEGMENT: u64 = 32 << 20;

/// The store of a data folder that is locked and not read yet.
#[derive(Debug)]
pub(crate) struct Store {
    folder: Arc<Folder>,
    queue: Arc<Queue>,
    durability: Durability,
    /// So many articles of each collection stay in memory.
    resident: usize,
    segment: u64,
    numbers: AtomicU64,
    /// What cannot be read is done without.
    accept_loss: bool,
    committer: Mutex<Option<JoinHandle<()>>>,
    meter: Arc<Meter>,
}

impl Store {
    /// Locks a data folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// A sentence that names the folder and what is wrong with it.
    pub(crate) fn open(
        folder: &Path,
        durability: Durability,
        resident: usize,
        accept_loss: bool,
    ) -> Result<Self, String> {
        let slack = match durability {
            Durability::Sync | Durability::Interval(_) => 0,
            Durability::Memory => SLACK,
        };
        Ok(Self {
            folder: Arc::new(Folder::open(folder)?),
            queue: Arc::new(Queue::new(slack)),
            durability,
            resident,
            segment: SEGMENT,
            accept_loss,
            numbers: AtomicU64::new(0),
            committer: Mutex::new(None),
            meter: Arc::default(),
        })
    }

    /// Reads all collections and begins to write. To be called once.
    ///
    /// # Errors
    ///
    /// A sentence that names the file and what is wrong with it.
    pub(crate) fn recover(&self) -> Result<Vec<Arc<Named>>, String> {
        let (mut all, mut logs) = (Vec::new(), std::collections::BTreeMap::new());
        let names = self.folder.collections()?;
        for name in &names {
            self.meter.found(&self.folder.journal(name));
        }
        for name in names {
            let (number, log) = self.recover_one(&name)?;
            all.push(Arc::clone(&log.named));
            logs.insert(number, log);
        }
        let committer = Committer {
            queue: Arc::clone(&self.queue),
            folder: Arc::clone(&self.folder),
            logs,
            durability: self.durability,
            segment: self.segment,
            lease: Arc::default(),
            meter: Arc::clone(&self.meter),
        };
        let thread = thread::Builder::new().name("committer".to_owned());
        let thread = thread
            .spawn(move || committer.run())
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        *self.committer.lock() = Some(thread);
        Ok(all)
    }

    /// An empty collection, whose older articles are spilled to a file of the folder.
    pub(crate) fn collection(&self, detector: Detector) -> Collection {
        let spill = SpillFile::within(self.folder.root().to_owned());
        Collection::new(detector).spilling(Arc::new(spill), self.resident)
    }

    /// What a collection of this name writes to.
    pub(crate) fn book(&self, name: &str) -> (u64, Book, Texts) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let book = Book {
            number,
            queue: Arc::clone(&self.queue),
        };
        (number, book, Texts::within(self.folder.journal(name)))
    }

    /// Nothing may change for the time being.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        self.queue.refusal()
    }

    /// How many changes there were so far.
    pub(crate) fn mark(&self) -> u64 {
        self.queue.count()
    }

    /// Returns when the changes up to a mark may be acknowledged.
    ///
    /// # Errors
    ///
    /// If they cannot be written at the moment. They are tried again.
    pub(crate) async fn written(&self, mark: u64) -> Result<(), Failure> {
        self.queue.written(mark).await
    }

    /// Where the journals stand, all that was acknowledged before in them.
    ///
    /// # Errors
    ///
    /// If nothing can be written at the moment.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Failure> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let (asked, answer) = oneshot::channel();
        self.queue.push(u64::MAX, Op::Snapshot(asked));
        answer.await.map_err(|_| Failure::draining())
    }

    /// Writes what is left, and ends.
    pub(crate) fn stop(&self) {
        self.queue.stop();
        let committer = self.committer.lock().take();
        if let Some(committer) = committer {
            // If it panicked, that was printed.
            let _ended = committer.join();
        }
    }
}

/// A collection's end of the queue.
#[derive(Debug)]
pub(crate) struct Book {
    number: u64,
    queue: Arc<Queue>,
}

impl Book {
    /// Writes a new collection down; before any change of it.
    pub(crate) fn created(&self, named: &Arc<Named>) {
        self.queue.push(self.number, Op::Created(Arc::clone(named)));
    }

    /// Writes its settings down again.
    pub(crate) fn changed(&self) {
        self.queue.push(self.number, Op::Changed);
    }

    /// Nothing may be written for the time being, and why.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        self.queue.refusal()
    }

    /// Returns when every change up to now may be acknowledged.
    ///
    /// # Errors
    ///
    /// If they cannot be written at the moment. They are tried again.
    pub(crate) fn written(&self) -> impl Future<Output = Result<(), Failure>> + Send + use<> {
        let (queue, mark) = (Arc::clone(&self.queue), self.queue.count());
        async move { queue.written(mark).await }
    }

    /// Nothing of it is needed any more.
    pub(crate) fn dropped(&self) {
        self.queue.push(self.number, Op::Dropped);
    }
}

/// What a collection tells of one submission or deletion, with the text if that is to be kept.
pub(crate) struct Page<'a> {
    named: &'a Named,
    text: Cell<Option<Arc<[u8]>>>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(named: &'a Named, text: Option<Arc<[u8]>>) -> Self {
        Self {
            named,
            text: Cell::new(text),
        }
    }
}

impl Journal for Page<'_> {
    fn admitted(&self, article: &Arc<Article>, replaced: Option<&Arc<Article>>, usual: f64) {
        let text = self.text.take();
        if let Some(text) = &text {
            let place = texts::Place::Memory(Arc::clone(text));
            self.named.texts.put(article.sequence(), place);
        }
        match &self.named.book {
            Some(book) => {
                let op = Op::Admitted {
                    article: Arc::clone(article),
                    replaced: replaced.cloned(),
                    usual,
                    text,
                };
                book.queue.push(book.number, op);
            }
            None => replaced
                .iter()
                .for_each(|old| self.named.texts.remove(old.sequence())),
        }
    }

    fn deleted(&self, article: &Arc<Article>) {
        match &self.named.book {
            Some(book) => book
                .queue
                .push(book.number, Op::Deleted(Arc::clone(article))),
            None => self.named.texts.remove(article.sequence()),
        }
    }
}

/// The platform's folder for the data of programs: `$XDG_DATA_HOME/basma`, or `~/.local/share/basma`;
/// on macOS `~/Library/Application Support/basma`.
pub(crate) fn default_folder() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(strategy.data_dir().join("basma"))
}

#[cfg(test)]
mod tests;
