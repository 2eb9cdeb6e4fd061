//! The typed client: one cheap clone per task, all on one connection.

mod articles;
mod backup;
mod batches;
mod collections;
mod dedup;
mod health;
mod migration;
mod stream;
pub(crate) mod tls;
mod token;

use std::{sync::Arc, time::Duration};

use basma_proto::v1::TimeSpan;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tonic::{
    Request, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};
use tower::service_fn;

pub use self::{
    stream::{Answers, Window},
    tls::{Certificate, Identity, Secured, Tls},
    token::Token,
};
use self::{tls::Connector, token::Bearer};
use crate::{error::Error, retry::RetryPolicy};

/// Where a server listens unless told otherwise.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:50051";

/// Answers may be this large, in bytes: a full batch with a thousand matches each.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// How calls go out: each with the token, if there is one.
type Calls = InterceptedService<Channel, Bearer>;

/// A connection to a server, and how calls on it are made. A clone shares the connection.
///
/// Every call has a deadline, over all its attempts together, and is repeated as the
/// [`RetryPolicy`] says.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
    bearer: Bearer,
    server: Arc<str>,
    tls: Arc<Tls>,
    collection: Arc<str>,
    deadline: Duration,
    retry: RetryPolicy,
    window: Option<TimeSpan>,
}

impl Client {
    /// A client of the server at `server`, for example `http://127.0.0.1:50051`. It connects with
    /// the first call, and again whenever the connection was lost. With `https://` the server must have a
    /// certificate of a CA that the system trusts.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Address`] if `server` is not the URL of a host.
    pub fn new(server: &str) -> Result<Self, Error> {
        Self::with_tls(server, &Tls::default())
    }

    /// The same, of a server whose certificate is another CA's, or that asks for the client's.
    ///
    /// # Errors
    /// [`Error::Address`] if `server` is not the URL of a host; [`Error::Credentials`] if a certificate or
    /// key cannot be used, or `server` does not begin with `https://`.
    pub fn with_tls(server: &str, tls: &Tls) -> Result<Self, Error> {
        Ok(Self {
            channel: channel(server, tls)?,
            bearer: Bearer::default(),
            server: server.into(),
            tls: Arc::new(tls.clone()),
            collection: basma_proto::DEFAULT_COLLECTION.into(),
            deadline: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            window: None,
        })
    }

    /// The same on a connection of its own.
    ///
    /// # Errors
    /// As [`Client::with_tls`].
    pub fn another(&self) -> Result<Self, Error> {
        Ok(Self {
            channel: channel(&self.server, &self.tls)?,
            ..self.clone()
        })
    }

    /// The same connection; every call shows this token.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.bearer = Bearer(Some(token));
        self
    }

    /// The same connection, asking about another collection.
    #[must_use]
    pub fn with_collection(mut self, collection: &str) -> Self {
        self.collection = collection.into();
        self
    }

    /// The same connection; in submissions and checks only articles within this window match, and not
    /// those within the collection's.
    #[must_use]
    pub fn with_window(mut self, window: TimeSpan) -> Self {
        self.window = Some(window);
        self
    }

    /// The same connection, with another deadline for each call.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The same connection, with another policy of repeating calls.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The URL of the server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The collection that is asked about.
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// How long a call may take, with all its repetitions.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// What calls are made on.
    fn calls(&self) -> Calls {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    /// Calls `rpc` until it answers, the policy gives up, or the deadline has passed.
    async fn call<M, R, F>(
        &self,
        message: M,
        rpc: impl Fn(Calls, Request<M>) -> F,
    ) -> Result<R, Error>
    where
        M: Clone,
        F: Future<Output = Result<Response<R>, Status>>,
    {
        let end = Instant::now() + self.deadline;
        let attempts = async {
            let mut attempt = 1;
            loop {
                let mut request = Request::new(message.clone());
                // So that the server, too, stops working for an answer that nobody waits for.
                request.set_timeout(end.saturating_duration_since(Instant::now()));
                let error = match rpc(self.calls(), request).await {
                    Ok(response) => return Ok(response.into_inner()),
                    Err(status) => self.error(&status),
                };
                match self.retry.wait(attempt, &error) {
                    // The real cause says more than that the time was over while waiting.
                    Some(wait) if Instant::now() + wait < end => sleep(wait).await,
                    _ => return Err(error),
                }
                attempt += 1;
            }
        };
        timeout_at(end, attempts)
            .await
            .unwrap_or_else(|_| Err(self.overdue()))
    }

    /// Connects, and tells what was agreed on; `None` if the server is called without TLS.
    ///
    /// # Errors
    /// [`Error::Insecure`] if either side does not accept the other's certificate; [`Error::Unreachable`]
    /// if there is no server; [`Error::Deadline`].
    pub async fn handshake(&self) -> Result<Option<Secured>, Error> {
        if !self.server.starts_with(HTTPS) {
            return Ok(None);
        }
        let connector = Connector::new(&self.tls)?;
        let server = self.server.parse().map_err(|_| Error::Address {
            server: self.server.to_string(),
            cause: "it is no URL".to_owned(),
        })?;
        match timeout(self.deadline, connector.connect(server)).await {
            Ok(Ok(connection)) => Ok(Some(tls::secured(connection.inner()))),
            Ok(Err(error)) => Err(Error::from_transport(error.as_ref(), &self.server)),
            Err(_) => Err(self.overdue()),
        }
    }

    fn error(&self, status: &Status) -> Error {
        Error::from_status(status, &self.server, self.deadline)
    }

    fn broken(&self, cause: &str) -> Error {
        Error::Unreachable {
            server: self.server.to_string(),
            cause: cause.to_owned(),
        }
    }

    fn overdue(&self) -> Error {
        Error::Deadline {
            server: self.server.to_string(),
            deadline: self.deadline,
        }
    }
}

const HTTPS: &str = "https://";

/// A connection to be made when it is needed, and again whenever it was lost: for those who call with
/// stubs of their own.
///
/// Must be called within a tokio runtime.
///
/// # Errors
/// As [`Client::with_tls`].
pub fn channel(server: &str, tls: &Tls) -> Result<Channel, Error> {
    let address = |cause: &str| Error::Address {
        server: server.to_owned(),
        cause: cause.to_owned(),
    };
    let secure = server.starts_with(HTTPS);
    if !secure && !server.starts_with("http://") {
        return Err(address("it begins neither with http:// nor with https://"));
    }
    if !secure && *tls != Tls::default() {
        let message = "certificates are for a server with TLS: its address begins with https://";
        return Err(Error::Credentials(message.to_owned()));
    }
    let endpoint = Endpoint::from_shared(server.to_owned())
        .and_then(|endpoint| endpoint.user_agent(concat!("basma/", env!("CARGO_PKG_VERSION"))))
        .map_err(|error| address(&error.to_string()))?
        .connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20);
    if !secure {
        return Ok(endpoint.connect_lazy());
    }
    let connector = Connector::new(tls)?;
    Ok(endpoint
        .connect_with_connector_lazy(service_fn(move |server| connector.clone().connect(server))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn client() -> Client {
        Client::new(DEFAULT_SERVER).expect("a good address")
    }

    /// Fails with `status` as often as told, then answers; counts the calls.
    async fn fails(client: &Client, times: u32, status: Status) -> (Result<u32, Error>, u32) {
        let calls = AtomicU32::new(0);
        let answer = client
            .call((), |_, _| async {
                let call = calls.fetch_add(1, Ordering::Relaxed);
                if call < times {
                    Err(status.clone())
                } else {
                    Ok(Response::new(call))
                }
            })
            .await;
        (answer, calls.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn repeats_unavailable_and_nothing_else() {
        let (answer, calls) = fails(&client(), 2, Status::unavailable("draining")).await;
        assert!(answer.is_ok());
        assert_eq!(calls, 3);
        let (answer, calls) = fails(&client(), 1, Status::not_found("no such article")).await;
        assert!(answer.is_err());
        assert_eq!(calls, 1);
        let (answer, calls) = fails(&client(), 99, Status::unavailable("draining")).await;
        assert!(answer.is_err());
        assert_eq!(calls, RetryPolicy::default().attempts);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_covers_all_attempts() {
        let start = Instant::now();
        let client = client().with_deadline(Duration::from_secs(1));
        let answer: Result<(), _> = client
            .call((), |_, _| async {
                sleep(Duration::from_millis(600)).await;
                Err(Status::unavailable("busy"))
            })
            .await;
        assert!(answer.is_err());
        assert!(
            start.elapsed() <= Duration::from_millis(1001),
            "{:?}",
            start.elapsed()
        );
    }

    #[tokio::test]
    async fn an_unusable_address_says_how_to_write_one() {
        for server in [
            "127.0.0.1:50051",
            "ftp://example.org",
            "http://",
            "https://",
            "http://a b",
        ] {
            let error = Client::new(server).expect_err(server);
            assert!(
                error.to_string().contains("http://127.0.0.1:50051"),
                "{error}"
            );
        }
    }
}
