//! Many articles at once: order, bounds, and streams that break.

mod fake;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use basma_client::{
    Client, Error,
    client::{Answers, Window},
    retry::RetryPolicy,
};
use basma_proto::v1::{Article, article::Body};
use fake::Fake;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;

fn article(number: usize) -> Article {
    let id = if number % 10 == 7 {
        format!("bad-{number}")
    } else {
        format!("خبر-{number}")
    };
    Article {
        id,
        body: Some(Body::Text("نص قصير".to_owned())),
        ..Article::default()
    }
}

fn quick() -> RetryPolicy {
    let first_delay = Duration::from_millis(1);
    RetryPolicy {
        first_delay,
        ..RetryPolicy::default()
    }
}

/// The ids in the order of the answers, and the error at the end if there was one.
async fn collect(mut answers: Answers) -> (Vec<String>, Option<Error>) {
    let mut ids = Vec::new();
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(result) => ids.push(result.id),
            Err(error) => return (ids, Some(error)),
        }
    }
    (ids, None)
}

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|number| article(number).id).collect()
}

#[tokio::test]
async fn a_stream_answers_in_order_and_outlives_bad_articles() {
    let fake = Fake::new();
    let client = Client::new(&fake.serve().await).expect("an address");
    let articles = tokio_stream::iter((0..1000).map(article));
    let (ids, error) = collect(client.submit_stream(articles, 0, Window::default())).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, expected(1000));
}

#[tokio::test]
async fn a_broken_stream_is_opened_again_with_nothing_lost_or_answered_twice() {
    let fake = Fake {
        break_after: 30,
        ..Fake::new()
    };
    let client = Client::new(&fake.serve().await)
        .expect("an address")
        .with_retry(quick());
    let articles = tokio_stream::iter((0..100).map(article));
    let window = Window {
        articles: 16,
        ..Window::default()
    };
    let (ids, error) = collect(client.submit_stream(articles, 0, window)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, expected(100));
    assert_eq!(fake.streams.load(SeqCst), 4);
}

#[tokio::test]
async fn a_stream_that_never_gets_on_is_given_up() {
    let fake = Fake {
        break_after: 0,
        ..Fake::new()
    };
    let client = Client::new(&fake.serve().await)
        .expect("an address")
        .with_retry(quick());
    let articles = tokio_stream::iter((0..100).map(article));
    let (ids, error) = collect(client.submit_stream(articles, 0, Window::default())).await;
    assert!(ids.is_empty());
    assert!(error.is_some_and(|error| error.is_passing()));
    assert_eq!(fake.streams.load(SeqCst), quick().attempts as usize);
}

#[tokio::test]
async fn no_more_than_the_window_is_under_way() {
    let fake = Fake::new();
    let client = Client::new(&fake.serve().await).expect("an address");
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let articles = tokio_stream::iter((0..5000).map(move |number| {
        count.fetch_add(1, SeqCst);
        article(number)
    }));
    let window = Window {
        articles: 8,
        ..Window::default()
    };
    let mut answers = client.submit_stream(articles, 0, window);
    let mut answered = 0;
    while let Some(answer) = answers.next().await {
        assert!(answer.is_ok());
        answered += 1;
        // Beside the window: what waits in the channel of answers.
        assert!(taken.load(SeqCst) <= answered + 8 + 64 + 1);
    }
    assert_eq!(answered, 5000);
}

#[tokio::test]
async fn batches_answer_in_order() {
    let fake = Fake::new();
    let client = Client::new(&fake.serve().await).expect("an address");
    let (sender, articles) = mpsc::channel(64);
    tokio::spawn(async move {
        for number in 0..1500 {
            sender.send(article(number)).await.expect("a taker");
        }
    });
    let (ids, error) = collect(client.check_all(articles, 0)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, expected(1500));
}

#[tokio::test]
async fn without_a_server_the_error_says_what_to_do() {
    let client = Client::new("http://127.0.0.1:1")
        .expect("an address")
        .with_retry(quick());
    let articles = tokio_stream::iter([article(0)]);
    let (_, error) = collect(client.submit_stream(articles, 0, Window::default())).await;
    let message = error.expect("no server").to_string();
    assert!(message.contains("is basmad running?"), "{message}");
}
