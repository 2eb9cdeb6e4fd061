//! What articles take of a cluster: memory by the kind of key, bytes over the network, the processors' time,
//! and how long the lists are.
//!
//! `cargo bench -p basma-benches --bench sizing -- [--articles 10000,50000,200000] [--record FOLDER]`
//!
//! It starts a cluster, three masters with a replica each, and a server in this program, which is sent generated
//! news by a stream, and looks each time that so many are there.

mod served;

use std::{collections::BTreeMap, error::Error, path::PathBuf, time::Duration};

use basma_benches::{
    corpus::{Corpus, Mix},
    measure::{argument, machine, processor_time_of, processor_time_of_threads, record},
    of_corpus,
};
use basma_client::{Client, client::Window, v1::Collection};
use basma_redis::{Ack, Cmd, Redis, Value, cmd};
use basma_server::Config;
use basma_test_redis::Cluster;
use serde::Serialize;
use tokio::runtime::Builder;
use tokio_stream::StreamExt as _;

use served::SERVER;

/// What the names of keys say that they are: see `server/src/shared/keys.rs`.
const KINDS: [&str; 10] = [
    "post", "near", "same", "rec", "id", "story", "text", "hour", "hours", "count",
];

/// Of so many keys of a kind one is asked what it takes.
const ONE_IN: u64 = 20;

/// The keys of a kind.
#[derive(Default, Serialize)]
struct Kind {
    keys: u64,
    /// `MEMORY USAGE` of all, by those that were asked.
    bytes: f64,
    /// The longest value, in bytes.
    longest: i64,
    #[serde(skip)]
    asked: u64,
}

/// What all nodes have done.
#[derive(Clone, Copy, Default, Serialize)]
struct Done {
    articles: f64,
    /// Over the network, callers and replicas apart.
    received: f64,
    sent: f64,
    to_replicas: f64,
    /// Microseconds of the processors.
    masters_us: f64,
    replicas_us: f64,
    server_us: f64,
}

#[derive(Serialize)]
struct Row {
    articles: u64,
    kinds: BTreeMap<String, Kind>,
    used_memory: f64,
    resident: f64,
    /// An article's, of those that came since the last row.
    each: Done,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", machine());
    let sizes = argument("--articles").unwrap_or_else(|| "10000,50000,200000".to_owned());
    let sizes: Vec<u64> = sizes.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let serving = served::runtime()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let rows = runtime.block_on(async {
        let Some(cluster) = Cluster::start().await else {
            return Ok(Vec::new());
        };
        let config = Config {
            store: Some(cluster.url()),
            ..Config::default()
        };
        let client = served::server(&serving, config).await?;
        let made = Collection {
            name: "sizing".to_owned(),
            ..Collection::default()
        };
        client.create_collection(made).await?;
        let client = client.with_collection("sizing");
        let redis = Redis::connect(&cluster.url().parse()?, Ack::Replica).await?;
        let empty = memory(&redis).await?;
        let (mut from, mut rows) = (0, Vec::new());
        for size in sizes {
            let before = done(&redis, &cluster).await?;
            fill(&client, from, size).await?;
            let each = done(&redis, &cluster)
                .await?
                .since(before, (size - from) as f64);
            let (used, resident) = memory(&redis).await?;
            let row = Row {
                articles: size,
                kinds: kinds(&redis).await?,
                used_memory: used - empty.0,
                resident: resident - empty.1,
                each,
            };
            row.print();
            rows.push(row);
            from = size;
        }
        Ok::<_, Box<dyn Error>>(rows)
    })?;
    serving.shutdown_background();
    record("sizing", &rows)?;
    Ok(())
}

async fn fill(client: &Client, from: u64, to: u64) -> Result<(), Box<dyn Error>> {
    let stream = Corpus::new(1).stream(Mix::NEWS);
    let articles = (from..to).map(move |number| of_corpus(stream.get(number).article));
    let mut answers = client.submit_stream(tokio_stream::iter(articles), 10, Window::default());
    while let Some(answer) = answers.next().await {
        answer?;
    }
    Ok(())
}

/// A field of `INFO`, of each node together.
fn field(info: &str, name: &str) -> f64 {
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|value| value.trim().parse().ok())
        .unwrap_or_default()
}

async fn infos(redis: &Redis) -> Result<Vec<String>, Box<dyn Error>> {
    let replies = redis.on_each_master(&cmd("INFO")).await?;
    let texts = replies.into_iter().map(|(_, reply)| text(reply));
    Ok(texts.collect())
}

fn text(reply: Value) -> String {
    match reply {
        Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Value::VerbatimString { text, .. } | Value::SimpleString(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

/// What the masters have in use, and resident.
async fn memory(redis: &Redis) -> Result<(f64, f64), Box<dyn Error>> {
    let infos = infos(redis).await?;
    let sum = |name| infos.iter().map(|info| field(info, name)).sum();
    Ok((sum("used_memory"), sum("used_memory_rss")))
}

async fn done(redis: &Redis, cluster: &Cluster) -> Result<Done, Box<dyn Error>> {
    let infos = infos(redis).await?;
    let sum = |name| infos.iter().map(|info| field(info, name)).sum::<f64>();
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let masters = cluster.masters().await;
    let nodes = |is_master: bool| -> f64 {
        let numbers = 0..cluster.addresses().len();
        let those = numbers.filter(|number| masters.contains(number) == is_master);
        let pids = those.filter_map(|number| cluster.node(number).pid());
        pids.map(|pid| us(processor_time_of(&PathBuf::from(format!("/proc/{pid}")))))
            .sum()
    };
    Ok(Done {
        articles: 0.0,
        received: sum("total_net_input_bytes"),
        sent: sum("total_net_output_bytes"),
        to_replicas: sum("total_net_repl_output_bytes"),
        masters_us: nodes(true),
        replicas_us: nodes(false),
        server_us: us(processor_time_of_threads(SERVER)),
    })
}

impl Done {
    /// What was done since, for each of so many articles.
    fn since(self, before: Self, articles: f64) -> Self {
        Self {
            articles,
            received: (self.received - before.received) / articles,
            sent: (self.sent - before.sent) / articles,
            to_replicas: (self.to_replicas - before.to_replicas) / articles,
            masters_us: (self.masters_us - before.masters_us) / articles,
            replicas_us: (self.replicas_us - before.replicas_us) / articles,
            server_us: (self.server_us - before.server_us) / articles,
        }
    }
}

/// The keys of all masters, by their kind.
async fn kinds(redis: &Redis) -> Result<BTreeMap<String, Kind>, Box<dyn Error>> {
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    for master in redis.masters() {
        let mut cursor = "0".to_owned();
        loop {
            let mut scan = cmd("SCAN");
            scan.arg(&cursor).arg("COUNT").arg(1000);
            let Value::Array(reply) = redis.on(&master, scan).await? else {
                break;
            };
            let [next, Value::Array(keys)] = <[Value; 2]>::try_from(reply).expect("two") else {
                break;
            };
            for key in keys {
                let key = text(key);
                let name = KINDS.iter().find(|kind| key.contains(&format!(":{kind}:")));
                let kind = kinds
                    .entry(name.unwrap_or(&"other").to_string())
                    .or_default();
                kind.keys += 1;
                if kind.keys % ONE_IN == 1 {
                    kind.asked += 1;
                    let usage =
                        number(redis, &master, cmd("MEMORY").arg("USAGE").arg(&key)).await?;
                    kind.bytes += usage as f64;
                    if let Ok(length) = number(redis, &master, cmd("STRLEN").arg(&key)).await {
                        kind.longest = kind.longest.max(length);
                    }
                }
            }
            cursor = text(next);
            if cursor == "0" {
                break;
            }
        }
    }
    for kind in kinds.values_mut() {
        kind.bytes *= kind.keys as f64 / kind.asked.max(1) as f64;
    }
    Ok(kinds)
}

async fn number(
    redis: &Redis,
    node: &basma_redis::Endpoint,
    command: &mut Cmd,
) -> Result<i64, Box<dyn Error>> {
    match redis.on(node, command.clone()).await? {
        Value::Int(number) => Ok(number),
        _ => Ok(0),
    }
}

impl Row {
    fn print(&self) {
        let count = self.articles as f64;
        println!("\n{} articles; an article's", self.articles);
        println!(
            "{:12}{:>8}{:>12}{:>16}",
            "kind", "keys", "bytes", "longest value"
        );
        for (name, kind) in self.kinds.iter().filter(|(_, kind)| kind.keys > 20) {
            println!(
                "{name:12}{:>8.2}{:>12.0}{:>16}",
                kind.keys as f64 / count,
                kind.bytes / count,
                kind.longest
            );
        }
        println!(
            "used_memory of the masters {:.0} bytes, resident {:.0}",
            self.used_memory / count,
            self.resident / count
        );
        let Done {
            received,
            sent,
            to_replicas,
            masters_us,
            replicas_us,
            server_us,
            ..
        } = self.each;
        println!(
            "masters received {received:.0} bytes and sent {sent:.0}, to replicas {to_replicas:.0}; processors: \
             masters {masters_us:.0} us, replicas {replicas_us:.0}, server {server_us:.0}"
        );
    }
}
