//! A server in a benchmark's own program.

use std::error::Error;

use basma_client::Client;
use basma_server::{Config, Signals};
use basma_test_redis::until;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// What the threads of a server are called.
pub(crate) const SERVER: &str = "basmad";

/// Where servers run, apart from who asks them.
pub(crate) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .thread_name(SERVER)
        .enable_all()
        .build()
}

/// Starts a server that answers.
pub(crate) async fn server(serving: &Runtime, config: Config) -> Result<Client, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = Client::new(&format!("http://{}", listener.local_addr()?))?;
    serving.spawn(basma_server::run(listener, config, Signals::default()));
    until("a server that answers", async || client.stats().await.ok()).await;
    Ok(client)
}
