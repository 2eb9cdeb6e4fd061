//! Writers that go on, whatever happens.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use basma_redis::{Error, Redis, Value};
use basma_test_redis::until;
use tokio::{task::JoinSet, time::sleep};

use crate::{get, set};

/// Writers, each of which writes one key after the other, and those that failed again.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    writers: JoinSet<Written>,
}

/// What became of it.
#[derive(Default)]
pub(crate) struct Written {
    /// What was acknowledged: key and value.
    pub(crate) kept: BTreeMap<String, String>,
    /// What was not, at first.
    pub(crate) errors: Vec<Error>,
}

impl Load {
    /// Starts so many writers; each writes keys that `named` gives it, by writer and number.
    pub(crate) fn start(
        redis: &Arc<Redis>,
        writers: usize,
        named: impl Fn(usize, usize) -> String + Clone + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let done = Arc::new(AtomicU64::new(0));
        let mut load = Self {
            stop: Arc::clone(&stop),
            done: Arc::clone(&done),
            writers: JoinSet::new(),
        };
        for writer in 0..writers {
            let (redis, named) = (Arc::clone(redis), named.clone());
            let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
            load.writers.spawn(async move {
                let mut written = Written::default();
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    let (key, value) = (named(writer, number), format!("{writer}-{number}"));
                    match redis.write(vec![set(&key, &value)]).await {
                        Ok(_) => {
                            done.fetch_add(1, Ordering::Relaxed);
                            written.kept.insert(key, value);
                            number += 1;
                        }
                        Err(error) => {
                            written.errors.push(error);
                            // As callers are told to.
                            sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
                written
            });
        }
        load
    }

    /// Waits for so many more writes.
    pub(crate) async fn more(&self, count: u64) {
        let before = self.done.load(Ordering::Relaxed);
        until("writes", async || {
            (self.done.load(Ordering::Relaxed) >= before + count).then_some(())
        })
        .await;
    }

    /// Ends it.
    pub(crate) async fn stop(self) -> Written {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Written::default();
        for written in self.writers.join_all().await {
            all.kept.extend(written.kept);
            all.errors.extend(written.errors);
        }
        all
    }
}

impl Written {
    /// Every write that was acknowledged is there.
    pub(crate) async fn verify(&self, redis: &Redis) {
        let keys: Vec<_> = self.kept.keys().map(|key| get(key)).collect();
        let found = until("a cluster that can be read", async || {
            let found: Result<Vec<Value>, Error> = redis.read(Vec::clone(&keys)).await;
            found.ok()
        })
        .await;
        let expected = |value: &String| Value::BulkString(value.clone().into_bytes());
        let lost = self
            .kept
            .values()
            .zip(&found)
            .filter(|(value, found)| expected(value) != **found)
            .count();
        assert_eq!(lost, 0, "lost of {} acknowledged writes", self.kept.len());
    }

    /// Says how many writes and errors there were.
    pub(crate) fn print(&self) {
        println!("{} writes, errors {:?}", self.kept.len(), self.kinds());
    }

    /// How many errors there were of each kind.
    pub(crate) fn kinds(&self) -> BTreeMap<&'static str, usize> {
        let mut kinds = BTreeMap::new();
        for error in &self.errors {
            *kinds.entry(error.kind()).or_default() += 1;
        }
        kinds
    }

    /// None but what callers are told to try again.
    pub(crate) fn only_passing(&self) {
        let lasting = |error: &&Error| {
            matches!(
                error,
                Error::Full(_) | Error::Refused(_) | Error::Unsuitable(_)
            )
        };
        assert_eq!(self.errors.iter().find(lasting), None);
    }
}
