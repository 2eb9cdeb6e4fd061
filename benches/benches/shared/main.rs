//! What a server that shares its index makes of a cluster, beside what the cluster and this machine can do:
//! check-and-add by RPC, and the commands alone that it sends for it.
//!
//! `cargo bench -p basma-benches --bench shared -- [--ack master] [--apart] [--in-flight 64] [--articles 2000]
//! [--rounds 3] [--record FOLDER]`
//!
//! It starts a cluster, three masters with a replica each, and a server in this program, submits generated
//! news one by one and takes down every command that the server sends for it. Then both sides take turns,
//! each into an empty collection: the same commands for other keys, pipelined by basma-redis as the server's
//! are; and the same articles over RPC, in calls of one, in batches, and by streams; and, for comparison, in calls of
//! one to a server that needs no cluster.
//!
//! All have the machine's cores to share: so where a server works, the nodes do not, as they would on machines
//! of their own. With `--apart` the nodes have the first core to themselves, and this program, its servers with it,
//! all others.

mod driven;
mod recorded;
#[path = "../served/mod.rs"]
mod served;

use std::{
    error::Error,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use basma_benches::{
    corpus::{Corpus, Mix},
    measure::{
        Times, argument, machine, processor_time, processor_time_of, processor_time_of_threads,
        record,
    },
    of_corpus,
};
use basma_client::{
    Client,
    v1::{Article, Collection},
};
use basma_redis::{Ack, Redis};
use basma_server::{Config, config::Confirmation};
use basma_test_redis::Cluster;
use serde::Serialize;
use tokio::runtime::Builder;

use driven::{Sides, Way};
use recorded::{Recorder, Submission};
use served::SERVER;

const IN_FLIGHT: [usize; 4] = [1, 16, 64, 256];

/// With one in flight, so many times fewer articles do.
const ONE_BY_ONE: usize = 4;

/// What was measured of one way with so much under way.
#[derive(Serialize)]
struct Row {
    ack: String,
    way: Way,
    in_flight: usize,
    articles_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Of the bare commands.
    ratio: f64,
    /// Of the processors, microseconds an article: the cluster's nodes, the server, and who asks.
    nodes_us: f64,
    server_us: f64,
    caller_us: f64,
}

/// All rounds of one way.
#[derive(Default)]
struct Sum {
    times: Times,
    time: Duration,
    /// The processors' time of nodes, server, caller.
    busy: [Duration; 3],
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", machine());
    let (ack, confirmation) = match argument("--ack").as_deref() {
        None | Some("replica") => (Ack::Replica, Confirmation::Replica),
        Some("master") => (Ack::Master, Confirmation::Master),
        Some(other) => return Err(format!("--ack {other}: it is replica or master").into()),
    };
    let count: usize = argument("--articles").map_or(Ok(2_000), |count| count.parse())?;
    let rounds: usize = argument("--rounds").map_or(Ok(3), |rounds| rounds.parse())?;
    let (recorder, end) = Recorder::start();
    let serving = served::runtime()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let rows = runtime.block_on(async {
        let Some(cluster) = Cluster::start().await else {
            return Ok(Vec::new());
        };
        // Else a node rewrites its file now and then, and whoever has his turn pays for it.
        cluster.configure("auto-aof-rewrite-percentage", "0").await;
        let mut config = Config {
            store: Some(cluster.url()),
            store_ack: confirmation,
            ..Config::default()
        };
        // As many as are sent: what is measured is not how calls are refused.
        config.ceilings.max_requests = Some(2 * IN_FLIGHT[3]);
        let by_itself = Config {
            store: None,
            ..config.clone()
        };
        let client = served::server(&serving, config).await?;
        let alone = served::server(&serving, by_itself).await?;
        let articles = Arc::new(articles(count));
        let submissions = Arc::new(submissions(&recorder, &client, &articles).await);
        end.end();
        describe(&submissions);
        let nodes: Vec<_> = (0..cluster.addresses().len())
            .filter_map(|number| cluster.node(number).pid())
            .collect();
        if std::env::args().any(|argument| argument == "--apart") {
            nodes.iter().try_for_each(|pid| run_on("0", *pid))?;
            let others = format!("1-{}", available_parallelism()?.get() - 1);
            run_on(&others, std::process::id())?;
        }
        let nodes: Vec<_> = nodes
            .into_iter()
            .map(|pid| PathBuf::from(format!("/proc/{pid}")))
            .collect();
        let mut sides = Sides {
            articles,
            submissions,
            redis: Redis::connect(&cluster.url().parse()?, ack).await?,
            client,
            alone,
            cluster,
            passes: 0,
        };
        println!(
            "{ack:?} acknowledges\n{:>9} {:14}{:>12}{:>9}{:>9}{:>7}{:>10}{:>11}{:>11}",
            "in flight",
            "",
            "articles/s",
            "p50 ms",
            "p99 ms",
            "ratio",
            "nodes us",
            "server us",
            "caller us"
        );
        let mut rows: Vec<Row> = Vec::new();
        let wanted: Option<usize> = argument("--in-flight")
            .map(|wanted| wanted.parse())
            .transpose()?;
        let wanted = |in_flight: &usize| wanted.is_none_or(|wanted| wanted == *in_flight);
        for in_flight in IN_FLIGHT.into_iter().filter(wanted) {
            let count = if in_flight == 1 {
                count / ONE_BY_ONE
            } else {
                count
            };
            let mut sums = Way::ALL.map(|way| (way, Sum::default()));
            // The first round warms up.
            for round in 0..=rounds {
                for (way, sum) in &mut sums {
                    let (begun, before) = (Instant::now(), busy(&nodes));
                    let times = sides.pass(*way, in_flight, count).await;
                    if round > 0 {
                        sum.add(times, begun.elapsed(), before, busy(&nodes));
                    }
                    // Nobody is to pay for what another has left there.
                    sides.cluster.flush().await;
                }
            }
            let bare = sums[0].1.rate();
            for (way, sum) in sums {
                let row = sum.row(way, in_flight, bare, ack);
                row.print();
                rows.push(row);
            }
        }
        Ok::<_, Box<dyn Error>>(rows)
    })?;
    serving.shutdown_background();
    record("shared", &rows)?;
    Ok(())
}

fn articles(count: usize) -> Vec<Article> {
    let stream = Corpus::new(1).stream(Mix::NEWS);
    let article = |number| of_corpus(stream.get(number).article);
    (0..count as u64).map(article).collect()
}

/// Submits each, and takes down what the server calls for it.
async fn submissions(
    recorder: &Recorder,
    client: &Client,
    articles: &[Article],
) -> Vec<Submission> {
    let name = "recorded";
    let made = Collection {
        name: name.to_owned(),
        ..Collection::default()
    };
    let made = client.create_collection(made).await;
    made.expect("a collection");
    let client = client.clone().with_collection(name);
    // Scripts are known to all nodes after this.
    for article in articles.iter().take(50) {
        let again = Article {
            id: format!("{} again", article.id),
            ..article.clone()
        };
        client.submit(again, 10).await.expect("an answer");
    }
    client.delete_collection(name).await.expect("deleted");
    let made = Collection {
        name: name.to_owned(),
        ..Collection::default()
    };
    let made = client.create_collection(made).await;
    made.expect("a collection");
    recorder.take();
    let mut submissions = Vec::with_capacity(articles.len());
    for article in articles {
        client.submit(article.clone(), 10).await.expect("an answer");
        submissions.push(recorder.take());
    }
    submissions
}

/// Has all threads of a process run on some of the cores alone, with util-linux's `taskset`.
fn run_on(cores: &str, pid: u32) -> Result<(), Box<dyn Error>> {
    let pid = pid.to_string();
    let done = Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", cores, &pid])
        .stdout(Stdio::null())
        .status()?;
    match done.success() {
        true => Ok(()),
        false => Err(format!("taskset: {done}").into()),
    }
}

/// Says what is sent for an article.
fn describe(submissions: &[Submission]) {
    let count = submissions.len() as f64;
    let mean = |sum: usize| sum as f64 / count;
    let trips = |wanted: usize| {
        let those = submissions.iter().filter(|calls| calls.len() == wanted);
        mean(those.count()) * 100.0
    };
    let calls = || submissions.iter().flatten();
    println!(
        "{count} articles, one after the other: 2 round trips {:.1} %, 3 {:.1} %; {:.1} commands and {:.0} \
         bytes of arguments each",
        trips(2),
        trips(3),
        mean(calls().map(|call| call.commands()).sum()),
        mean(calls().map(|call| call.bytes()).sum()),
    );
}

/// What nodes, server, and the rest of this program have had of the processors.
fn busy(nodes: &[PathBuf]) -> [Duration; 3] {
    let server = processor_time_of_threads(SERVER);
    [
        nodes.iter().map(|node| processor_time_of(node)).sum(),
        server,
        processor_time().saturating_sub(server),
    ]
}

impl Sum {
    fn add(&mut self, times: Times, time: Duration, before: [Duration; 3], after: [Duration; 3]) {
        self.times.extend(times);
        self.time += time;
        for (sum, (before, after)) in self.busy.iter_mut().zip(before.iter().zip(after)) {
            *sum += after.saturating_sub(*before);
        }
    }

    fn rate(&self) -> f64 {
        self.times.count() as f64 / self.time.as_secs_f64()
    }

    fn row(mut self, way: Way, in_flight: usize, bare: f64, ack: Ack) -> Row {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / self.times.count() as f64;
        let [nodes_us, server_us, caller_us] = self.busy.map(each);
        Row {
            ack: format!("{ack:?}"),
            way,
            in_flight,
            articles_per_s: self.rate(),
            ratio: self.rate() / bare,
            p50_ms: self.times.quantile(0.5) / 1e3,
            p99_ms: self.times.quantile(0.99) / 1e3,
            nodes_us,
            server_us,
            caller_us,
        }
    }
}

impl Row {
    fn print(&self) {
        println!(
            "{:>9} {:14}{:>12.0}{:>9.2}{:>9.2}{:>7.2}{:>10.0}{:>11.0}{:>11.0}",
            self.in_flight,
            self.way.name(),
            self.articles_per_s,
            self.p50_ms,
            self.p99_ms,
            self.ratio,
            self.nodes_us,
            self.server_us,
            self.caller_us,
        );
    }
}
