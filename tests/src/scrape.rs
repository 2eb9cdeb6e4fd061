//! What a server tells Prometheus.

use std::collections::BTreeMap;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{Server, until};

/// The figures of one scrape, by name and labels as they are written.
#[derive(Clone, Debug)]
pub struct Scrape(pub BTreeMap<String, f64>);

impl Scrape {
    /// Asks a server that was started with `--metrics-listen 127.0.0.1:0`.
    ///
    /// # Panics
    ///
    /// If what it says is not in the format.
    pub async fn of(server: &Server) -> Self {
        let answer = get(server, "/metrics").await;
        let (head, text) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(text.ends_with("# EOF\n"), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let figures = lines.map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        });
        Self(figures.collect())
    }

    /// A figure, by its name and labels; 0 if it is not there.
    pub fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// All figures of this name added up, whatever their labels.
    pub fn sum(&self, name: &str) -> f64 {
        let named = self.0.iter().filter(|(series, _)| bare(series) == name);
        named.map(|(_, value)| value).sum()
    }
}

/// The name of a series without its labels.
pub fn bare(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}

/// What the listener for metrics says to `GET` of a path, head and body.
pub async fn get(server: &Server, path: &str) -> String {
    let address = until("the listener for metrics", async || {
        let log = server.log();
        let line = log.lines().find(|line| line.contains("metrics address="))?;
        Some(line.rsplit_once('=')?.1.trim().to_owned())
    })
    .await;
    let mut socket = TcpStream::connect(&address).await.expect("a listener");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    socket
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("text");
    answer
}
