//! Overload and bad company, and that afterwards everything is as before.
//!
//! The long run, with figures: `BASMA_SOAK_SECONDS=60 cargo test --release -p basma-tests --test soak --
//! --ignored --nocapture`. What is measured there depends on the machine and fails nothing; what is asserted
//! holds anywhere, and the short run asserts it, too.

use std::{
    env,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::available_parallelism,
    time::{Duration, Instant},
};

use basma_proto::v1::{dedup_service_client::DedupServiceClient, *};
use basma_tests::{
    Scrape, Server, article,
    article::{of_corpus, streamed},
    until,
    wire::{Rest, Wire, encoded, retry},
};
use hyper::body::Frame;
use tokio::{
    net::TcpStream,
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::{interval, sleep_until},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::HealthCheckRequest;

const CHECK: &str = "basma.v1.DedupService/BatchCheck";
/// With a line in the log for each request that would be what is measured.
const QUIET: [&str; 4] = ["--metrics-listen", "127.0.0.1:0", "--log", "info"];

/// Short texts, all of which have much in common with many others.
fn short() -> basma_benches::corpus::Corpus {
    basma_benches::corpus::Corpus::new(7).mean_words(40.0)
}

/// Batches, so that the server has far more to do to answer one than this client to send it, or the server to
/// refuse it: what is beyond the capacity several times over can then be sent from beside the server.
fn requests() -> Arc<Vec<BatchCheckRequest>> {
    let corpus = short();
    let batch = |batch: u64| BatchCheckRequest {
        articles: (100 * batch..100 * (batch + 1))
            .map(|number| article("", &corpus.article(number).text))
            .collect(),
        ..BatchCheckRequest::default()
    };
    Arc::new((0..16).map(batch).collect())
}

/// A server that knows what it will be asked about, and more.
async fn start(arguments: &[&str]) -> Server {
    let server = Server::start_with(&[&QUIET[..], arguments].concat()).await;
    let (mut dedup, corpus) = (server.dedup().await, short());
    for batch in 0..3 {
        let articles =
            (1000 * batch..1000 * (batch + 1)).map(|number| of_corpus(corpus.article(number)));
        let batch = BatchSubmitRequest {
            articles: articles.collect(),
            ..BatchSubmitRequest::default()
        };
        dedup.batch_submit(batch).await.expect("an answer");
    }
    server
}

/// What came of calls.
#[derive(Debug, Default)]
struct Tally {
    answered: Mutex<Vec<Duration>>,
    refused: AtomicU64,
}

impl Tally {
    /// Counts a call. Refused it may be for one reason only, with when to try again.
    fn count<T>(&self, started: Instant, called: Result<T, Status>) {
        match called {
            Ok(_) => self
                .answered
                .lock()
                .expect("no panic")
                .push(started.elapsed()),
            Err(status) => {
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                assert_eq!(retry(&status).0, "max_requests");
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn answered(&self) -> usize {
        self.answered.lock().expect("no panic").len()
    }

    /// The time within which so many of a hundred were answered.
    fn percentile(&self, percent: usize) -> Duration {
        let mut all = self.answered.lock().expect("no panic").clone();
        all.sort_unstable();
        let at = (all.len() * percent / 100).min(all.len().saturating_sub(1));
        all.get(at).copied().unwrap_or_default()
    }
}

/// Calls one after another, so many at once, for so long.
async fn closed(channels: &[Channel], at_once: usize, time: Duration) -> Tally {
    let (tally, requests, end) = (
        Arc::new(Tally::default()),
        requests(),
        Instant::now() + time,
    );
    let mut callers = JoinSet::new();
    for caller in 0..at_once {
        let (tally, requests) = (Arc::clone(&tally), Arc::clone(&requests));
        let mut dedup = DedupServiceClient::new(channels[caller % channels.len()].clone());
        callers.spawn(async move {
            for request in requests.iter().cycle().skip(caller) {
                if Instant::now() >= end {
                    return;
                }
                let started = Instant::now();
                tally.count(started, dedup.batch_check(request.clone()).await);
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.expect("no panic");
    }
    Arc::into_inner(tally).expect("all have ended")
}

/// Calls at a rate, whatever becomes of them, as many at once as the connections take.
async fn open(channels: &[Channel], rate: f64, time: Duration) -> (Tally, u64) {
    let (tally, requests) = (Arc::new(Tally::default()), requests());
    let room = Arc::new(Semaphore::new(channels.len() * 50));
    let (begun, mut calls, mut offered) = (Instant::now(), JoinSet::new(), 0_u64);
    while begun.elapsed() < time {
        let due = (begun.elapsed().as_secs_f64() * rate) as u64;
        for number in offered..due {
            // Who would have to wait for a stream of its connection is not sent.
            let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                break;
            };
            let number = number as usize;
            let mut dedup = DedupServiceClient::new(channels[number % channels.len()].clone());
            let request = requests[number % requests.len()].clone();
            let tally = Arc::clone(&tally);
            calls.spawn(async move {
                let started = Instant::now();
                tally.count(started, dedup.batch_check(request).await);
                drop(place);
            });
        }
        offered = due;
        while calls.try_join_next().is_some_and(|ended| ended.is_ok()) {}
        sleep_until((Instant::now() + Duration::from_millis(1)).into()).await;
    }
    while let Some(ended) = calls.join_next().await {
        ended.expect("no panic");
    }
    (Arc::into_inner(tally).expect("all have ended"), offered)
}

/// How the server is to those who only look.
#[derive(Debug, Default)]
struct Looks {
    health: Tally,
    connections: Tally,
    memory: f64,
}

/// Asks for health, connects and scrapes while something else goes on.
async fn look<T>(server: &Server, meanwhile: impl Future<Output = T>) -> (T, Looks) {
    let mut looks = Looks::default();
    let mut health = server.health().await;
    let mut turns = interval(Duration::from_millis(100));
    let mut meanwhile = Box::pin(meanwhile);
    loop {
        tokio::select! {
            done = &mut meanwhile => return (done, looks),
            _ = turns.tick() => {}
        }
        let looking = async {
            let started = Instant::now();
            let answer = health.check(HealthCheckRequest::default()).await;
            looks.health.count(started, answer);
            let started = Instant::now();
            let answer = server
                .health()
                .await
                .check(HealthCheckRequest::default())
                .await;
            looks.connections.count(started, answer);
            let scrape = Scrape::of(server).await;
            looks.memory = looks
                .memory
                .max(scrape.get("process_resident_memory_bytes"));
        };
        let mut looking = Box::pin(looking);
        tokio::select! {
            done = &mut meanwhile => {
                looking.await;
                return (done, looks);
            }
            () = &mut looking => {}
        }
    }
}

async fn channels(server: &Server) -> Vec<Channel> {
    let mut channels = Vec::new();
    for _ in 0..8 {
        channels.push(server.channel().await);
    }
    channels
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

async fn overload(arguments: &[&str], time: Duration) {
    let server = start(arguments).await;
    let channels = channels(&server).await;
    let brief = (time / 6).max(Duration::from_millis(300));
    let alone = closed(&channels, 1, brief).await;
    let full = closed(&channels, 4, brief).await;
    let capacity = full.answered() as f64 / brief.as_secs_f64();
    let rested = Scrape::of(&server).await;

    let overloading = open(&channels, 5.0 * capacity, time);
    let ((tally, offered), looks) = look(&server, overloading).await;
    let refused = tally.refused.load(Ordering::Relaxed);
    assert!(refused > 0, "it was not too much");
    assert!(tally.answered() > 0, "nobody was answered");
    let overloaded = r#"basma_refusals_total{reason="OVERLOADED",limit="max_requests"}"#;
    let before = rested.get(overloaded);
    until("all refusals counted", async || {
        let counted = Scrape::of(&server).await.get(overloaded) - before;
        assert!(counted <= refused as f64, "{counted} of {refused}");
        (counted == refused as f64).then_some(())
    })
    .await;

    let after = closed(&channels, 1, brief).await;
    assert_eq!(after.refused.load(Ordering::Relaxed), 0, "it is over");
    let rested_again = until("everything given back", async || {
        let scrape = Scrape::of(&server).await;
        let held = ["basma_requests_in_flight", "basma_buffered_bytes"];
        held.iter()
            .all(|held| scrape.get(held) == 0.0)
            .then_some(scrape)
    })
    .await;

    let ratio =
        |tally: &Tally| tally.percentile(99).as_secs_f64() / alone.percentile(99).as_secs_f64();
    println!(
        "alone            p50 {} p99 {}",
        milliseconds(alone.percentile(50)),
        milliseconds(alone.percentile(99))
    );
    println!("capacity         {capacity:.0} requests/s");
    println!(
        "offered          {offered} in {time:?}, 5 times the capacity; sent {}",
        tally.answered() as u64 + refused
    );
    println!(
        "answered         {} ({:.2} of the capacity) p50 {} p99 {}, {:.1} times that alone",
        tally.answered(),
        tally.answered() as f64 / time.as_secs_f64() / capacity,
        milliseconds(tally.percentile(50)),
        milliseconds(tally.percentile(99)),
        ratio(&tally)
    );
    println!("refused          {refused}");
    println!(
        "health           p50 {} p99 {}",
        milliseconds(looks.health.percentile(50)),
        milliseconds(looks.health.percentile(99))
    );
    println!(
        "connect, health  p50 {} p99 {}",
        milliseconds(looks.connections.percentile(50)),
        milliseconds(looks.connections.percentile(99))
    );
    println!(
        "afterwards       p50 {} p99 {}, {:.1} times that before",
        milliseconds(after.percentile(50)),
        milliseconds(after.percentile(99)),
        ratio(&after)
    );
    let memory = |scrape: &Scrape| megabytes(scrape.get("process_resident_memory_bytes"));
    println!(
        "memory           before {}, most {}, afterwards {}",
        memory(&rested),
        megabytes(looks.memory),
        memory(&rested_again)
    );
}

/// Connections that nobody uses, callers who stop in the middle or take no answer, and some who vanish.
async fn company(connections: usize, callers: usize) {
    let server = start(&[]).await;
    // What it takes once and keeps, it has taken.
    drop(gather(&server, callers, callers).await);
    let (before, quiet) = settled(&server, None).await;
    let mut told = vec![("before", before)];
    // What memory the allocator keeps for the next time, it has the next time.
    for _ in 0..3 {
        let gathered = gather(&server, connections, callers).await;
        let held = until("the company", async || {
            let scrape = Scrape::of(&server).await;
            (scrape.get("basma_connections") >= (connections + 3 * callers) as f64)
                .then_some(scrape)
        })
        .await;
        server.submit(article("in company", "نص")).await;
        drop(gathered);
        let (mut after, _) = settled(&server, Some(quiet)).await;
        // Of so many the memory is given back, soon after.
        if connections >= 1000 {
            let memory = |scrape: &Scrape| scrape.get("process_resident_memory_bytes");
            let most = f64::midpoint(memory(&told[0].1), memory(&held));
            after = until("the memory", async || {
                let scrape = Scrape::of(&server).await;
                (memory(&scrape) < most).then_some(scrape)
            })
            .await;
        }
        server.submit(article("afterwards", "نص")).await;
        told.extend([("in company", held), ("afterwards", after)]);
    }
    for (name, scrape) in told {
        println!(
            "{name:<16} {:>6} connections {:>6} files {:>6} tasks {:>6} open calls, {}",
            scrape.get("basma_connections"),
            scrape.get("process_open_fds"),
            scrape.get("basma_tasks"),
            scrape.get("basma_calls_open"),
            megabytes(scrape.get("process_resident_memory_bytes")),
        );
    }
}

/// How many connections, files and tasks there are, once all calls have ended, and as before if that is said.
async fn settled(server: &Server, before: Option<[f64; 2]>) -> (Scrape, [f64; 2]) {
    until("everything as before", async || {
        let scrape = Scrape::of(server).await;
        let quiet = ["process_open_fds", "basma_tasks"].map(|name| scrape.get(name));
        let idle = scrape.get("basma_connections") == 0.0
            && scrape.get("basma_calls_open") == 0.0
            && scrape.get("basma_buffered_bytes") == 0.0;
        let as_before = before.is_none_or(|before| quiet == before);
        (idle && as_before).then_some((scrape, quiet))
    })
    .await
}

/// Everybody who is held on to, until he is dropped.
#[derive(Default)]
struct Company {
    _idle: Vec<Wire>,
    _silent: Vec<TcpStream>,
    _callers: Vec<(Wire, Rest, tokio::task::JoinHandle<()>)>,
    _streams: Vec<(
        mpsc::Sender<SubmitStreamRequest>,
        tonic::Streaming<SubmitStreamResponse>,
    )>,
}

async fn gather(server: &Server, connections: usize, callers: usize) -> Company {
    let mut company = Company::default();
    for _ in 0..connections {
        company._idle.push(Wire::to(server).await);
    }
    let message = encoded(&requests()[0]);
    for number in 0..callers {
        company._silent.push(
            TcpStream::connect(server.authority())
                .await
                .expect("a connection"),
        );
        // Half a request; or all of it, and no room for the answer.
        let wire = Wire::with_room(server, 0).await;
        let (answer, rest) = wire.begin(CHECK, &[]);
        let said = match number % 2 {
            0 => &message[..message.len() / 2],
            _ => &message[..],
        };
        rest.send(Ok(Frame::data(said.to_vec().into())))
            .await
            .expect("it is read");
        let answer = tokio::spawn(async move {
            let _held = answer.await;
            std::future::pending::<()>().await;
        });
        let rest = match number % 2 {
            0 => rest,
            _ => mpsc::channel(1).0,
        };
        company._callers.push((wire, rest, answer));
        let (requests, receiver) = mpsc::channel(1);
        let answers = server
            .dedup()
            .await
            .submit_stream(ReceiverStream::new(receiver))
            .await;
        requests
            .send(streamed(article("1", "نص"), 1))
            .await
            .expect("an open stream");
        company
            ._streams
            .push((requests, answers.expect("a stream").into_inner()));
    }
    // Some vanish while they are answered.
    for number in 0..callers {
        let wire = Wire::to(server).await;
        let (answer, rest) = wire.begin(CHECK, &[]);
        let _ = rest.send(Ok(Frame::data(message.clone().into()))).await;
        if number % 2 == 0 {
            drop(rest);
        }
        drop((answer, wire));
    }
    company
}

impl Drop for Company {
    fn drop(&mut self) {
        self._callers
            .iter()
            .for_each(|(_, _, answer)| answer.abort());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_is_refused_and_passes() {
    overload(&["--max-requests", "2"], Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_company_leaves_nothing_behind() {
    company(100, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes minutes, and prints figures"]
async fn a_long_overload_and_much_bad_company() {
    let seconds = env::var("BASMA_SOAK_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(60));
    // How many are let in is how long the last of them waits.
    let few = available_parallelism().map_or(1, usize::from).to_string();
    for arguments in [&[][..], &["--max-requests", &few]] {
        println!("{arguments:?}");
        overload(arguments, time).await;
    }
    company(5000, 100).await;
}
