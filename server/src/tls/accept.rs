//! Handshakes, beside each other and within a limit of time.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _, stream};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use super::{Connection, Identity};
use crate::reload::Live;

/// Longest time for a handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes under way; when there is one more, the oldest goes. An ordinary one takes a few round trips, so
/// that is one of somebody who connects and says nothing.
const MOST: usize = 1024;

/// How long a caller who was refused has to take note of why, and how much he may still say.
const FAREWELL: (Duration, u64) = (Duration::from_secs(1), 64 << 10);

/// Encrypts the connections that come in, each as `tls` is when it comes; without it they are let through as
/// they are. Nobody waits for another's handshake.
pub(crate) fn secured<IO>(
    incoming: impl Stream<Item = io::Result<IO>> + Send + Unpin + 'static,
    tls: Option<Live<Identity>>,
) -> impl Stream<Item = io::Result<Connection<IO>>> + Send
where
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    match tls {
        None => incoming.map(|io| io.map(Connection::Plain)).left_stream(),
        Some(tls) => {
            let state = Handshakes {
                incoming,
                tls,
                under_way: JoinSet::new(),
                oldest: VecDeque::new(),
            };
            stream::unfold(state, |mut state| async {
                Some((state.next().await?, state))
            })
            .right_stream()
        }
    }
}

/// Connections that are becoming encrypted.
struct Handshakes<S, IO> {
    incoming: S,
    tls: Live<Identity>,
    under_way: JoinSet<Option<Connection<IO>>>,
    oldest: VecDeque<AbortHandle>,
}

impl<S, IO> Handshakes<S, IO>
where
    S: Stream<Item = io::Result<IO>> + Unpin,
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    /// The next connection that is encrypted; `None` when no more come in.
    async fn next(&mut self) -> Option<io::Result<Connection<IO>>> {
        loop {
            tokio::select! {
                io = self.incoming.next() => match io? {
                    Ok(io) => self.begin(io),
                    Err(error) => return Some(Err(error)),
                },
                Some(ended) = self.under_way.join_next() => {
                    if let Ok(Some(connection)) = ended {
                        return Some(Ok(connection));
                    }
                }
            }
        }
    }

    fn begin(&mut self, io: IO) {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.tls.now().config));
        self.oldest
            .push_back(self.under_way.spawn(handshake(acceptor, io)));
        while self.oldest.front().is_some_and(AbortHandle::is_finished) {
            self.oldest.pop_front();
        }
        if self.under_way.len() > MOST
            && let Some(oldest) = self.oldest.pop_front()
        {
            oldest.abort();
        }
    }
}

/// Secures a connection. Whoever cannot be is told why, and let go.
async fn handshake<IO>(acceptor: TlsAcceptor, io: IO) -> Option<Connection<IO>>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let handshake = acceptor.accept(io).into_fallible();
    match timeout(HANDSHAKE, handshake).await {
        Ok(Ok(tls)) => Some(Connection::Tls(Box::new(tls))),
        Ok(Err((error, io))) => {
            debug!(%error, "a TLS handshake failed");
            farewell(io).await;
            None
        }
        Err(_) => {
            debug!("a TLS handshake took too long");
            None
        }
    }
}

/// Closes a connection so that what was said last arrives: closing one of which not everything was read
/// takes it back.
async fn farewell<IO: AsyncRead + AsyncWrite + Unpin>(mut io: IO) {
    let (time, bytes) = FAREWELL;
    let closing = async {
        io.shutdown().await?;
        tokio::io::copy(&mut io.take(bytes), &mut tokio::io::sink()).await
    };
    // Whether he has heard it is his business.
    let _heard = timeout(time, closing).await;
}
