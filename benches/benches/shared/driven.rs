//! The ways to submit the same articles: by commands alone, and by RPC in three modes.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use basma_benches::measure::Times;
use basma_client::{
    Client,
    client::Window,
    v1::{Article, Collection, ItemResult, item_result},
};
use basma_redis::Redis;
use basma_test_redis::Cluster;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;

use crate::recorded::{self, Submission};

/// See `server/src/service/stream.rs`.
const ONE_STREAM: usize = 64;

/// How articles are submitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// The commands of each, and nothing else.
    Bare,
    /// A call each, to a server that has its index to itself: what an article costs but for the cluster.
    Alone,
    /// A call each.
    Unary,
    /// Batches, four at a time; with one in flight, of one article.
    Batch,
    /// Streams, as many as it takes: a server has at most [`ONE_STREAM`] articles of each under way.
    Stream,
}

impl Way {
    pub(crate) const ALL: [Self; 5] = [
        Self::Bare,
        Self::Alone,
        Self::Unary,
        Self::Batch,
        Self::Stream,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare commands",
            Self::Alone => "no cluster",
            Self::Unary => "unary",
            Self::Batch => "batch",
            Self::Stream => "stream",
        }
    }
}

/// All that is submitted, and to whom.
pub(crate) struct Sides {
    pub(crate) articles: Arc<Vec<Article>>,
    pub(crate) submissions: Arc<Vec<Submission>>,
    pub(crate) redis: Arc<Redis>,
    pub(crate) client: Client,
    /// Of the server that has its index to itself.
    pub(crate) alone: Client,
    pub(crate) cluster: Cluster,
    /// Collections that were filled so far.
    pub(crate) passes: u64,
}

impl Sides {
    /// Submits the first `count` articles to an empty collection.
    pub(crate) async fn pass(&mut self, way: Way, in_flight: usize, count: usize) -> Times {
        self.passes += 1;
        match way {
            Way::Bare => self.bare(in_flight, count).await,
            _ => {
                let client = self.empty(way).await;
                match way {
                    Way::Stream => self.streams(client, in_flight, count).await,
                    Way::Batch if in_flight == 1 => self.batches(client, 1, 1, count).await,
                    Way::Batch => self.batches(client, 4, in_flight / 4, count).await,
                    _ => self.unary(client, in_flight, count).await,
                }
            }
        }
    }

    async fn empty(&self, way: Way) -> Client {
        let client = if way == Way::Alone {
            &self.alone
        } else {
            &self.client
        };
        let name = format!("pass-{}", self.passes);
        let made = Collection {
            name: name.clone(),
            ..Collection::default()
        };
        let made = client.create_collection(made).await;
        made.expect("a collection");
        client.clone().with_collection(&name)
    }

    async fn bare(&self, in_flight: usize, count: usize) -> Times {
        let from = recorded::collection(&self.submissions[0]).expect("a collection's keys");
        let to = format!("{:016x}", u64::MAX - self.passes).into_bytes();
        let (submissions, redis) = (Arc::clone(&self.submissions), Arc::clone(&self.redis));
        callers(in_flight, count, move |number| {
            let (submissions, redis) = (Arc::clone(&submissions), Arc::clone(&redis));
            let (from, to) = (from.clone(), to.clone());
            async move {
                let replayed = recorded::replay(&submissions[number], &redis, &from, &to).await;
                replayed.expect("replies");
            }
        })
        .await
    }

    async fn unary(&self, client: Client, in_flight: usize, count: usize) -> Times {
        let articles = Arc::clone(&self.articles);
        callers(in_flight, count, move |number| {
            let (client, article) = (client.clone(), articles[number].clone());
            async move {
                client.submit(article, 10).await.expect("an answer");
            }
        })
        .await
    }

    async fn batches(&self, client: Client, callers: usize, each: usize, count: usize) -> Times {
        let articles = Arc::clone(&self.articles);
        let calls = count / each;
        let times = self::callers(callers, calls, move |number| {
            let (client, from) = (client.clone(), number * each);
            let some = articles[from..from + each].to_vec();
            async move {
                let answers = client.batch_submit(some, 10).await.expect("answers");
                answers.into_iter().for_each(well);
            }
        })
        .await;
        times.each_so_often(each)
    }

    async fn streams(&self, client: Client, in_flight: usize, count: usize) -> Times {
        let next = Arc::new(AtomicUsize::new(0));
        let mut streams = JoinSet::new();
        for _ in 0..in_flight.div_ceil(ONE_STREAM) {
            let window = Window {
                articles: in_flight.min(ONE_STREAM),
                ..Window::default()
            };
            let sent: Arc<Mutex<VecDeque<Instant>>> = Arc::default();
            let (articles, sending) = (Arc::clone(&self.articles), Arc::clone(&sent));
            let next = Arc::clone(&next);
            let articles = std::iter::from_fn(move || {
                let number = next.fetch_add(1, Relaxed);
                (number < count).then(|| {
                    let mut sending = sending.lock().expect("nobody panics");
                    sending.push_back(Instant::now());
                    articles[number].clone()
                })
            });
            let client = client.clone();
            streams.spawn(async move {
                let mut answers = client.submit_stream(tokio_stream::iter(articles), 10, window);
                let mut times = Times::default();
                while let Some(answer) = answers.next().await {
                    well(answer.expect("an answer"));
                    let begun = sent.lock().expect("nobody panics").pop_front();
                    times.add(begun.expect("an article of it").elapsed());
                }
                times
            });
        }
        all(streams).await
    }
}

fn well(result: ItemResult) {
    assert!(
        matches!(result.result, Some(item_result::Result::Answer(_))),
        "{result:?}"
    );
}

/// Does `count` things, so many at a time.
async fn callers<F>(
    in_flight: usize,
    count: usize,
    call: impl Fn(usize) -> F + Clone + Send + 'static,
) -> Times
where
    F: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..in_flight {
        let (next, call) = (Arc::clone(&next), call.clone());
        callers.spawn(async move {
            let mut times = Times::default();
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= count {
                    return times;
                }
                let begun = Instant::now();
                call(number).await;
                times.add(begun.elapsed());
            }
        });
    }
    all(callers).await
}

/// What all have measured.
async fn all(mut measuring: JoinSet<Times>) -> Times {
    let mut all = Times::default();
    while let Some(times) = measuring.join_next().await {
        all.extend(times.expect("nobody panics"));
    }
    all
}
