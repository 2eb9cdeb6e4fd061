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
mod migration;
mod stream;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use basma_engine::{Answer, Scope, Submission, Timestamp};
use basma_proto::v1;
use futures_util::FutureExt as _;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::Instrument as _;

use crate::{
    config::Ceilings,
    convert::{
        self,
        article::{Incoming, Longest},
    },
    failure::Failure,
    index::{Answering, Catalog, Index},
    limits::{self, Limits},
    registry::now,
};

/// What every RPC needs. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    catalog: Arc<dyn Catalog>,
    limits: Arc<Limits>,
    longest: Longest,
    max_batch: usize,
    started: Timestamp,
    stop: CancellationToken,
}

impl Service {
    pub(crate) fn new(
        catalog: Arc<dyn Catalog>,
        limits: Arc<Limits>,
        ceilings: &Ceilings,
        stop: CancellationToken,
    ) -> Self {
        Self {
            catalog,
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

    /// Submits one article. What it comes to is decided, or in the queue to be, when this returns.
    fn submit_one(
        &self,
        index: &dyn Index,
        article: Option<&v1::Article>,
        scope: Scope,
    ) -> Answering<v1::Answer> {
        let incoming = convert::article::read(article, self.longest, true);
        answering(incoming, |submission| index.submit(submission, scope))
    }

    /// Checks one article.
    fn check_one(
        &self,
        index: &dyn Index,
        article: Option<&v1::Article>,
        scope: Scope,
    ) -> Answering<v1::Answer> {
        let incoming = convert::article::read(article, self.longest, false);
        answering(incoming, |submission| index.check(submission, scope))
    }
}

fn answering(
    incoming: Result<Incoming<'_>, Failure>,
    ask: impl FnOnce(Submission<'_>) -> Answering<Answer>,
) -> Answering<v1::Answer> {
    match incoming {
        Ok(incoming) => {
            let id = incoming.id.to_owned();
            let answer = ask(incoming.submission());
            async move { Ok(convert::answer::answer(&id, answer.await?)) }.boxed()
        }
        Err(failure) => std::future::ready(Err(failure)).boxed(),
    }
}

/// An answer that is wanted beside others: a task of its own, while somebody waits for it, if there is more to do for it
/// than to wait.
fn beside(index: &dyn Index, answer: Answering<v1::Answer>) -> Answering<v1::Answer> {
    if !index.is_elsewhere() {
        return answer;
    }
    let task = AbortOnDropHandle::new(tokio::spawn(answer.in_current_span()));
    async move {
        limits::make_room();
        match task.await {
            Ok(answer) => answer,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Failure::draining()),
            },
        }
    }
    .boxed()
}

/// How far a caller wants to search; a window of his own stands in for the collection's.
fn scope(
    index: &dyn Index,
    max_matches: u32,
    window: Option<&v1::TimeSpan>,
) -> Result<Scope, Failure> {
    let own = convert::settings::span(window, "window")?;
    Ok(Scope {
        limit: convert::max_matches(max_matches)?,
        window: own.or(index.settings().window),
    })
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
