//! Workers: each sends articles of its own, at the common pace.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use basma_proto::v1::{ItemResult, item_result};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};

use super::{
    Rpc,
    measure::{Counter, Latencies},
    pace::Pace,
    text::Texts,
};
use crate::{
    Error,
    client::{Client, Window},
    error::Refusal,
};

/// After a failed call, so that a server which is gone is not called without pause.
const PAUSE: Duration = Duration::from_millis(10);

/// One task that sends articles.
pub(super) struct Worker {
    client: Client,
    texts: Texts,
    pace: Arc<Pace>,
    counter: Arc<Counter>,
    latencies: Latencies,
}

impl Worker {
    pub(super) fn new(
        client: Client,
        texts: Texts,
        pace: Arc<Pace>,
        counter: Arc<Counter>,
    ) -> Self {
        Self {
            client,
            texts,
            pace,
            counter,
            latencies: Latencies::default(),
        }
    }

    /// A call for each article.
    pub(super) async fn unary(mut self, rpc: Rpc) -> Latencies {
        let mut article = self.texts.next();
        while let Some(start) = self.pace.next().await {
            let answer = match rpc {
                Rpc::Check => self.client.check(article, 0).await,
                Rpc::Submit => self.client.submit(article, 0).await,
            };
            match answer {
                Ok(_) => answered(&self.counter, &mut self.latencies, start),
                Err(error) => self.failed(&error).await,
            }
            article = self.texts.next();
        }
        self.latencies
    }

    /// Calls of `size` articles.
    pub(super) async fn batches(mut self, rpc: Rpc, size: usize) -> Latencies {
        loop {
            let batch = (0..size).map(|_| self.texts.next()).collect();
            let Some(start) = self.pace.next().await else {
                break;
            };
            let results = match rpc {
                Rpc::Check => self.client.batch_check(batch, 0).await,
                Rpc::Submit => self.client.batch_submit(batch, 0).await,
            };
            match results {
                Ok(results) => {
                    for result in results {
                        settle(&self.counter, &mut self.latencies, start, result);
                    }
                }
                Err(error) => self.failed(&error).await,
            }
        }
        self.latencies
    }

    /// One stream, with `in_flight` articles under way.
    pub(super) async fn stream(mut self, in_flight: usize) -> Latencies {
        let starts = Arc::new(Mutex::new(VecDeque::with_capacity(in_flight)));
        let (articles, receiver) = mpsc::channel(1);
        let window = Window {
            articles: in_flight,
            ..Window::default()
        };
        let mut answers = self
            .client
            .submit_stream(ReceiverStream::new(receiver), 0, window);
        let (sent, pace) = (Arc::clone(&starts), Arc::clone(&self.pace));
        let mut texts = self.texts;
        tokio::spawn(async move {
            loop {
                let article = texts.next();
                // Room first: waiting for it is no latency, unless there is a rate to keep.
                let Ok(room) = articles.reserve().await else {
                    return;
                };
                let Some(start) = pace.next().await else {
                    return;
                };
                sent.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_back(start);
                room.send(article);
            }
        });
        while let Some(result) = answers.next().await {
            let start = starts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front();
            match result {
                Ok(result) => settle(
                    &self.counter,
                    &mut self.latencies,
                    start.unwrap_or_else(Instant::now),
                    result,
                ),
                Err(error) => self.counter.failed(&error),
            }
        }
        self.latencies
    }

    async fn failed(&self, error: &Error) {
        self.counter.failed(error);
        sleep(PAUSE).await;
    }
}

fn answered(counter: &Counter, latencies: &mut Latencies, start: Instant) {
    counter.answered();
    latencies.record(start.elapsed());
}

fn settle(counter: &Counter, latencies: &mut Latencies, start: Instant, result: ItemResult) {
    match result.result {
        Some(item_result::Result::Answer(_)) => answered(counter, latencies, start),
        Some(item_result::Result::Error(error)) => {
            counter.failed(&Error::Refused(Box::new(Refusal::from(error))));
        }
        None => counter.failed(&Error::Protocol("neither an answer nor an error")),
    }
}
