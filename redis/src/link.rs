//! One connection to one node.

use std::time::Duration;

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, IntoConnectionInfo, Pipeline,
    RedisConnectionInfo, RedisError, TlsCertificates, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
};
use tokio::time::timeout;

use crate::{Address, Endpoint, Error};

/// How long connecting may take, with TLS and password.
const CONNECT: Duration = Duration::from_secs(1);
/// How long a pipeline may take, with `WAIT`.
const ANSWER: Duration = Duration::from_secs(2);

/// A connection, which one pipeline at a time goes through.
pub(crate) struct Link {
    node: Endpoint,
    connection: MultiplexedConnection,
}

/// Why a pipeline has no replies.
pub(crate) enum Broken {
    /// The connection ended, which it may have done while nobody used it.
    Ended(Error),
    /// Nothing came in time.
    Late(Error),
}

impl Link {
    /// Connects to a node, within [`CONNECT`].
    pub(crate) async fn open(address: &Address, node: &Endpoint) -> Result<Self, Error> {
        let unreachable =
            |cause: String| Error::Unreachable(format!("{node} cannot be reached: {cause}"));
        let client = client(address, node).map_err(|error| {
            Error::Unsuitable(format!("no connection to {node} can be set up: {error}"))
        })?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let opening = client.get_multiplexed_async_connection_with_config(&config);
        match timeout(CONNECT, opening).await {
            Err(_) => Err(unreachable(format!("it took longer than {CONNECT:?}"))),
            Ok(Err(error)) if shut_out(&error) => Err(Error::Unsuitable(format!(
                "{node} does not let this user in: {error}"
            ))),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Ok(Ok(connection)) => Ok(Self {
                node: node.clone(),
                connection,
            }),
        }
    }

    /// Sends a pipeline of so many commands; the replies come within [`ANSWER`], errors of the node
    /// among them. After a failure the link is of no more use.
    pub(crate) async fn send(
        &mut self,
        pipeline: &Pipeline,
        count: usize,
    ) -> Result<Vec<Value>, Broken> {
        let node = &self.node;
        let replies = self.connection.req_packed_commands(pipeline, 0, count);
        match timeout(ANSWER, replies).await {
            Err(_) => Err(Broken::Late(Error::Unreachable(format!(
                "{node} has not answered for {ANSWER:?}"
            )))),
            Ok(Err(error)) => Err(Broken::Ended(Error::Unreachable(format!(
                "the connection to {node} broke: {error}"
            )))),
            Ok(Ok(replies)) if replies.len() == count => Ok(replies),
            Ok(Ok(replies)) => Err(Broken::Late(Error::Unreachable(format!(
                "{node} gave {} replies to {count} commands",
                replies.len()
            )))),
        }
    }
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        let (Broken::Ended(error) | Broken::Late(error)) = broken;
        error
    }
}

fn client(address: &Address, node: &Endpoint) -> Result<Client, RedisError> {
    let host = node.host.to_string();
    let port = node.port;
    let place = match address.tls {
        false => ConnectionAddr::Tcp(host, port),
        true => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: false,
            tls_params: None,
        },
    };
    let mut account = RedisConnectionInfo::default();
    if let Some(user) = &address.user {
        account = account.set_username(user);
    }
    if let Some(password) = &address.password {
        account = account.set_password(password);
    }
    let connection = place.into_connection_info()?.set_redis_settings(account);
    match &address.authority {
        Some(pem) if address.tls => {
            let certificates = TlsCertificates {
                client_tls: None,
                root_cert: Some(pem.clone()),
            };
            Client::build_with_tls(connection, certificates)
        }
        _ => Client::open(connection),
    }
}

fn shut_out(error: &RedisError) -> bool {
    error.kind() == ErrorKind::AuthenticationFailed
        || matches!(error.code(), Some("WRONGPASS" | "NOAUTH" | "NOPERM"))
}
