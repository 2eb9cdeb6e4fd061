//! Deadlines and cancellation: the server stops working for an answer that nobody waits for.

use std::time::{Duration, Instant};

use basma_proto::v1::{dedup_service_client::DedupServiceClient, *};
use basma_tests::{
    LIMIT, Refusal, Server, article,
    article::{large_batch, streamed},
    refusal, until,
};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, body::Body, client::GrpcService};

fn deadline_exceeded() -> Refusal {
    Refusal::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", "")
}

/// A client without a clock. That of tonic gives up by itself at the deadline, so that it would not be
/// seen what the server says.
async fn patient(
    server: &Server,
) -> DedupServiceClient<
    impl GrpcService<Body, ResponseBody = hyper::body::Incoming, Error = hyper::Error>,
> {
    let socket = TcpStream::connect(server.authority())
        .await
        .expect("a connection");
    let executor = TokioExecutor::new();
    let (sender, connection) = http2::handshake(executor, TokioIo::new(socket))
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let service = tower::service_fn(move |request| sender.clone().send_request(request));
    DedupServiceClient::with_origin(service, server.address().parse().expect("a URL"))
}

async fn stopped_before_the_end(server: &Server) {
    // Once two counts are equal, nobody is adding any more: a batch adds one every millisecond or so.
    let mut before = u64::MAX;
    let count = until("an end of the work", async || {
        let count = server.stats().await.article_count;
        (std::mem::replace(&mut before, count) == count).then_some(count)
    })
    .await;
    assert!(count < 1000, "it was done to the end");
    assert_eq!(
        server.submit(article("after", "نص")).await.verdict(),
        Verdict::New
    );
}

#[tokio::test]
async fn of_a_stream_that_idles() {
    let server = Server::start().await;
    let (requests, receiver) = mpsc::channel(1);
    let mut request = Request::new(ReceiverStream::new(receiver));
    request.set_timeout(Duration::from_millis(400));
    let started = Instant::now();
    let mut answers = server
        .dedup()
        .await
        .submit_stream(request)
        .await
        .expect("a stream")
        .into_inner();
    requests
        .send(streamed(article("1", "نص"), 1))
        .await
        .expect("an open stream");
    answers
        .message()
        .await
        .expect("no error")
        .expect("an answer");
    assert_eq!(refusal(answers.message().await), deadline_exceeded());
    assert!(
        (Duration::from_millis(380)..LIMIT).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(
        server.submit(article("2", "نص")).await.verdict(),
        Verdict::Exact
    );
}

#[tokio::test]
async fn of_a_batch_that_is_too_long_for_it() {
    let server = Server::start().await;
    for milliseconds in [1, 30] {
        let mut request = Request::new(large_batch());
        request.set_timeout(Duration::from_millis(milliseconds));
        let answer = patient(&server).await.batch_submit(request).await;
        assert_eq!(refusal(answer), deadline_exceeded());
    }
    stopped_before_the_end(&server).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_is_worked_on_no_longer() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let call = tokio::spawn(async move { dedup.batch_submit(large_batch()).await });
    until("the first articles", async || {
        (server.stats().await.article_count > 0).then_some(())
    })
    .await;
    call.abort();
    assert!(call.await.expect_err("it was dropped").is_cancelled());
    stopped_before_the_end(&server).await;
}
