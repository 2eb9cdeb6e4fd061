//! What is beyond a limit is refused at once, with the limit and when to try again; and afterwards everything
//! is as before.

use std::{io::Write as _, thread::available_parallelism, time::Duration};

use basma_proto::v1::*;
use basma_tests::{
    Grants, LIMIT, Refusal, Scrape, Server, article,
    article::{large_batch, streamed},
    grant, refusal, until,
    wire::{Wire, encoded, end, framed, retry},
};
use flate2::{Compression, write::GzEncoder};
use hyper::body::Frame;
use tokio::{io::AsyncReadExt as _, net::TcpStream, sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;

const CHECK: &str = "basma.v1.DedupService/Check";

fn check(text: &str) -> CheckRequest {
    CheckRequest {
        article: Some(article("", text)),
        ..CheckRequest::default()
    }
}

fn checks(count: usize) -> BatchCheckRequest {
    BatchCheckRequest {
        articles: vec![article("", "نص"); count],
        ..BatchCheckRequest::default()
    }
}

async fn checked(server: &Server) -> Result<(), Status> {
    let mut dedup = server.dedup().await;
    dedup.check(check("نص")).await.map(|_| ())
}

/// That it is OVERLOADED, and by what.
fn overloaded(status: &Status) -> String {
    let expected = Refusal::new(Code::Unavailable, "OVERLOADED", "");
    assert_eq!(Refusal::from(status), expected);
    let (limit, wait) = retry(status);
    assert!((Duration::from_millis(1)..=Duration::from_secs(1)).contains(&wait));
    limit
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn a_request_without_a_place_is_refused_while_health_is_answered() {
    let server = Server::start_with(&["--max-requests", "1"]).await;
    let mut dedup = server.dedup().await;
    let busy = tokio::spawn(async move {
        loop {
            // Now and then it is refused itself.
            let _ = dedup.batch_submit(large_batch()).await;
        }
    });
    let refused = until("a refusal", async || checked(&server).await.err()).await;
    assert_eq!(overloaded(&refused), "max_requests");
    let mut health = server.health().await;
    let health = health.check(HealthCheckRequest::default()).await;
    assert!(health.is_ok(), "{health:?}");
    busy.abort();
    until("a place", async || checked(&server).await.ok()).await;
}

#[tokio::test]
async fn more_batches_than_processors_wait_for_each_other_and_none_is_refused() {
    let server = Server::start_with(&["--metrics-listen", "127.0.0.1:0"]).await;
    let callers = 8 * available_parallelism().map_or(1, usize::from);
    let article = |number| article("", &format!("كلمة{number} ").repeat(200));
    let batch = BatchCheckRequest {
        articles: (0..10).map(article).collect(),
        ..BatchCheckRequest::default()
    };
    let mut calls = JoinSet::new();
    for _ in 0..callers {
        let (mut dedup, batch) = (server.dedup().await, batch.clone());
        calls.spawn(async move {
            for _ in 0..4 {
                let answered = dedup.batch_check(batch.clone()).await;
                assert_eq!(answered.expect("an answer").get_ref().results.len(), 10);
            }
        });
    }
    // Articles by themselves do not wait for them.
    for _ in 0..10 {
        checked(&server).await.expect("there is a place");
    }
    while let Some(ended) = calls.join_next().await {
        ended.expect("no panic");
    }
    // An answer may be there before what it took is given back.
    until("everything given back", async || {
        let scrape = Scrape::of(&server).await;
        let held = ["basma_buffered_bytes", "basma_requests_in_flight"];
        held.iter()
            .all(|held| scrape.get(held) == 0.0)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_sends_slowly_holds_no_place_and_a_stream_only_while_it_is_answered() {
    let server =
        Server::start_with(&["--max-requests", "1", "--metrics-listen", "127.0.0.1:0"]).await;
    let (requests, receiver) = mpsc::channel(1);
    let stream = server
        .dedup()
        .await
        .submit_stream(ReceiverStream::new(receiver))
        .await;
    let mut answers = stream.expect("a stream").into_inner();
    let wire = Wire::to(&server).await;
    let (answer, rest) = wire.begin(CHECK, &[]);
    let message = encoded(&check("نص طويل بعض الشيء"));
    let (first, second) = message.split_at(message.len() / 2);
    rest.send(Ok(Frame::data(first.to_vec().into())))
        .await
        .expect("it is read");
    until("half a request", async || {
        let held = Scrape::of(&server).await.get("basma_buffered_bytes");
        (held > 0.0).then_some(())
    })
    .await;
    for number in 1..=3 {
        checked(&server).await.expect("there is a place");
        requests
            .send(streamed(article("1", "نص"), number))
            .await
            .expect("an open stream");
        let answer = answers
            .message()
            .await
            .expect("no error")
            .expect("an answer");
        assert_eq!(answer.request_number, number);
    }
    rest.send(Ok(Frame::data(second.to_vec().into())))
        .await
        .expect("it is read");
    drop(rest);
    let status = end(answer.await.expect("an answer")).await;
    assert_eq!(status.code(), Code::Ok, "{status:?}");
}

#[tokio::test]
async fn open_calls_are_limited_idle_ones_among_them() {
    let server = Server::start_with(&["--max-open-calls", "2"]).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let (requests, receiver) = mpsc::channel::<SubmitStreamRequest>(1);
        let stream = server
            .dedup()
            .await
            .submit_stream(ReceiverStream::new(receiver))
            .await;
        open.push((requests, stream.expect("a stream")));
    }
    let refused = checked(&server).await.expect_err("it is the third");
    assert_eq!(overloaded(&refused), "max_open_calls");
    drop(open);
    until("an open call less", async || checked(&server).await.ok()).await;
}

#[tokio::test]
async fn messages_of_all_calls_share_their_memory() {
    let limits = [
        "--max-buffered-bytes",
        "100000",
        "--max-message-bytes",
        "90000",
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let server = Server::start_with(&limits).await;
    let wire = Wire::to(&server).await;
    let large = encoded(&check(&"كلمة ".repeat(8000)));
    let (answer, rest) = wire.begin(CHECK, &[]);
    let most = large[..70_000].to_vec();
    rest.send(Ok(Frame::data(most.into())))
        .await
        .expect("it is read");
    until("most of it", async || {
        let held = Scrape::of(&server).await.get("basma_buffered_bytes");
        (held >= 70_000.0).then_some(())
    })
    .await;
    // As long as that is held there is no room for another.
    let refused = wire.send(CHECK, &[], large.clone()).await;
    assert_eq!(overloaded(&refused), "max_buffered_bytes");
    checked(&server)
        .await
        .expect("there is room for little ones");
    drop((answer, rest));
    until("room", async || {
        let status = wire.send(CHECK, &[], large.clone()).await;
        (status.code() == Code::Ok).then_some(())
    })
    .await;
}

#[tokio::test]
async fn compressed_messages_are_unpacked_within_the_same_limits() {
    let server = Server::start_with(&["--max-message-bytes", "1048576"]).await;
    let wire = Wire::to(&server).await;
    let gzip = ["gzip", "identity"].map(|encoding| ("grpc-encoding", encoding));
    let message = encoded(&check("نص"))[5..].to_vec();
    let send = async |headers: &[(&str, &str)], message| wire.send(CHECK, headers, message).await;

    let answered = send(&gzip[..1], framed(true, &packed(&message))).await;
    assert_eq!(answered.code(), Code::Ok, "{answered:?}");
    let answered = send(&gzip[..1], framed(false, &message)).await;
    assert_eq!(answered.code(), Code::Ok, "{answered:?}");
    let answered = send(&gzip[1..], framed(false, &message)).await;
    assert_eq!(answered.code(), Code::Ok, "{answered:?}");

    // Much of nothing, in few bytes.
    let bomb = framed(true, &packed(&vec![0; 64 << 20]));
    assert!(bomb.len() < 1 << 20);
    let before = memory(&server);
    let refused = send(&gzip[..1], bomb.clone()).await;
    let expected = Refusal::new(Code::OutOfRange, "MESSAGE_TOO_LARGE", "");
    assert_eq!(Refusal::from(&refused), expected);
    assert!(memory(&server) < before + (32 << 20));
    let stream = wire
        .send("basma.v1.DedupService/SubmitStream", &gzip[..1], bomb)
        .await;
    assert_eq!(Refusal::from(&stream), expected);

    let malformed = Refusal::new(Code::InvalidArgument, "MESSAGE_MALFORMED", "");
    let mut torn = packed(&message);
    torn.truncate(torn.len() / 2);
    for (headers, wrong) in [
        (&gzip[..1], framed(true, &torn)),
        (&gzip[..1], framed(true, b"no gzip")),
        (&gzip[..0], framed(true, &packed(&message))),
        (
            &gzip[..0],
            [vec![7], framed(false, &message)[1..].to_vec()].concat(),
        ),
        (
            &gzip[..0],
            [framed(false, &message), framed(false, &message)].concat(),
        ),
        (&gzip[..0], framed(false, &message)[..7].to_vec()),
    ] {
        let refused = send(headers, wrong).await;
        assert_eq!(Refusal::from(&refused), malformed);
    }
    let unknown = send(&[("grpc-encoding", "br")], framed(true, b"?")).await;
    let expected = Refusal::new(Code::Unimplemented, "COMPRESSION_UNKNOWN", "");
    assert_eq!(Refusal::from(&unknown), expected);
}

/// What the server's process has, as far as the system tells.
fn memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() << 10
}

#[tokio::test]
async fn connections_beyond_the_limit_are_for_health_and_then_for_nothing() {
    let server = Server::start_with(&["--max-connections", "2"]).await;
    // The connection that asked whether the server is up may not be gone yet.
    let channels = loop {
        let mut channels = [server.dedup().await, server.dedup().await];
        let first = channels[0].check(check("نص")).await;
        let second = channels[1].check(check("نص")).await;
        if first.is_ok() && second.is_ok() {
            break channels;
        }
    };
    let refused = checked(&server).await.expect_err("it is the third");
    assert_eq!(overloaded(&refused), "max_connections");
    let health = server
        .health()
        .await
        .check(HealthCheckRequest::default())
        .await;
    assert!(health.is_ok(), "{health:?}");
    // Sixteen more, for health; whoever comes then is not heard.
    let mut spare = Vec::new();
    until("a connection that is closed", async || {
        let mut socket = TcpStream::connect(server.authority()).await.ok()?;
        // A server of HTTP/2 speaks first; one that closes says nothing.
        match socket.read(&mut [0; 64]).await {
            Ok(1..) => {
                spare.push(socket);
                None
            }
            Ok(0) | Err(_) => Some(()),
        }
    })
    .await;
    assert!(spare.len() <= 17, "{}", spare.len());
    drop((channels, spare));
    until("room for a connection", async || {
        checked(&server).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_caller_has_a_rate_and_a_quota() {
    let server = Server::start_with(&["--max-rate", "1", "--max-burst", "3"]).await;
    let mut dedup = server.dedup().await;
    // It is let in by the first article, and what it overdraws is waited for.
    dedup.batch_check(checks(100)).await.expect("an answer");
    let refused = checked(&server).await.expect_err("it is overdrawn");
    let expected = Refusal::new(Code::ResourceExhausted, "RATE_EXCEEDED", "");
    assert_eq!(Refusal::from(&refused), expected);
    let (limit, wait) = retry(&refused);
    assert_eq!(limit, "max_rate");
    assert!((Duration::from_secs(10)..Duration::from_secs(100)).contains(&wait));
    let health = server
        .health()
        .await
        .check(HealthCheckRequest::default())
        .await;
    assert!(health.is_ok(), "{health:?}");

    let server = Server::start_with(&["--max-per-day", "2"]).await;
    checked(&server).await.expect("one");
    checked(&server).await.expect("another");
    let refused = checked(&server).await.expect_err("it is the third");
    let expected = Refusal::new(Code::ResourceExhausted, "QUOTA_EXCEEDED", "");
    assert_eq!(Refusal::from(&refused), expected);
    assert!(retry(&refused).1 > Duration::from_secs(3600));
}

#[tokio::test]
async fn one_tokens_rate_is_not_anothers() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (
        grant("one", &["--read", "*"]).await,
        grant("other", &["--read", "*"]).await,
    );
    let grants = Grants::new(folder.path(), &[&one, &other]);
    for (limit, reason) in [
        ("--max-rate", "RATE_EXCEEDED"),
        ("--max-per-day", "QUOTA_EXCEEDED"),
    ] {
        let arguments = [&grants.arguments()[..], &[limit, "1"]].concat();
        let server = Server::start_with(&arguments).await;
        let mut dedup = server.dedup().await;
        let mut ask = async |secret: &str| {
            // One is there, so they are let in, and the others are waited for.
            let mut request = tonic::Request::new(checks(100));
            let token = format!("Bearer {secret}").parse().expect("ASCII");
            request.metadata_mut().insert("authorization", token);
            dedup.batch_check(request).await.map(|_| ())
        };
        for secret in [&one.secret, &other.secret] {
            ask(secret).await.expect("it has one");
            let refused = ask(secret).await.expect_err("it had it");
            assert_eq!(Refusal::from(&refused).reason, reason);
        }
        let refused = ask(&one.secret).await.expect_err("it had it");
        assert_eq!(Refusal::from(&refused).reason, reason);
    }
}

#[tokio::test]
async fn a_stream_of_a_caller_with_a_rate_is_slowed() {
    let server = Server::start_with(&["--max-rate", "20", "--max-burst", "1"]).await;
    let requests = (0..5).map(|number| streamed(article("1", "نص"), number));
    let requests: Vec<_> = requests.collect();
    let started = std::time::Instant::now();
    let stream = server
        .dedup()
        .await
        .submit_stream(tokio_stream::iter(requests))
        .await;
    let mut answers = stream.expect("a stream").into_inner();
    let mut count = 0;
    while let Some(answer) = answers.message().await.expect("no error") {
        assert_eq!(answer.request_number, count);
        count += 1;
    }
    assert_eq!(count, 5);
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_request_has_a_deadline_whether_its_caller_says_so_or_not() {
    let server = Server::start_with(&["--max-deadline-seconds", "1"]).await;
    let wire = Wire::to(&server).await;
    let expected = Refusal::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", "");
    for headers in [&[][..], &[("grpc-timeout", "1H")]] {
        let (answer, rest) = wire.begin(CHECK, headers);
        let begun = encoded(&check("نص"))[..8].to_vec();
        rest.send(Ok(Frame::data(begun.into())))
            .await
            .expect("it is read");
        let status = end(tokio::time::timeout(LIMIT, answer)
            .await
            .expect("in time")
            .expect("an answer"))
        .await;
        assert_eq!(Refusal::from(&status), expected);
    }
}

#[tokio::test]
async fn streams_that_idle_and_answers_that_nobody_takes_end() {
    let server = Server::start_with(&["--max-idle-seconds", "1"]).await;
    let (requests, receiver) = mpsc::channel(1);
    // It is sent at once, and does not idle before.
    requests
        .send(streamed(article("1", "نص"), 1))
        .await
        .expect("a stream that will be open");
    let stream = server
        .dedup()
        .await
        .submit_stream(ReceiverStream::new(receiver))
        .await;
    let mut answers = stream.expect("a stream").into_inner();
    answers
        .message()
        .await
        .expect("no error")
        .expect("an answer");
    let ended = refusal(answers.message().await);
    assert_eq!(ended, Refusal::new(Code::Unavailable, "STREAM_IDLE", ""));

    // No room for any answer at all.
    let wire = Wire::with_room(&server, 0).await;
    let (answer, rest) = wire.begin(CHECK, &[]);
    rest.send(Ok(Frame::data(encoded(&check("نص")).into())))
        .await
        .expect("it is read");
    drop(rest);
    let _answer = answer.await.expect("that there is an answer");
    until("the end of the connection", async || {
        wire.is_closed().then_some(())
    })
    .await;
    checked(&server)
        .await
        .expect("an answer to those who take it");
}

#[tokio::test]
async fn ids_are_as_long_as_they_may_be() {
    let server = Server::start_with(&["--max-id-bytes", "8"]).await;
    server.submit(article("12345678", "نص")).await;
    let request = SubmitRequest {
        article: Some(article("123456789", "نص")),
        ..SubmitRequest::default()
    };
    let refused = refusal(server.dedup().await.submit(request).await);
    let expected = Refusal::new(Code::InvalidArgument, "FIELD_TOO_LONG", "article.id");
    assert_eq!(refused, expected);
}
