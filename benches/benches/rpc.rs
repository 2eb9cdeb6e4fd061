//! Articles a second over loopback: the real server in this program, the real client, and all of gRPC
//! between them. Both have the machine's cores to share.
//!
//! `cargo bench -p basma-benches --bench rpc`

#![allow(missing_docs, reason = "the macros of criterion make public functions")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use basma_benches::corpus::{Corpus, Mix};
use basma_client::{
    Client,
    client::Window,
    v1::{Article, Collection, article::Body},
};
use basma_server::{Config, Signals};
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group,
    criterion_main, measurement::WallTime,
};
use tokio::{net::TcpListener, runtime::Runtime, task::JoinSet};
use tokio_stream::StreamExt as _;

/// News with their copies; what is sent goes round them under ever new ids.
const ARTICLES: u64 = 10_000;

/// What is indexed already, where nothing is added.
const INDEXED: usize = 5_000;

const BATCH: usize = 100;

/// A server, a client of it, and what to send.
struct Loopback {
    runtime: Runtime,
    client: Client,
    articles: Arc<Vec<Article>>,
    next: Arc<AtomicU64>,
}

impl Loopback {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listening = TcpListener::bind("127.0.0.1:0");
        let listener = runtime.block_on(listening).expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let server = basma_server::run(listener, Config::default(), Signals::default());
        runtime.spawn(server);
        let client = runtime.block_on(async { Client::new(&address) });
        let stream = Corpus::new(1).stream(Mix::NEWS);
        let article = |number| {
            let article = stream.get(number).article;
            Article {
                body: Some(Body::Text(article.text)),
                title: article.title,
                source: article.source.to_owned(),
                ..Article::default()
            }
        };
        Self {
            runtime,
            client: client.expect("an address"),
            articles: Arc::new((0..ARTICLES).map(article).collect()),
            next: Arc::default(),
        }
    }

    /// The next article, of an id of its own.
    fn articles(&self) -> impl Fn() -> Article + Clone + Send + 'static {
        let (articles, next) = (Arc::clone(&self.articles), Arc::clone(&self.next));
        move || {
            let number = next.fetch_add(1, Relaxed);
            Article {
                id: number.to_string(),
                ..articles[(number % ARTICLES) as usize].clone()
            }
        }
    }

    /// A client of an empty collection.
    fn empty(&self) -> Client {
        let name = format!("c{}", self.next.fetch_add(1, Relaxed));
        self.runtime
            .block_on(self.client.create_collection(Collection {
                name: name.clone(),
                ..Collection::default()
            }))
            .expect("a collection");
        self.client.clone().with_collection(&name)
    }

    fn delete(&self, client: &Client) {
        self.runtime
            .block_on(client.delete_collection(client.collection()))
            .expect("deleted");
    }

    /// How long `calls` of `call` take, `in_flight` of them at a time.
    fn time<F>(
        &self,
        calls: u64,
        in_flight: u64,
        call: impl Fn() -> F + Clone + Send + 'static,
    ) -> Duration
    where
        F: Future<Output = ()> + Send,
    {
        let started = Instant::now();
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for task in 0..in_flight {
                let call = call.clone();
                let share = calls / in_flight + u64::from(task < calls % in_flight);
                tasks.spawn(async move {
                    for _ in 0..share {
                        call().await;
                    }
                });
            }
            tasks.join_all().await;
        });
        started.elapsed()
    }
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(1));
    group
}

fn unary(criterion: &mut Criterion) {
    let loopback = Loopback::new();
    let article = loopback.articles();
    for in_flight in [1, 64] {
        group(criterion, "rpc/submit").bench_function(
            BenchmarkId::from_parameter(in_flight),
            |bencher| {
                bencher.iter_custom(|calls| {
                    let (client, article) = (loopback.empty(), article.clone());
                    let calling = client.clone();
                    let taken = loopback.time(calls, in_flight, move || {
                        let (client, article) = (calling.clone(), article());
                        async move {
                            client.submit(article, 10).await.expect("an answer");
                        }
                    });
                    loopback.delete(&client);
                    taken
                });
            },
        );
    }
    let indexed = loopback.empty();
    for articles in loopback.articles[..INDEXED].chunks(1000) {
        let named = articles.iter().cloned().map(|one| Article {
            id: article().id,
            ..one
        });
        let added = indexed.batch_submit(named.collect(), 1);
        loopback.runtime.block_on(added).expect("answers");
    }
    for in_flight in [1, 64] {
        group(criterion, "rpc/check").bench_function(
            BenchmarkId::from_parameter(in_flight),
            |bencher| {
                bencher.iter_custom(|calls| {
                    let (client, article) = (indexed.clone(), article.clone());
                    loopback.time(calls, in_flight, move || {
                        let (client, article) = (client.clone(), article());
                        async move {
                            client.check(article, 10).await.expect("an answer");
                        }
                    })
                });
            },
        );
    }
}

fn batch(criterion: &mut Criterion) {
    let loopback = Loopback::new();
    let article = loopback.articles();
    // More at a time would not all be under way within a sample.
    for in_flight in [1, 8] {
        let mut group = group(criterion, "rpc/batch of 100");
        group.throughput(Throughput::Elements(BATCH as u64));
        group.bench_function(BenchmarkId::from_parameter(in_flight), |bencher| {
            bencher.iter_custom(|calls| {
                let (client, article) = (loopback.empty(), article.clone());
                let calling = client.clone();
                let taken = loopback.time(calls, in_flight, move || {
                    let (client, article) = (calling.clone(), article.clone());
                    async move {
                        let articles = (0..BATCH).map(|_| article()).collect();
                        client.batch_submit(articles, 10).await.expect("answers");
                    }
                });
                loopback.delete(&client);
                taken
            });
        });
    }
}

fn stream(criterion: &mut Criterion) {
    let loopback = Loopback::new();
    let article = loopback.articles();
    for in_flight in [1, 64] {
        group(criterion, "rpc/stream").bench_function(
            BenchmarkId::from_parameter(in_flight),
            |bencher| {
                bencher.iter_custom(|articles| {
                    let (client, article) = (loopback.empty(), article.clone());
                    let window = Window {
                        articles: in_flight,
                        ..Window::default()
                    };
                    let started = Instant::now();
                    loopback.runtime.block_on(async {
                        let articles = tokio_stream::iter((0..articles).map(move |_| article()));
                        let mut answers = client.submit_stream(articles, 10, window);
                        while let Some(answer) = answers.next().await {
                            answer.expect("an answer");
                        }
                    });
                    let taken = started.elapsed();
                    loopback.delete(&client);
                    taken
                });
            },
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    targets = unary, batch, stream
}
criterion_main!(benches);
