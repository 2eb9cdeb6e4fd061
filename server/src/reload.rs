//! What is read from files and may change while the server runs: certificates and tokens.
//!
//! The files are read anew when the server is told to, and looked at every [`PERIOD`]. What has changed is
//! taken when two looks in a row see the same, so that a file that is just being written is not; what
//! cannot be used is logged, and the former goes on. It is their content that is compared: times of
//! change are too coarse on some file systems, and a link that points elsewhere has none of its own.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use ring::digest::{Context, SHA256};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info};

/// Between two looks. A change is in force after twice this at the latest.
pub(crate) const PERIOD: Duration = Duration::from_secs(2);

/// The files, by what they hold.
type Contents = Vec<Vec<u8>>;

/// The value in force. Clones share it.
#[derive(Debug)]
pub(crate) struct Live<T>(watch::Receiver<Arc<T>>);

// Derived, it would ask for `T: Clone`.
impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Live<T> {
    /// The value as it is now.
    pub(crate) fn now(&self) -> Arc<T> {
        Arc::clone(&self.0.borrow())
    }

    /// Returns when the value is not the one that it was at the last call; never once it cannot change any
    /// more.
    pub(crate) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// What brings a [`Live`] up to date.
struct Source<T> {
    /// For the log.
    what: &'static str,
    files: Vec<PathBuf>,
    read: fn(&[Vec<u8>]) -> Result<T, String>,
    live: watch::Sender<Arc<T>>,
    /// What the last look saw.
    seen: Fingerprint,
    /// What was last taken, or refused.
    considered: Fingerprint,
}

/// Of what the files held, or why they could not be read. Secrets are not kept to compare them.
#[derive(Clone, Copy, PartialEq)]
struct Fingerprint([u8; 32]);

/// A [`Source`] of anything.
trait Refresh: Send {
    /// Looks at the files; takes what they hold if it is new, or if `told` to.
    fn look(&mut self, told: bool);
}

impl<T: Send + Sync + 'static> Refresh for Source<T> {
    fn look(&mut self, told: bool) {
        let contents = contents(&self.files);
        let now = fingerprint(&contents);
        let settled = now == self.seen;
        self.seen = now;
        if !told && (!settled || now == self.considered) {
            return;
        }
        self.considered = now;
        match contents.and_then(|contents| (self.read)(&contents)) {
            Ok(value) => {
                self.live.send_replace(Arc::new(value));
                info!("read the {} anew", self.what);
            }
            Err(cause) => error!("the {} cannot be used, the former stay: {cause}", self.what),
        }
    }
}

fn contents(files: &[PathBuf]) -> Result<Contents, String> {
    let read = |file: &PathBuf| {
        fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
    };
    files.iter().map(read).collect()
}

fn fingerprint(contents: &Result<Contents, String>) -> Fingerprint {
    let mut digest = Context::new(&SHA256);
    match contents {
        Ok(contents) => {
            for content in contents {
                digest.update(&content.len().to_le_bytes());
                digest.update(content);
            }
        }
        Err(cause) => digest.update(cause.as_bytes()),
    }
    let mut print = [0; 32];
    print.copy_from_slice(digest.finish().as_ref());
    Fingerprint(print)
}

/// All that is read again.
#[derive(Default)]
pub(crate) struct Reloads(Vec<Box<dyn Refresh>>);

impl Reloads {
    /// Reads files for the first time, and from then on whenever [`Reloads::keep_up`] finds that they changed.
    ///
    /// # Errors
    ///
    /// If they cannot be read or used.
    pub(crate) fn open<T: Send + Sync + 'static>(
        &mut self,
        what: &'static str,
        files: Vec<PathBuf>,
        read: fn(&[Vec<u8>]) -> Result<T, String>,
    ) -> Result<Live<T>, String> {
        let contents = contents(&files);
        let seen = fingerprint(&contents);
        let value = contents.and_then(|contents| read(&contents))?;
        let (live, receiver) = watch::channel(Arc::new(value));
        self.0.push(Box::new(Source {
            what,
            files,
            read,
            live,
            seen,
            considered: seen,
        }));
        Ok(Live(receiver))
    }

    fn look(&mut self, told: bool) {
        self.0.iter_mut().for_each(|source| source.look(told));
    }

    /// Looks at the files now and then, and whenever `told` changes.
    pub(crate) async fn keep_up(mut self, mut told: watch::Receiver<()>) {
        let mut looks = interval(PERIOD);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let told = tokio::select! {
                Ok(()) = told.changed() => true,
                _ = looks.tick() => false,
            };
            // A thread that may wait: nobody else is to, if a file system does not answer.
            let looked = tokio::task::spawn_blocking(move || {
                self.look(told);
                self
            });
            match looked.await {
                Ok(back) => self = back,
                Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(contents: &[Vec<u8>]) -> Result<u32, String> {
        let text = String::from_utf8_lossy(&contents[0]);
        text.trim().parse().map_err(|_| "not a number".to_owned())
    }

    fn open(text: &str) -> (tempfile::TempDir, PathBuf, Reloads, Live<u32>) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("number");
        fs::write(&file, text).expect("a file");
        let mut reloads = Reloads::default();
        let live = reloads.open("number", vec![file.clone()], number);
        (folder, file, reloads, live.expect("a number"))
    }

    #[test]
    fn a_change_is_taken_when_two_looks_agree() {
        let (_folder, file, mut reloads, live) = open("1");
        reloads.look(false);
        assert_eq!(*live.now(), 1);
        fs::write(&file, "2").expect("a file");
        reloads.look(false);
        assert_eq!(*live.now(), 1);
        fs::write(&file, "23").expect("a file");
        reloads.look(false);
        assert_eq!(*live.now(), 1, "it was still being written");
        reloads.look(false);
        assert_eq!(*live.now(), 23);
    }

    #[test]
    fn who_is_told_takes_it_at_once() {
        let (_folder, file, mut reloads, live) = open("1");
        fs::write(&file, "2").expect("a file");
        reloads.look(true);
        assert_eq!(*live.now(), 2);
    }

    #[test]
    fn what_cannot_be_used_changes_nothing() {
        let (_folder, file, mut reloads, live) = open("1");
        fs::write(&file, "x").expect("a file");
        reloads.look(true);
        fs::remove_file(&file).expect("a file");
        reloads.look(true);
        assert_eq!(*live.now(), 1);
        fs::write(&file, "2").expect("a file");
        reloads.look(false);
        reloads.look(false);
        assert_eq!(*live.now(), 2);
    }

    #[test]
    fn the_first_reading_must_succeed() {
        let mut reloads = Reloads::default();
        let opened = reloads.open("number", vec!["/nowhere/number".into()], number);
        assert!(opened.is_err_and(|error| error.contains("/nowhere/number")));
    }
}
