//! TLS: who is trusted, and who is not; certificates that change while the server runs.

use std::{fs, path::Path};

use basma_client::{
    Client, Error,
    client::{Identity, Tls},
    retry::RetryPolicy,
};
use basma_tests::{
    Authority, LIMIT, Server, article,
    article::streamed,
    authority::{Issued, path},
    server::basmad,
    until,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;

const LOOPBACK: &[&str] = &["127.0.0.1", "localhost"];

/// A folder with certificates, and a server that uses them.
struct Secured {
    folder: tempfile::TempDir,
    authority: Authority,
    server: Server,
}

impl Secured {
    async fn start(issued: impl Fn(&Authority) -> Issued) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new();
        let files = issued(&authority).write(folder.path(), "server");
        let arguments = files.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let server = Server::start_secured(authority.trusted(), &arguments).await;
        Self {
            folder,
            authority,
            server,
        }
    }

    /// A server that also asks for certificates of a CA of its own.
    async fn start_mutual() -> (Self, Authority) {
        let folder = tempfile::tempdir().expect("a folder");
        let (authority, clients) = (Authority::new(), Authority::new());
        let files = authority.issue(LOOPBACK).write(folder.path(), "server");
        let mut arguments = files.arguments();
        let ca = clients.write(folder.path(), "clients.pem");
        arguments.extend(["--tls-client-ca".to_owned(), path(&ca).to_owned()]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let tls = Tls {
            identity: Some(clients.issue(&["scraper.example"]).identity()),
            ..authority.trusted()
        };
        let server = Server::start_secured(tls, &arguments).await;
        let secured = Self {
            folder,
            authority,
            server,
        };
        (secured, clients)
    }

    /// What a client that is secured so is told.
    async fn ask(&self, tls: &Tls) -> Result<(), Error> {
        ask(self.server.address(), tls).await
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A server that nobody can ask whether it is ready.
async fn begin(authority: &Authority, issued: &Issued) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = issued.write(folder.path(), "server").arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = Server::begin_secured(authority.trusted(), &arguments).await;
    until("that it serves", async || {
        server.log().contains("serving").then_some(())
    })
    .await;
    server
}

async fn ask(address: &str, tls: &Tls) -> Result<(), Error> {
    let client = Client::with_tls(address, tls)?.with_retry(RetryPolicy::NEVER);
    client.stats().await.map(drop)
}

/// What a client that is not let in is told.
async fn refused(address: &str, tls: &Tls) -> String {
    match ask(address, tls).await {
        Err(Error::Insecure { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_trusts_the_ca_is_answered() {
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    assert!(secured.server.address().starts_with("https://"));
    secured
        .ask(&secured.authority.trusted())
        .await
        .expect("an answer");
    let by_name = secured.server.address().replace("127.0.0.1", "localhost");
    ask(&by_name, &secured.authority.trusted())
        .await
        .expect("an answer");
    // Every kind of call.
    secured.server.submit(article("1", "نص")).await;
    let (requests, receiver) = mpsc::channel(1);
    requests
        .send(streamed(article("2", "نص"), 1))
        .await
        .expect("an open stream");
    drop(requests);
    let mut dedup = secured.server.dedup().await;
    let answers = dedup.submit_stream(ReceiverStream::new(receiver)).await;
    let mut answers = answers.expect("a stream").into_inner();
    assert!(answers.message().await.expect("no error").is_some());
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_is_not_trusted() {
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    let address = secured.server.address();
    for tls in [Authority::new().trusted(), Tls::default()] {
        let cause = refused(address, &tls).await;
        assert!(cause.contains("give --ca FILE"), "{cause}");
    }

    let authority = Authority::new();
    let server = begin(
        &authority,
        &authority.issue(&["basma.example", "localhost"]),
    )
    .await;
    let cause = refused(server.address(), &authority.trusted()).await;
    assert!(
        cause.contains("not for 127.0.0.1") && cause.contains("basma.example"),
        "{cause}"
    );
}

#[tokio::test]
async fn an_expired_certificate_is_not_trusted_and_the_server_says_so() {
    let authority = Authority::new();
    let server = begin(&authority, &authority.issue_until(LOOPBACK, 2020)).await;
    let cause = refused(server.address(), &authority.trusted()).await;
    assert!(cause.contains("has expired"), "{cause}");
    assert!(
        server.log().contains("certificate has expired"),
        "{}",
        server.log()
    );
}

#[tokio::test]
async fn who_must_show_a_certificate_is_let_in_with_a_good_one_only() {
    let (secured, clients) = Secured::start_mutual().await;
    let with = |identity: Option<Identity>| Tls {
        identity,
        ..secured.authority.trusted()
    };
    let good = clients.issue(&["scraper.example"]).identity();
    secured.ask(&with(Some(good))).await.expect("an answer");

    let address = secured.server.address();
    let cause = refused(address, &with(None)).await;
    assert!(cause.contains("--client-cert FILE"), "{cause}");
    for stranger in [
        Authority::new().issue(&["scraper.example"]),
        secured.authority.issue(&["scraper.example"]),
        clients.issue_until(&["scraper.example"], 2020),
    ] {
        let cause = refused(address, &with(Some(stranger.identity()))).await;
        assert!(
            cause.contains("does not accept the client's certificate"),
            "{cause}"
        );
    }
}

#[tokio::test]
async fn certificates_change_while_connections_are_open() {
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    let (requests, receiver) = mpsc::channel(1);
    requests
        .send(streamed(article("1", "نص"), 1))
        .await
        .expect("an open stream");
    let mut dedup = secured.server.dedup().await;
    let answers = dedup.submit_stream(ReceiverStream::new(receiver)).await;
    let mut answers = answers.expect("a stream").into_inner();
    assert!(answers.message().await.expect("no error").is_some());

    // The new one is another CA's: who trusts the former only is no longer answered.
    let next = Authority::new();
    next.issue(LOOPBACK).write(secured.folder(), "server");
    secured.server.reload().await;
    secured.ask(&next.trusted()).await.expect("an answer");
    refused(secured.server.address(), &secured.authority.trusted()).await;

    // The connection of before goes on.
    requests
        .send(streamed(article("2", "نص"), 2))
        .await
        .expect("an open stream");
    let answer = answers
        .message()
        .await
        .expect("no error")
        .expect("an answer");
    assert_eq!(answer.request_number, 2);
}

#[tokio::test]
async fn a_change_is_noticed_without_a_signal() {
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    let next = Authority::new();
    next.issue(LOOPBACK).write(secured.folder(), "server");
    until("the new certificate", async || {
        secured.ask(&next.trusted()).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_broken_certificate_leaves_the_former() {
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    let (cert, key) = (
        secured.folder().join("server.pem"),
        secured.folder().join("server.key"),
    );
    let another = secured.authority.issue(LOOPBACK);
    for (file, content) in [
        (&cert, "no certificate"),
        (&cert, ""),
        // Of another key.
        (&cert, another.certificate.as_str()),
        (&key, "no key"),
    ] {
        fs::write(file, content).expect("a file");
        secured.server.reload().await;
        secured
            .ask(&secured.authority.trusted())
            .await
            .expect("an answer");
    }
    fs::remove_file(&key).expect("a file");
    secured.server.reload().await;
    secured
        .ask(&secured.authority.trusted())
        .await
        .expect("an answer");
    assert_eq!(secured.server.log().matches("the former stay").count(), 5);

    // Once it is whole, it is taken.
    let next = Authority::new();
    next.issue(LOOPBACK).write(secured.folder(), "server");
    secured.server.reload().await;
    secured.ask(&next.trusted()).await.expect("an answer");
}

#[tokio::test]
async fn the_clients_ca_changes_too() {
    let (secured, clients) = Secured::start_mutual().await;
    let with = |authority: &Authority| Tls {
        identity: Some(authority.issue(&["scraper.example"]).identity()),
        ..secured.authority.trusted()
    };
    let (before, next) = (with(&clients), Authority::new());
    let after = with(&next);
    secured.ask(&before).await.expect("an answer");
    next.write(secured.folder(), "clients.pem");
    secured.server.reload().await;
    secured.ask(&after).await.expect("an answer");
    let cause = refused(secured.server.address(), &before).await;
    assert!(cause.contains("does not accept"), "{cause}");
}

#[tokio::test]
async fn who_connects_and_says_nothing_holds_nobody_up() {
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        let connection = TcpStream::connect(secured.server.authority()).await;
        silent.push(connection.expect("a connection"));
    }
    // One that begins and does not go on.
    silent[0]
        .write_all(&[0x16, 0x03, 0x01])
        .await
        .expect("a connection");
    secured
        .ask(&secured.authority.trusted())
        .await
        .expect("an answer");
    // The server lets go of them by itself.
    let mut byte = [0];
    for mut connection in silent {
        let end = timeout(LIMIT, connection.read(&mut byte))
            .await
            .expect("it ends");
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}

#[tokio::test]
async fn each_side_is_told_when_only_one_speaks_tls() {
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    let plain = secured.server.address().replace("https://", "http://");
    let cause = refused(&plain, &Tls::default()).await;
    assert!(cause.contains("https://"), "{cause}");

    let server = Server::start().await;
    let address = server.address().replace("http://", "https://");
    let cause = refused(&address, &Tls::default()).await;
    assert!(cause.contains("http://"), "{cause}");
}

#[tokio::test]
async fn a_wrong_setting_is_named_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let one = authority.issue(LOOPBACK).write(folder.path(), "one");
    let other = authority.issue(LOOPBACK).write(folder.path(), "other");
    let none = folder.path().join("none");
    fs::write(&none, "").expect("a file");
    let (cert, key, none) = (path(&one.cert), path(&one.key), path(&none));
    for (arguments, expected) in [
        (vec!["--tls-cert", cert], "tls_key"),
        (vec!["--tls-key", key], "tls_cert"),
        (vec!["--tls-client-ca", cert], "tls_cert"),
        (vec!["--tls-cert", "/nowhere", "--tls-key", key], "/nowhere"),
        (vec!["--tls-cert", none, "--tls-key", key], "tls_cert"),
        (vec!["--tls-cert", cert, "--tls-key", none], "tls_key"),
        (
            vec!["--tls-cert", cert, "--tls-key", path(&other.key)],
            "tls_key",
        ),
        (
            vec![
                "--tls-cert",
                cert,
                "--tls-key",
                key,
                "--tls-client-ca",
                none,
            ],
            "tls_client_ca",
        ),
        (vec!["--tokens", "/nowhere"], "/nowhere"),
        (vec!["--tokens", cert], "tokens"),
    ] {
        let mut basmad = basmad(&["--in-memory", "--listen", "127.0.0.1:0"]);
        let ended = timeout(LIMIT, basmad.args(&arguments).output()).await;
        let ended = ended.expect("it ends").expect("basmad starts");
        let message = String::from_utf8(ended.stderr).expect("text");
        assert!(!ended.status.success(), "{arguments:?}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

#[tokio::test]
async fn a_healthcheck_goes_through_tls_and_shows_a_certificate_if_one_is_asked_for() {
    let check = async |secured: &Secured, more: &[&str]| {
        let listen = ["--listen", secured.server.authority(), "--in-memory"];
        let cert = secured.folder().join("server.pem");
        let tls = [
            "--tls-cert",
            path(&cert),
            "--tls-key",
            path(&cert),
            "healthcheck",
        ];
        let ended = basmad(&[&listen[..], &tls, more].concat()).output();
        let ended = timeout(LIMIT, ended)
            .await
            .expect("it ends")
            .expect("basmad starts");
        (
            ended.status.code(),
            String::from_utf8(ended.stderr).expect("text"),
        )
    };
    let secured = Secured::start(|authority| authority.issue(LOOPBACK)).await;
    assert_eq!(check(&secured, &[]).await, (Some(0), String::new()));
    let (mutual, clients) = Secured::start_mutual().await;
    let (status, message) = check(&mutual, &[]).await;
    assert_eq!(status, Some(1), "{message}");
    let probe = clients
        .issue(&["probe.example"])
        .write(mutual.folder(), "probe");
    let shown = [
        "--client-cert",
        path(&probe.cert),
        "--client-key",
        path(&probe.key),
    ];
    assert_eq!(check(&mutual, &shown).await, (Some(0), String::new()));
}
