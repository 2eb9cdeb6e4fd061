//! Streams that do not go as they should.

use std::{pin::pin, time::Duration};

use basma_proto::v1::*;
use basma_tests::{Server, article, article::streamed, corpus, until};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;

#[tokio::test]
async fn abandoned_midway_keeps_what_was_answered_and_nobody_waiting() {
    let server = Server::start().await;
    for number in 0..20 {
        let (requests, receiver) = mpsc::channel(8);
        let mut dedup = server.dedup().await;
        let answers = dedup.submit_stream(ReceiverStream::new(receiver)).await;
        let mut answers = answers.expect("a stream").into_inner();
        for copy in 0..3 {
            let id = format!("{number}/{copy}");
            let request = streamed(article(&id, &corpus().article(number).text), copy);
            requests.send(request).await.expect("an open stream");
        }
        answers
            .message()
            .await
            .expect("no error")
            .expect("an answer");
        // The call is reset, or its connection lost altogether.
        match number % 2 {
            0 => drop(answers),
            _ => drop((dedup, requests, answers)),
        }
    }
    let answer = server
        .submit(article("after", &corpus().article(7).text))
        .await;
    assert_eq!(
        (answer.verdict(), answer.canonical_id.as_str()),
        (Verdict::Exact, "7/0")
    );
}

#[tokio::test]
async fn that_never_read_their_answers_are_not_read_from() {
    let server = Server::start().await;
    let (requests, receiver) = mpsc::channel(1);
    let mut dedup = server.dedup().await;
    let opened = dedup.submit_stream(ReceiverStream::new(receiver)).await;
    let mut answers = opened.expect("a stream").into_inner();
    // Without limits, this would fill the server's memory. What is held back is the sender.
    let text = "س ".repeat(4000);
    let mut sent = 0_u64;
    loop {
        let request = streamed(article(&"i".repeat(2000), &text), sent);
        let send = pin!(requests.send(request));
        match timeout(Duration::from_millis(500), send).await {
            Ok(sent) => sent.expect("an open stream"),
            Err(_) => break,
        }
        sent += 1;
        assert!(sent < 20_000, "nothing holds the sender back");
    }
    // Others are served meanwhile, and the stream goes on once it is read.
    assert_eq!(
        server.submit(article("other", "نص")).await.verdict(),
        Verdict::New
    );
    drop(requests);
    let mut answered = 0;
    while let Some(answer) = answers.message().await.expect("an answer") {
        assert_eq!(answer.request_number, answered);
        answered += 1;
    }
    assert_eq!(answered, sent);
}

#[tokio::test]
async fn many_at_once_on_one_connection() {
    let server = Server::start().await;
    let dedup = server.dedup().await;
    let mut streams = tokio::task::JoinSet::new();
    for stream in 0..50 {
        let mut dedup = dedup.clone();
        streams.spawn(async move {
            let requests = (0..20).map(move |number| {
                let id = format!("{stream}/{number}");
                streamed(article(&id, &format!("خبر رقم {id}")), number)
            });
            let answers = dedup.submit_stream(tokio_stream::iter(requests)).await;
            let mut answers = answers.expect("a stream").into_inner();
            for number in 0..20 {
                let answer = answers
                    .message()
                    .await
                    .expect("no error")
                    .expect("an answer");
                let id = answer.result.expect("a result").id;
                assert_eq!(
                    (answer.request_number, id),
                    (number, format!("{stream}/{number}"))
                );
            }
            assert!(answers.message().await.expect("a good end").is_none());
        });
    }
    streams.join_all().await;
    until("all articles", async || {
        (server.stats().await.article_count == 1000).then_some(())
    })
    .await;
}
