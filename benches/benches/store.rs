//! What durability costs, how long a restart takes, and what a deletion gives back: the server in this process,
//! over loopback.
//!
//! ```sh
//! cargo bench -p basma-benches --bench store -- durability
//! cargo bench -p basma-benches --bench store -- recovery 1000000
//! cargo bench -p basma-benches --bench store -- recovery 10000000 --method simhash-only --folder /tmp/ten
//! cargo bench -p basma-benches --bench store -- deletion 30000 8
//! ```
//!
//! Durability: articles a second by unary calls, in memory and with each acknowledged after a sync, in turns.
//! Recovery: a store is filled with generated articles; then, three times, the time to read its files alone,
//! from memory, and that from the start of a server until it answers, with the processor's time of all of
//! its threads. A folder that is named is kept, and not filled again.
//! Deletion: so many times a collection of so many articles is made, filled and deleted; what is resident and
//! on the disk before and after.

#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use basma_benches::{
    corpus::{Corpus, Mix, Stream},
    measure::{argument, most_resident, processor_time, resident},
    of_corpus,
};
use basma_client::{
    Client,
    v1::{Article, Collection, DetectorSettings, article::Body, detector_settings::Method},
};
use basma_server::{Config, Signals, config::Mode, run};
use tokio::{net::TcpListener, task::JoinSet};

/// Different articles; after them they come again under other ids, with a word of their own in every
/// line.
const ARTICLES: u64 = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|one| one != "--bench")
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["recovery", count, ..] => {
            let method = argument("--method").unwrap_or_else(|| "full".to_owned());
            recovery(count, &method, argument("--folder"));
        }
        ["fill", count, method, folder] => {
            runtime.block_on(fill_folder(
                count.parse().unwrap(),
                method,
                Path::new(folder),
            ));
        }
        ["deletion", count, times] => {
            runtime.block_on(deletion(count.parse().unwrap(), times.parse().unwrap()));
        }
        ["start", folder] => runtime.block_on(start(Path::new(folder))),
        [] | ["durability"] => runtime.block_on(durability()),
        _ => {
            eprintln!(
                "durability, or recovery ARTICLES [--method simhash-only] [--folder FOLDER], or deletion \
                 ARTICLES TIMES"
            );
        }
    }
}

/// A server of this process.
struct Loopback {
    client: Client,
    signals: Signals,
    serving: tokio::task::JoinHandle<()>,
    /// From its start until it answered.
    started: Duration,
}

impl Loopback {
    async fn start(data_dir: Option<PathBuf>, durability: Mode) -> Self {
        let mut config = Config {
            data_dir,
            durability,
            ..Config::default()
        };
        // As many as are in flight: to be refused is not what is measured.
        config.ceilings.max_requests = Some(1024);
        let begun = Instant::now();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let signals = Signals::default();
        let serving = tokio::spawn({
            let signals = signals.clone();
            async move { run(listener, config, signals).await.unwrap() }
        });
        let client = Client::new(&address)
            .unwrap()
            .with_deadline(Duration::from_secs(600));
        let serves = async || {
            let health = client.health("").await;
            health.is_ok_and(|status| status.as_str_name() == "SERVING")
        };
        while !serves().await {
            assert!(!serving.is_finished(), "it ended");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self {
            client,
            signals,
            serving,
            started: begun.elapsed(),
        }
    }

    async fn stop(self) {
        self.signals.stop.cancel();
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
    let memory = Loopback::start(None, Mode::Sync).await;
    let sync = Loopback::start(Some(folder.path().to_owned()), Mode::Sync).await;
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

/// Fills a folder in a process of its own, and starts a server on it in others: memory that a process has
/// had before is had again for less.
fn recovery(count: &str, method: &str, folder: Option<String>) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = folder.unwrap_or_else(|| temporary.path().to_str().unwrap().to_owned());
    let again = |arguments: &[&str]| {
        let this = std::env::current_exe().unwrap();
        let ended = Command::new(this).args(arguments).status().unwrap();
        assert!(ended.success());
    };
    if !Path::new(&folder).join("catalog").exists() {
        again(&["fill", count, method, &folder]);
    }
    println!(
        "| articles | journal, MiB | read alone, s | serving after, s | to reading | processor, s | index, MiB | resident, MiB | at most |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for _ in 0..3 {
        again(&["start", &folder]);
    }
}

async fn start(folder: &Path) {
    let files = journals(folder);
    let read = || {
        let begun = Instant::now();
        let mut bytes = 0;
        let mut file = Vec::new();
        for path in &files {
            file.clear();
            bytes += File::open(path).unwrap().read_to_end(&mut file).unwrap();
        }
        (bytes, begun.elapsed().as_secs_f64())
    };
    // The first time it may come from the disk.
    read();
    let (bytes, read) = read();
    let before = processor_time();
    let server = Loopback::start(Some(folder.to_owned()), Mode::Sync).await;
    let processor = processor_time() - before;
    let stats = server.client.stats().await.unwrap();
    let serving = server.started.as_secs_f64();
    println!(
        "| {} | {} | {read:.2} | {serving:.2} | {:.1} | {:.2} | {} | {} | {} |",
        stats.article_count,
        bytes >> 20,
        serving / read,
        processor.as_secs_f64(),
        stats.index_bytes >> 20,
        resident() >> 20,
        most_resident() >> 20,
    );
    server.stop().await;
}

async fn fill_folder(count: u64, method: &str, folder: &Path) {
    let server = Loopback::start(Some(folder.to_owned()), Mode::Memory).await;
    let client = &server.client;
    let mut corpus = Corpus::new(1);
    if method == "simhash-only" {
        // As much is kept of a short text as of a long one.
        corpus = corpus.mean_words(30.0);
        let detector = DetectorSettings {
            method: Method::SimhashOnly.into(),
            simhash_distance: Some(3),
            ..DetectorSettings::default()
        };
        let collection = Collection {
            name: "default".to_owned(),
            detector: Some(detector),
            ..Collection::default()
        };
        let paths = ["detector.method", "detector.simhash_distance"].map(str::to_owned);
        client
            .update_collection(collection, paths.into())
            .await
            .unwrap();
    }
    fill(client, &corpus, count).await;
    server.stop().await;
}

/// Submits the first articles of a crawl.
async fn fill(client: &Client, corpus: &Corpus, count: u64) {
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let (client, next) = (client.clone(), next.clone());
        let stream = corpus.stream(Mix::NEWS);
        tasks.spawn(async move {
            loop {
                let first = next.fetch_add(500, Relaxed);
                if first >= count {
                    return;
                }
                let batch = (first..(first + 500).min(count)).map(|n| generated(&stream, n));
                client.batch_submit(batch.collect(), 1).await.unwrap();
                if first % 100_000 == 0 {
                    eprintln!("{first} articles");
                }
            }
        });
    }
    tasks.join_all().await;
}

async fn deletion(count: u64, times: u32) {
    let folder = tempfile::tempdir().unwrap();
    let server = Loopback::start(Some(folder.path().to_owned()), Mode::Memory).await;
    let client = server.client.clone().with_collection("coming");
    let corpus = Corpus::new(1);
    println!("| | full: resident, MB | on the disk | deleted: resident, MB | on the disk |");
    println!("|--:|--:|--:|--:|--:|");
    let row = |name: &str, [full, gone]: [(usize, u64); 2]| {
        let megabytes =
            |(memory, disk): (usize, u64)| format!("{} | {}", memory / 1_000_000, disk / 1_000_000);
        println!("| {name} | {} | {} |", megabytes(full), megabytes(gone));
    };
    let now = || (resident(), size(folder.path()));
    row("at first", [now(), now()]);
    for time in 1..=times {
        let collection = Collection {
            name: "coming".to_owned(),
            ..Collection::default()
        };
        client.create_collection(collection).await.unwrap();
        fill(&client, &corpus, count).await;
        let full = now();
        client.delete_collection("coming").await.unwrap();
        // It is given back within a second, or soon after when much is.
        tokio::time::sleep(Duration::from_secs(5)).await;
        row(&time.to_string(), [full, now()]);
    }
    server.stop().await;
}

/// Bytes of all files in a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| match entry.metadata().unwrap() {
        file if file.is_dir() => size(&entry.path()),
        file => file.len(),
    });
    sizes.sum()
}

/// Article `number` of a stream, as a crawl would have it.
fn generated(stream: &Stream, number: u64) -> Article {
    let article = stream.get(number).article;
    Article {
        id: format!("article-{number}"),
        ..of_corpus(article)
    }
}

fn journals(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.join("collections/default")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}
