//! What durability costs, and how long a restart takes: the server in this process, over loopback.
//!
//! ```sh
//! cargo bench -p basma-benches --bench store -- durability
//! cargo bench -p basma-benches --bench store -- recovery 1000000
//! ```
//!
//! Durability: articles a second by unary calls, in memory and with each acknowledged after a sync, in turns.
//! Recovery: a store is filled with articles of about 290 words; then the time to read its files alone, and
//! that from the start of a server until it says SERVING.

#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use basma_benches::corpus::{Corpus, Mix};
use basma_client::{
    Client,
    v1::{Article, article::Body},
};
use basma_server::{Config, Durability, run};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Different articles; after them they come again under other ids, with a word of their own in every
/// line.
const ARTICLES: u64 = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|one| one != "--bench")
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match arguments.first().map(String::as_str) {
        Some("recovery") => {
            let count = arguments
                .get(1)
                .map_or(100_000, |count| count.parse().unwrap());
            runtime.block_on(recovery(count));
        }
        Some("durability") | None => runtime.block_on(durability()),
        Some(other) => eprintln!("{other}: durability or recovery [ARTICLES]"),
    }
}

/// A server of this process.
struct Loopback {
    client: Client,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    /// From its start until it answered.
    started: Duration,
}

impl Loopback {
    async fn start(data_dir: Option<PathBuf>, durability: Durability) -> Self {
        let config = Config {
            data_dir,
            durability,
            ..Config::default()
        };
        let begun = Instant::now();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = tokio::spawn({
            let stop = stop.clone();
            async move { run(listener, config, stop).await.unwrap() }
        });
        let client = Client::new(&address)
            .unwrap()
            .with_deadline(Duration::from_secs(600));
        while client.stats().await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self {
            client,
            stop,
            serving,
            started: begun.elapsed(),
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap();
    }

    /// Submits `count` articles by unary calls, so many at a time; returns how many a second.
    async fn submit(
        &self,
        articles: &Arc<Vec<Article>>,
        count: u64,
        in_flight: u64,
        first: u64,
    ) -> f64 {
        let next = Arc::new(AtomicU64::new(0));
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let (client, articles, next) = (self.client.clone(), articles.clone(), next.clone());
            tasks.spawn(async move {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= count {
                        return;
                    }
                    client
                        .submit(numbered(&articles, first + number), 0)
                        .await
                        .unwrap();
                }
            });
        }
        tasks.join_all().await;
        count as f64 / begun.elapsed().as_secs_f64()
    }
}

fn corpus() -> Arc<Vec<Article>> {
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
    Arc::new((0..ARTICLES).map(article).collect())
}

/// Article `number`: the first time as it is, later with every eighth word another.
fn numbered(articles: &[Article], number: u64) -> Article {
    let mut article = articles[(number % ARTICLES) as usize].clone();
    article.id = number.to_string();
    let round = number / ARTICLES;
    if round > 0
        && let Some(Body::Text(text)) = &mut article.body
    {
        let words = text
            .split(' ')
            .enumerate()
            .map(|(place, word)| match place % 8 {
                0 => format!(
                    "{word}{}",
                    char::from_u32(0x0628 + (round + place as u64) as u32 % 26).unwrap()
                ),
                _ => word.to_owned(),
            });
        *text = words.collect::<Vec<_>>().join(" ");
    }
    article
}

async fn durability() {
    let articles = corpus();
    let folder = tempfile::tempdir().unwrap();
    let memory = Loopback::start(None, Durability::Sync).await;
    let sync = Loopback::start(Some(folder.path().to_owned()), Durability::Sync).await;
    println!("| in flight | in memory, articles/s | sync, articles/s | sync by memory |");
    println!("|--:|--:|--:|--:|");
    let mut first = 0;
    for in_flight in [1, 16, 64, 256] {
        let count = if in_flight == 1 { 1_000 } else { 4_000 };
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..5 {
            rates[0].push(memory.submit(&articles, count, in_flight, first).await);
            rates[1].push(sync.submit(&articles, count, in_flight, first).await);
            first += count;
        }
        let [memory, sync] = rates.map(|mut rates| {
            rates.sort_by(f64::total_cmp);
            rates[rates.len() / 2]
        });
        println!(
            "| {in_flight} | {memory:.0} | {sync:.0} | {:.2} |",
            sync / memory
        );
    }
    memory.stop().await;
    sync.stop().await;
}

async fn recovery(count: u64) {
    let folder = tempfile::tempdir().unwrap();
    let server = Loopback::start(Some(folder.path().to_owned()), Durability::Memory).await;
    fill(&server.client, count).await;
    server.stop().await;
    let files = journals(folder.path());
    for _ in 0..2 {
        let begun = Instant::now();
        let bytes: usize = files.iter().map(|file| fs::read(file).unwrap().len()).sum();
        let read = begun.elapsed();
        let server = Loopback::start(Some(folder.path().to_owned()), Durability::Sync).await;
        let stats = server.client.stats().await.unwrap();
        println!(
            "{} articles, {} MiB: read alone {:.2} s, serving after {:.2} s, index {} MiB",
            stats.article_count,
            bytes >> 20,
            read.as_secs_f64(),
            server.started.as_secs_f64(),
            stats.index_bytes >> 20,
        );
        server.stop().await;
    }
}

async fn fill(client: &Client, count: u64) {
    let articles = corpus();
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (client, articles, next) = (client.clone(), articles.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let first = next.fetch_add(500, Relaxed);
                if first >= count {
                    return;
                }
                let batch = (first..(first + 500).min(count)).map(|n| numbered(&articles, n));
                client.batch_submit(batch.collect(), 1).await.unwrap();
                if first % 100_000 == 0 {
                    eprintln!("{first} articles");
                }
            }
        });
    }
    tasks.join_all().await;
}

fn journals(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("collections/default")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}
