//! An answer does not wait in the server's socket for the caller's acknowledgement.

use std::time::{Duration, Instant};

use basma_proto::v1::CheckRequest;
use basma_tests::{Server, article, corpus};

#[tokio::test]
async fn of_one_call_after_the_other_is_far_below_a_delayed_acknowledgement() {
    let server = Server::start().await;
    let text = corpus().mean_words(300.0).article(0).text;
    for number in 0..10 {
        server.submit(article(&number.to_string(), &text)).await;
    }
    let mut dedup = server.dedup().await;
    let mut taken = Vec::new();
    for _ in 0..60 {
        let request = CheckRequest {
            article: Some(article("", &text)),
            ..Default::default()
        };
        let started = Instant::now();
        dedup.check(request).await.expect("an answer");
        taken.push(started.elapsed());
    }
    taken.sort();
    assert!(taken[30] < Duration::from_millis(30), "{taken:?}");
}
