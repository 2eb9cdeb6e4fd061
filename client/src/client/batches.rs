//! Many checks in batches: several at once, answers in order.

use std::collections::VecDeque;

use basma_proto::v1::{Article, ItemResult};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;

use super::{
    Client,
    stream::{Answers, body_bytes},
};
use crate::error::Error;

/// Under the server's default limits of 1000 articles and of 4 MiB a message.
const BATCH_ARTICLES: usize = 200;
const BATCH_BYTES: usize = 2 << 20;
/// Enough that the server never waits for the client.
const BATCHES_IN_FLIGHT: usize = 4;

type Batch = JoinHandle<Result<Vec<ItemResult>, Error>>;

impl Client {
    /// Checks articles as they come, in batches of what is there: whoever sends one at a time is
    /// answered one at a time.
    pub fn check_all(&self, articles: mpsc::Receiver<Article>, max_matches: u32) -> Answers {
        let (answers, receiver) = mpsc::channel(BATCH_ARTICLES);
        tokio::spawn(check(self.clone(), articles, max_matches, answers));
        ReceiverStream::new(receiver)
    }
}

async fn check(
    client: Client,
    mut articles: mpsc::Receiver<Article>,
    max_matches: u32,
    answers: mpsc::Sender<Result<ItemResult, Error>>,
) {
    let mut in_flight: VecDeque<Batch> = VecDeque::new();
    let mut held = None;
    let mut more = true;
    loop {
        tokio::select! {
            results = first(&mut in_flight), if !in_flight.is_empty() => {
                in_flight.pop_front();
                for answer in results {
                    let last = answer.is_err();
                    if answers.send(answer).await.is_err() || last {
                        return;
                    }
                }
            }
            batch = next(&mut articles, &mut held), if more && in_flight.len() < BATCHES_IN_FLIGHT => {
                more = !batch.is_empty();
                if more {
                    let client = client.clone();
                    in_flight.push_back(tokio::spawn(async move {
                        client.batch_check(batch, max_matches).await
                    }));
                }
            }
            else => return,
        }
    }
}

/// The results of the oldest batch, or the error that it ended with.
async fn first(in_flight: &mut VecDeque<Batch>) -> Vec<Result<ItemResult, Error>> {
    match in_flight.front_mut() {
        None => Vec::new(),
        Some(batch) => match batch.await {
            Ok(Ok(results)) => results.into_iter().map(Ok).collect(),
            Ok(Err(error)) => vec![Err(error)],
            Err(_) => vec![Err(Error::Protocol("a batch came to no end"))],
        },
    }
}

/// Waits for an article and takes what else is there, up to the size of a batch; empty after the
/// last. `held` is what no longer fitted.
async fn next(articles: &mut mpsc::Receiver<Article>, held: &mut Option<Article>) -> Vec<Article> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    let mut next = match held.take() {
        Some(article) => Some(article),
        None => articles.recv().await,
    };
    while let Some(article) = next {
        bytes += body_bytes(&article);
        if bytes > BATCH_BYTES && !batch.is_empty() {
            *held = Some(article);
            break;
        }
        batch.push(article);
        if batch.len() == BATCH_ARTICLES {
            break;
        }
        next = articles.try_recv().ok();
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use basma_proto::v1::article::Body;

    fn article(bytes: usize) -> Article {
        Article {
            body: Some(Body::Text("x".repeat(bytes))),
            ..Article::default()
        }
    }

    #[tokio::test]
    async fn batches_are_bounded_in_number_and_in_bytes() {
        let (sender, mut articles) = mpsc::channel(1000);
        for _ in 0..BATCH_ARTICLES + 1 {
            sender.send(article(1)).await.expect("room");
        }
        for bytes in [BATCH_BYTES, 10 * BATCH_BYTES, 1, 1] {
            sender.send(article(bytes)).await.expect("room");
        }
        drop(sender);
        let mut held = None;
        let mut sizes = Vec::new();
        loop {
            match next(&mut articles, &mut held).await.len() {
                0 => break,
                size => sizes.push(size),
            }
        }
        assert_eq!(sizes, [BATCH_ARTICLES, 1, 1, 1, 2]);
    }
}
