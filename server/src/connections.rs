//! The connections: how many there may be, and which are closed because nothing becomes of them.
//!
//! Above the limit a few more are taken, on which only the health service answers and everything else is
//! refused with a reason, and which are closed soon; those beyond that are closed at once. Closed are,
//! besides, connections that do not begin to speak HTTP/2, and those on which an answer has waited too long
//! for its caller to have room for it. That the caller is there at all, the transport's pings find out.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use dashmap::DashMap;
use futures_util::{Stream, StreamExt as _, stream};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;
use tracing::{debug, warn};

use crate::heap;

/// Connections beyond the limit on which the health service still answers.
const SPARE: usize = 16;

/// How long those are kept, and how long a connection may take to begin.
const SHORT: Duration = Duration::from_secs(10);

/// How often it is looked for what is to be closed.
const TICK: Duration = Duration::from_secs(1);

/// So many connections that have gone leave memory that is worth giving back: some ten kilobytes each.
const MANY: u64 = 512;

/// Between two attempts to accept a connection when the process has no room for any.
const PAUSE: Duration = Duration::from_millis(50);

/// What a caller of HTTP/2 says first.
const PREFACE: usize = 24;

/// All connections.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    /// An answer may wait so long for its caller to take more of it.
    patience: Duration,
    open: DashMap<u64, Arc<Connection>>,
    next: AtomicU64,
    refused: AtomicU64,
    overdue: AtomicU64,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Beyond the limit.
    pub(crate) spare: bool,
    opened: Instant,
    /// Bytes that came.
    heard: AtomicUsize,
    /// Since when pieces of answers wait, in the order of time.
    untaken: Mutex<BTreeMap<u64, Instant>>,
    next: AtomicU64,
    closed: CancellationToken,
}

/// A piece of an answer that waits, until it is dropped.
#[derive(Debug)]
pub(crate) struct Untaken {
    connection: Arc<Connection>,
    number: u64,
}

impl Connection {
    /// Notes that a piece of an answer waits for its caller.
    pub(crate) fn untaken(self: &Arc<Self>) -> Untaken {
        let mut untaken = self.untaken.lock();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        untaken.insert(number, Instant::now());
        Untaken {
            connection: Arc::clone(self),
            number,
        }
    }

    fn is_overdue(&self, now: Instant, patience: Duration) -> bool {
        let age = now.saturating_duration_since(self.opened);
        let silent = self.heard.load(Ordering::Relaxed) < PREFACE;
        if age >= SHORT && (self.spare || silent) {
            return true;
        }
        let oldest = self.untaken.lock().values().next().copied();
        oldest.is_some_and(|since| now.saturating_duration_since(since) >= patience)
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        self.connection.untaken.lock().remove(&self.number);
    }
}

impl Connections {
    /// At most `most`, and a few more for the health service.
    pub(crate) fn new(most: usize, patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            most,
            patience,
            open: DashMap::new(),
            next: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            overdue: AtomicU64::new(0),
        })
    }

    /// How many there are.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// How many there have been.
    pub(crate) fn accepted(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// How many were closed at once or kept for the health service only.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many were closed because nothing became of them.
    pub(crate) fn overdue(&self) -> u64 {
        self.overdue.load(Ordering::Relaxed)
    }

    /// What comes in, counted.
    pub(crate) fn limit<I>(
        self: Arc<Self>,
        incoming: impl Stream<Item = io::Result<I>> + Send,
    ) -> impl Stream<Item = io::Result<Counted<I>>> + Send
    where
        I: Send,
    {
        let incoming = Box::pin(incoming);
        stream::unfold((self, incoming), async |(all, mut incoming)| {
            loop {
                match incoming.next().await? {
                    Ok(io) => {
                        if let Some(counted) = all.admit(io) {
                            return Some((Ok(counted), (all, incoming)));
                        }
                    }
                    Err(error) => {
                        debug!(%error, "a connection was not accepted");
                        if is_want(&error) {
                            warn!(%error, "connections wait");
                            tokio::time::sleep(PAUSE).await;
                        }
                    }
                }
            }
        })
    }

    fn admit<I>(self: &Arc<Self>, io: I) -> Option<Counted<I>> {
        let open = self.open.len();
        if open >= self.most {
            self.refused.fetch_add(1, Ordering::Relaxed);
            if open >= self.most + SPARE {
                return None;
            }
        }
        let connection = Arc::new(Connection {
            spare: open >= self.most,
            opened: Instant::now(),
            heard: AtomicUsize::new(0),
            untaken: Mutex::default(),
            next: AtomicU64::new(0),
            closed: CancellationToken::new(),
        });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open.insert(number, Arc::clone(&connection));
        Some(Counted {
            io,
            closed: Box::pin(connection.closed.clone().cancelled_owned()),
            connection,
            entry: Entry {
                all: Arc::clone(self),
                number,
            },
        })
    }

    /// Closes what is overdue, and gives back the memory of many that have gone, until told to stop.
    pub(crate) async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut gone = 0;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(TICK) => {}
            }
            self.close_overdue(Instant::now());
            let now = self.accepted().saturating_sub(self.open() as u64);
            if now - gone.min(now) >= MANY {
                heap::freed();
                gone = now;
            }
        }
    }

    fn close_overdue(&self, now: Instant) {
        for connection in &self.open {
            if !connection.closed.is_cancelled() && connection.is_overdue(now, self.patience) {
                if !connection.spare {
                    self.overdue.fetch_add(1, Ordering::Relaxed);
                }
                connection.closed.cancel();
            }
        }
    }
}

/// The process or the machine has no room for another connection.
fn is_want(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    // Those are of the one connection.
    let own = [
        ConnectionAborted,
        ConnectionRefused,
        ConnectionReset,
        Interrupted,
    ];
    !own.contains(&error.kind())
}

/// A connection that is counted as long as it is there.
#[derive(Debug)]
pub(crate) struct Counted<I> {
    io: I,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
    connection: Arc<Connection>,
    #[expect(dead_code, reason = "it is dropped with the connection")]
    entry: Entry,
}

#[derive(Debug)]
struct Entry {
    all: Arc<Connections>,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.all.open.remove(&self.number);
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Counted<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.closed.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        self.connection.heard.fetch_add(read, Ordering::Relaxed);
        polled
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Counted<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// In the extensions of every request: what it came over.
#[derive(Clone, Debug)]
pub(crate) struct Over(pub(crate) Arc<Connection>);

impl<I> Connected for Counted<I> {
    type ConnectInfo = Over;

    fn connect_info(&self) -> Over {
        Over(Arc::clone(&self.connection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn heard(counted: &Counted<()>) {
        let heard = &counted.connection.heard;
        heard.store(PREFACE, Ordering::Relaxed);
    }

    #[test]
    fn a_few_above_the_limit_are_spare_and_none_after_those() {
        let all = Connections::new(2, SECOND);
        let taken: Vec<_> = (0..2 + SPARE)
            .map(|_| all.admit(()).expect("room"))
            .collect();
        let spare = taken.iter().filter(|one| one.connection.spare).count();
        assert_eq!(
            (spare, all.open(), all.refused()),
            (SPARE, 2 + SPARE, SPARE as u64)
        );
        assert!(all.admit(()).is_none());
        drop(taken);
        assert_eq!(all.open(), 0);
        assert!(!all.admit(()).expect("room").connection.spare);
    }

    #[test]
    fn who_says_nothing_and_who_takes_no_answer_is_closed() {
        let all = Connections::new(10, 30 * SECOND);
        let (silent, idle, slow) = (all.admit(()), all.admit(()), all.admit(()));
        let (silent, idle, slow) = (
            silent.expect("room"),
            idle.expect("room"),
            slow.expect("room"),
        );
        heard(&idle);
        heard(&slow);
        let taken = slow.connection.untaken();
        let _waits = slow.connection.untaken();
        drop(taken);
        let now = Instant::now();
        let closed = || [&silent, &idle, &slow].map(|one| one.connection.closed.is_cancelled());
        all.close_overdue(now);
        assert_eq!(closed(), [false, false, false]);
        all.close_overdue(now + SHORT);
        assert_eq!(closed(), [true, false, false]);
        all.close_overdue(now + 31 * SECOND);
        assert_eq!(closed(), [true, false, true]);
        assert_eq!(all.overdue(), 2);
    }
}
