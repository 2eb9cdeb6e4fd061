//! A `basmad` of the test's own.

use std::{
    fs::{self, File},
    path::Path,
    process::{ExitStatus, Stdio},
    thread,
};

use basma_client::client::{Tls, channel};
use basma_proto::v1::{
    Answer, Article, GetStatsRequest, GetStatsResponse, SubmitRequest,
    article_service_client::ArticleServiceClient,
    collection_service_client::CollectionServiceClient, dedup_service_client::DedupServiceClient,
};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{Basma, LIMIT, binaries::binaries, until, without_settings};

/// Where `basmad` writes its log, in the test's folder.
const LOG: &str = "basmad.log";

/// A server on a port of its own, with a folder of its own. Dropping it kills it; if the test fails,
/// its log is printed.
#[derive(Debug)]
pub struct Server {
    basmad: Child,
    address: String,
    folder: TempDir,
    /// How its callers are to be secured.
    tls: Tls,
}

impl Server {
    /// Starts a server and waits until it says SERVING.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with these arguments, too.
    pub async fn start_with(arguments: &[&str]) -> Self {
        Self::start_secured(Tls::default(), arguments).await
    }

    /// The same, of a server with TLS: its callers are to be secured so.
    pub async fn start_secured(tls: Tls, arguments: &[&str]) -> Self {
        let server = Self::begin_secured(tls, arguments).await;
        server.serving().await;
        server
    }

    /// The same, of a server that keeps its index in this folder.
    pub async fn start_secured_in(data: &Path, tls: Tls, arguments: &[&str]) -> Self {
        let mut server = Self::begin_in(data, arguments).await;
        server.tls = tls;
        server.serving().await;
        server
    }

    /// The same, but does not wait until it serves.
    pub async fn begin_secured(tls: Tls, arguments: &[&str]) -> Self {
        let mut server = Self::begin("--in-memory", arguments).await;
        server.tls = tls;
        server
    }

    /// Starts a server that keeps its index in this folder, and waits until it says SERVING.
    pub async fn start_in(data: &Path, arguments: &[&str]) -> Self {
        let server = Self::begin_in(data, arguments).await;
        server.serving().await;
        server
    }

    /// The same, but does not wait until it has read the folder.
    pub async fn begin_in(data: &Path, arguments: &[&str]) -> Self {
        let data = format!("--data-dir={}", data.to_str().expect("a path in UTF-8"));
        Self::begin(&data, arguments).await
    }

    /// Starts a server that shares the index of a cluster, and waits until it says SERVING.
    pub async fn start_sharing(url: &str, arguments: &[&str]) -> Self {
        let server = Self::begin(&format!("--store={url}"), arguments).await;
        server.serving().await;
        server
    }

    /// The same as [`Server::start_in`], with these variables in its environment.
    pub async fn start_in_environment(
        data: &Path,
        arguments: &[&str],
        variables: &[(String, String)],
    ) -> Self {
        let data = format!("--data-dir={}", data.to_str().expect("a path in UTF-8"));
        let server = Self::begin_with(&data, arguments, variables).await;
        server.serving().await;
        server
    }

    async fn begin(store: &str, arguments: &[&str]) -> Self {
        Self::begin_with(store, arguments, &[]).await
    }

    async fn begin_with(store: &str, arguments: &[&str], variables: &[(String, String)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = File::create(folder.path().join(LOG)).expect("a file");
        let mut basmad = basmad(&["--listen", "127.0.0.1:0", store]);
        let usual = ["--log", "basma_server=trace,basma_engine=trace,info"];
        let usual = (!arguments.contains(&"--log")).then_some(usual);
        let mut basmad = basmad
            .args(usual.iter().flatten())
            .args(arguments)
            .envs(variables.iter().cloned())
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("basmad starts");
        let stdout = BufReader::new(basmad.stdout.take().expect("a pipe"));
        let line = timeout(LIMIT, stdout.lines().next_line()).await;
        let line = line
            .expect("a line in time")
            .expect("text")
            .unwrap_or_default();
        let Some(address) = line.strip_prefix("basmad listening on ") else {
            let log = fs::read_to_string(folder.path().join(LOG)).expect("a log");
            panic!("basmad said {line:?} and then:\n{log}");
        };
        Self {
            basmad,
            address: address.to_owned(),
            folder,
            tls: Tls::default(),
        }
    }

    /// Waits until it says SERVING.
    pub async fn serving(&self) {
        until("SERVING", async || {
            let mut health = HealthClient::new(self.try_channel().await?);
            let asked = health.check(HealthCheckRequest::default()).await.ok()?;
            (asked.into_inner().status() == ServingStatus::Serving).then_some(())
        })
        .await;
    }

    /// Its URL.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// HOST:PORT.
    pub fn authority(&self) -> &str {
        let (_, authority) = self.address.split_once("://").expect("a URL");
        authority
    }

    /// A folder for the files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }

    async fn try_channel(&self) -> Option<Channel> {
        if self.tls != Tls::default() {
            return Some(channel(&self.address, &self.tls).expect("a channel"));
        }
        let endpoint = Endpoint::from_shared(self.address.clone()).expect("a URL");
        endpoint.connect_timeout(LIMIT).connect().await.ok()
    }

    /// A new connection; one with TLS is made with the first call.
    pub async fn channel(&self) -> Channel {
        self.try_channel().await.expect("a connection")
    }

    /// A client of `DedupService` on a connection of its own.
    pub async fn dedup(&self) -> DedupServiceClient<Channel> {
        DedupServiceClient::new(self.channel().await)
    }

    /// A client of `ArticleService` on a connection of its own.
    pub async fn articles(&self) -> ArticleServiceClient<Channel> {
        ArticleServiceClient::new(self.channel().await)
    }

    /// A client of `CollectionService` on a connection of its own.
    pub async fn collections(&self) -> CollectionServiceClient<Channel> {
        CollectionServiceClient::new(self.channel().await)
    }

    /// A client of `grpc.health.v1` on a connection of its own.
    pub async fn health(&self) -> HealthClient<Channel> {
        HealthClient::new(self.channel().await)
    }

    /// Submits an article to the default collection.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn submit(&self, article: Article) -> Answer {
        let request = SubmitRequest {
            article: Some(article),
            ..SubmitRequest::default()
        };
        let response = self.dedup().await.submit(request).await.expect("an answer");
        response.into_inner().answer.expect("an answer")
    }

    /// What the default collection holds.
    pub async fn stats(&self) -> GetStatsResponse {
        let mut collections = self.collections().await;
        let response = collections.get_stats(GetStatsRequest::default()).await;
        response.expect("an answer").into_inner()
    }

    /// `basma` with these arguments, asking this server.
    pub fn basma(&self, arguments: &[&str]) -> Basma {
        Basma::new(&self.address, arguments).within(self.folder())
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends SIGKILL, and waits until it is gone.
    pub async fn kill(mut self) {
        self.signal(Signal::KILL);
        self.exit().await;
    }

    /// Sends SIGTERM, and waits for a good end.
    ///
    /// # Panics
    ///
    /// If it ends badly.
    pub async fn stop(mut self) {
        self.terminate();
        let status = self.exit().await;
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Has it read its files again, and waits until it says that it did.
    pub async fn reload(&self) {
        let read = || {
            let log = self.log();
            log.matches("anew").count() + log.matches("the former stay").count()
        };
        let before = read();
        self.signal(Signal::HUP);
        until("that the files were read", async || {
            (read() > before).then_some(())
        })
        .await;
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid().expect("it runs"), signal).expect("it takes signals");
    }

    /// The number of its process.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn id(&self) -> u32 {
        self.basmad.id().expect("it runs")
    }

    fn pid(&self) -> Option<Pid> {
        let id = self.basmad.id();
        id.and_then(|id| Pid::from_raw(id.try_into().ok()?))
    }

    /// Memory that it has resident, in bytes.
    ///
    /// # Panics
    ///
    /// If it does not run.
    #[cfg(target_os = "linux")]
    pub fn resident(&self) -> u64 {
        let id = self.basmad.id().expect("it runs");
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        resident.map_or(0, |resident: u64| resident << 10)
    }

    /// How it ended.
    ///
    /// # Panics
    ///
    /// If it does not end in time.
    pub async fn exit(&mut self) -> ExitStatus {
        let ended = timeout(LIMIT, self.basmad.wait()).await;
        ended.expect("it ends in time").expect("a status")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("basmad logged:\n{}", self.log());
        }
    }
}

/// Lets a server write no file longer than this, or any length again.
#[cfg(target_os = "linux")]
pub fn limit_files(server: &Server, bytes: Option<u64>) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let pid = Some(server.pid().expect("it runs"));
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, limit).expect("it can be limited");
}

/// `basmad` with these arguments, to be started by the test itself.
pub fn basmad(arguments: &[&str]) -> Command {
    let mut command = Command::new(&binaries().basmad);
    without_settings(&mut command);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
