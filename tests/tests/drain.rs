//! SIGTERM: what is under way is answered, streams are told to go elsewhere, and the process ends.

#![cfg(unix)]

use basma_proto::v1::BatchSubmitResponse;
use basma_tests::{
    Refusal, Server, article,
    article::{large_batch, streamed},
    refusal,
    refusal::outcome,
    until,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

#[tokio::test]
async fn an_idle_server_ends_at_once() {
    let mut server = Server::start_with(&["--drain-seconds", "600"]).await;
    // Connections that nobody uses do not hold it.
    let _idle = (server.channel().await, server.channel().await);
    server.terminate();
    assert_eq!(server.exit().await.code(), Some(0));
}

#[tokio::test]
async fn an_open_stream_is_told_to_go_elsewhere() {
    let mut server = Server::start_with(&["--drain-seconds", "600"]).await;
    let (requests, receiver) = mpsc::channel(1);
    let answers = server
        .dedup()
        .await
        .submit_stream(ReceiverStream::new(receiver))
        .await;
    let mut answers = answers.expect("a stream").into_inner();
    requests
        .send(streamed(article("1", "نص"), 1))
        .await
        .expect("an open stream");
    answers
        .message()
        .await
        .expect("no error")
        .expect("an answer");
    server.terminate();
    assert_eq!(
        refusal(answers.message().await),
        Refusal::new(Code::Unavailable, "DRAINING", "")
    );
    assert_eq!(server.exit().await.code(), Some(0));
}

/// A batch that the server is working on, and will be for a while.
async fn under_way(server: &Server) -> JoinHandle<Result<Response<BatchSubmitResponse>, Status>> {
    let mut dedup = server.dedup().await;
    let call = tokio::spawn(async move { dedup.batch_submit(large_batch()).await });
    until("the first articles", async || {
        (server.stats().await.article_count > 0).then_some(())
    })
    .await;
    assert!(!call.is_finished(), "the batch is too short for this test");
    call
}

#[tokio::test]
async fn a_request_under_way_is_answered() {
    let mut server = Server::start_with(&["--drain-seconds", "600"]).await;
    let call = under_way(&server).await;
    server.terminate();
    let results = call
        .await
        .expect("no panic")
        .expect("answers")
        .into_inner()
        .results;
    assert_eq!(results.len(), 1000);
    assert!(results.iter().all(|item| outcome(item).is_ok()));
    assert_eq!(server.exit().await.code(), Some(0));
}

#[tokio::test]
async fn a_watch_of_the_health_service_is_told_and_ends() {
    let mut server = Server::start_with(&["--drain-seconds", "600"]).await;
    let watch = server
        .health()
        .await
        .watch(HealthCheckRequest::default())
        .await;
    let mut watch = watch.expect("a stream").into_inner();
    let first = watch.message().await.expect("no error").expect("a status");
    assert_eq!(first.status(), ServingStatus::Serving);
    server.terminate();
    let second = watch.message().await.expect("no error").expect("a status");
    assert_eq!(second.status(), ServingStatus::NotServing);
    assert!(watch.message().await.expect("no error").is_none());
    assert_eq!(server.exit().await.code(), Some(0));
}

#[tokio::test]
async fn who_holds_on_is_let_go_when_the_time_is_over() {
    let mut server = Server::start_with(&["--drain-seconds", "0"]).await;
    let call = under_way(&server).await;
    server.terminate();
    assert_eq!(server.exit().await.code(), Some(0));
    assert!(
        server.log().contains("at the end of the drain"),
        "{}",
        server.log()
    );
    call.await.expect("no panic").expect_err("no answers");
}

#[tokio::test]
async fn a_second_signal_ends_it_the_hard_way() {
    let mut server = Server::start_with(&["--drain-seconds", "600"]).await;
    let call = under_way(&server).await;
    server.terminate();
    until("the first signal", async || {
        server.log().contains("draining").then_some(())
    })
    .await;
    server.terminate();
    assert_eq!(server.exit().await.code(), Some(1));
    call.await.expect("no panic").expect_err("no answers");
}
