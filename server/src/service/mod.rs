//! The RPCs. Each file has one group of them: the message is read by `convert`, the engine asked, its
//! answer written by `convert`.

mod articles;
mod backup;
mod batch;
mod check;
mod collections;
mod compare;
mod dedup;
mod find;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod stream;

use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};

use basma_engine::{Fingerprinter, Scope, Timestamp};
use basma_proto::v1;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use crate::{
    config::Ceilings,
    convert::{self, article::Longest},
    failure::Failure,
    limits::Limits,
    registry::{Named, Registry, now},
};

/// Texts above this many bytes are worked on where they do not keep other requests waiting.
const LONG_TEXT: usize = 64 << 10;

/// What every RPC needs. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    registry: Arc<Registry>,
    limits: Arc<Limits>,
    longest: Longest,
    max_batch: usize,
    started: Timestamp,
    stop: CancellationToken,
}

impl Service {
    pub(crate) fn new(
        registry: Arc<Registry>,
        limits: Arc<Limits>,
        ceilings: &Ceilings,
        stop: CancellationToken,
    ) -> Self {
        Self {
            registry,
            limits,
            longest: Longest {
                text: ceilings.max_text_bytes,
                id: ceilings.max_id_bytes,
            },
            max_batch: ceilings.max_batch,
            started: now(),
            stop,
        }
    }

    /// Submits one article. The answer is not to be given before [`Registry::durable`] says so.
    fn submit_one(
        &self,
        named: &Named,
        article: Option<&v1::Article>,
        scope: Scope,
    ) -> Result<v1::Answer, Failure> {
        let incoming = convert::article::read(article, self.longest, true)?;
        let submission = incoming.submission();
        let page = named.page(submission.text);
        let answer = fingerprinting(submission.text, |fingerprinter| {
            named
                .collection
                .submit(fingerprinter, submission, scope, &page)
        })
        .map_err(|_| {
            let message = "the collection holds as many articles as it can";
            Failure::new(Code::ResourceExhausted, "INDEX_FULL", message)
        })?;
        Ok(convert::answer::answer(submission.id, answer))
    }

    /// Checks one article.
    fn check_one(
        &self,
        named: &Named,
        article: Option<&v1::Article>,
        scope: Scope,
    ) -> Result<v1::Answer, Failure> {
        let incoming = convert::article::read(article, self.longest, false)?;
        let submission = incoming.submission();
        let answer = fingerprinting(submission.text, |fingerprinter| {
            named.collection.check(fingerprinter, submission, scope)
        });
        Ok(convert::answer::answer(submission.id, answer))
    }
}

/// How far a caller wants to search; a window of his own stands in for the collection's.
fn scope(named: &Named, max_matches: u32, window: Option<&v1::TimeSpan>) -> Result<Scope, Failure> {
    let own = convert::settings::span(window, "window")?;
    Ok(Scope {
        limit: convert::max_matches(max_matches)?,
        window: own.or(named.settings().window),
    })
}

/// Runs `work` with this thread's fingerprinter.
fn fingerprinting<T>(text: &str, work: impl FnOnce(&mut Fingerprinter) -> T) -> T {
    thread_local! {
        static FINGERPRINTER: RefCell<Fingerprinter> = RefCell::default();
    }
    if text.len() > LONG_TEXT {
        // A fingerprinter of its own: the memory that a long text takes is not kept for short ones.
        return tokio::task::block_in_place(|| work(&mut Fingerprinter::default()));
    }
    FINGERPRINTER.with_borrow_mut(work)
}

/// Gives way now and then, so that other requests are answered, and the deadline and a caller's going
/// away are noticed, while a long list is worked on.
struct Turns(Instant);

impl Turns {
    const LENGTH: Duration = Duration::from_millis(1);

    fn new() -> Self {
        Self(Instant::now())
    }

    async fn give_way(&mut self) {
        if self.0.elapsed() >= Self::LENGTH {
            tokio::task::yield_now().await;
            self.0 = Instant::now();
        }
    }
}
