//! How much is done at once, on all connections: requests that want a processor, and calls that are open.
//!
//! A request has one of so many places from when it was received whole until its answer is ready or waits for
//! the disk, and is refused at once if there is none: whoever waits for an answer that comes too late has
//! gone by then, and what he asked for was done for nothing. Who has a place lets everything else come
//! first, and works after that: so the runtime's threads find no more work in their queue than there are
//! places, and refusals, health checks, pings and new connections do not wait behind it.
//!
//! A place is for an article or a few. Of requests with more there is one under way for each processor, and some wait
//! in [`Line`] for their place: so a single article, which finds a place all the same, does not wait for dozens of
//! batches.
//!
//! A stream, which its caller sends no faster than it is read from, waits for a place before each of its
//! articles; all streams together have half of the places, so that there are some for single requests
//! whatever they do.

use std::{cell::Cell, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::line::{Line, Processor};
use crate::failure::Failure;

/// The places of the whole server.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    most: usize,
    /// Where large requests wait.
    line: Line,
    /// Those of the places that streams may have.
    streams: Semaphore,
    calls: Arc<Semaphore>,
    most_calls: usize,
    /// Those who are told how the server is, as it changes. They need no token, and so take nothing from
    /// those who have one.
    watches: Arc<Semaphore>,
}

/// A load balancer has one, or a few.
const WATCHES: usize = 1000;

/// Bytes from which on a message is a large one: some three articles, or one that takes as long.
const LARGE: usize = 8 << 10;

/// A request's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _place: OwnedSemaphorePermit,
    /// If it is a large one.
    processor: Option<Processor>,
}

/// One call, until it is dropped.
pub(crate) type OpenCall = OwnedSemaphorePermit;

/// A stream's place for one article.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _place: SemaphorePermit<'a>,
    _stream: SemaphorePermit<'a>,
}

impl Gate {
    /// With so many places, for so many processors. Large requests that wait take so many bytes at most.
    pub(super) fn new(
        most: usize,
        processors: usize,
        most_waiting_bytes: usize,
        most_calls: usize,
    ) -> Self {
        Self {
            line: Line::new(processors.min(most), (most / 2).max(1), most_waiting_bytes),
            places: Arc::new(Semaphore::new(most)),
            most,
            streams: Semaphore::new((most / 2).max(1)),
            calls: Arc::new(Semaphore::new(most_calls)),
            most_calls,
            watches: Arc::new(Semaphore::new(WATCHES)),
        }
    }

    /// Places that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.most - self.places.available_permits()
    }

    /// Calls that are open.
    pub(crate) fn open(&self) -> usize {
        self.most_calls - self.calls.available_permits()
    }

    /// One more call; a stream that idles is one, and a request that is not yet received.
    pub(super) fn call(&self) -> Result<OpenCall, Failure> {
        Arc::clone(&self.calls)
            .try_acquire_owned()
            .map_err(|_| Failure::overloaded("max_open_calls", "there are too many open calls"))
    }

    /// One more who is told how the server is.
    pub(super) fn watch(&self) -> Result<OpenCall, Failure> {
        Arc::clone(&self.watches)
            .try_acquire_owned()
            .map_err(|_| Failure::overloaded("watches", "there are too many watches of its health"))
    }

    /// Whether there is a place: what would be refused need not be received first.
    pub(super) fn look(&self) -> Result<(), Failure> {
        match self.places.available_permits() {
            0 => Err(full()),
            _ => Ok(()),
        }
    }

    /// A place for a request of so many bytes, and its turn.
    pub(super) async fn enter(&self, bytes: usize) -> Result<Place, Failure> {
        let processor = match bytes < LARGE {
            true => None,
            false => Some(self.line.processor(bytes).await.map_err(|_| full())?),
        };
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = Place {
            _place: place.map_err(|_| full())?,
            processor,
        };
        tokio::task::yield_now().await;
        Ok(place)
    }

    /// Waits for a stream's place for its next article. Places are given in the order in which they were
    /// asked for.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>, Failure> {
        let (Ok(stream), Ok(place)) = (self.streams.acquire().await, self.places.acquire().await)
        else {
            return Err(Failure::draining());
        };
        tokio::task::yield_now().await;
        Ok(Turn {
            _place: place,
            _stream: stream,
        })
    }
}

tokio::task_local! {
    static HELD: Cell<Option<Place>>;
}

/// Does a request's work in its place.
pub(super) async fn within<T>(place: Place, work: impl Future<Output = T>) -> T {
    HELD.scope(Cell::new(Some(place)), work).await
}

/// Gives back the place of the request that is worked on, if it has one: it waits for something that is not a
/// processor.
pub(crate) fn leave() {
    // A stream has none for longer than for one article.
    let _left = HELD.try_with(|held| held.take());
}

/// Lets another large request come beside the one that is worked on: it will wait for others for most of the time, in
/// pieces.
pub(crate) fn make_room() {
    let _made = HELD.try_with(|held| {
        held.take().map(|mut place| {
            place.processor = None;
            held.set(Some(place));
        })
    });
}

fn full() -> Failure {
    Failure::overloaded("max_requests", "it works on as many requests as it may")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn each_processor_has_a_large_one_and_a_small_one_has_a_place() {
        let gate = Gate::new(64, 2, 1 << 30, 1000);
        let mut under_way = Vec::new();
        for _ in 0..2 {
            under_way.push(gate.enter(1 << 20).await.expect("a processor"));
        }
        let mut third = Box::pin(gate.enter(LARGE));
        assert!(third.as_mut().now_or_never().is_none(), "it waits");
        under_way.push(gate.enter(LARGE - 1).await.expect("a place"));
        assert_eq!(gate.taken(), 3);
        under_way.remove(0);
        let third = third.await.expect("its turn");
        within(third, async {
            make_room();
            under_way.push(gate.enter(1 << 20).await.expect("a processor"));
            assert_eq!(gate.taken(), 4);
        })
        .await;
        for _ in 0..61 {
            under_way.push(gate.enter(0).await.expect("a place"));
        }
        gate.enter(0).await.expect_err("no place");
        drop(under_way);
        assert_eq!(gate.taken(), 0);
        // Each has room for one at least.
        let gate = Gate::new(1, 8, 1 << 30, 1000);
        gate.enter(usize::MAX).await.expect("a place");
    }
}
