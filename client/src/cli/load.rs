//! `basma load`

mod drive;
mod measure;
mod pace;
mod text;

use std::{
    io::{self, IsTerminal, Write},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::task::JoinSet;

use self::{
    drive::Worker,
    measure::{Counter, Latencies},
    pace::Pace,
    text::{Texts, Vocabulary},
};
use super::{
    duration,
    failure::{Exit, Failure, complain},
    session::Session,
};
use crate::{
    client::Client,
    output::{Align, Cell, HEAD, Table, count, write_json},
    retry::RetryPolicy,
};

/// Measure what the server takes: throughput, and latencies with their tail
///
/// Sends made-up Arabic articles. With --rate, a latency is counted from when the article was to be
/// sent, so that a server which falls behind cannot hide it; without, from when it was sent. With
/// --rpc submit the articles are added: name a collection of their own with --collection.
#[derive(Debug, Args)]
pub(super) struct Load {
    /// How articles are sent
    #[arg(long, value_enum, default_value_t = Mode::Unary)]
    mode: Mode,
    /// What is called; a stream always submits
    #[arg(long, value_enum)]
    rpc: Option<Rpc>,
    /// Connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    connections: u32,
    /// Calls under way on each connection; articles, for a stream
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// Articles in a batch
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    batch: u32,
    /// How long to go on
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    duration: Duration,
    /// Articles a second, over all connections; as fast as answers come if not given
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Share of articles that repeat an earlier one, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    duplicates: f64,
    /// Words of an article; 250 are about 3 kB
    #[arg(long, value_name = "N", default_value_t = 250)]
    words: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Mode {
    /// A call for each article
    Unary,
    /// Streams of articles
    Stream,
    /// Calls of many articles
    Batch,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Rpc {
    Check,
    Submit,
}

#[derive(Serialize)]
struct Line {
    articles_per_s: f64,
    p50_us: u64,
    p99_us: u64,
    p999_us: u64,
    errors: u64,
    articles: u64,
    seconds: f64,
}

impl Load {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let rpc = match (self.mode, self.rpc) {
            (Mode::Stream, Some(Rpc::Check)) => {
                let message = "a stream only submits: leave out --rpc check, or take --mode batch";
                return Err(Failure::Other(message.to_owned()));
            }
            (Mode::Stream, None) => Rpc::Submit,
            (_, rpc) => rpc.unwrap_or(Rpc::Check),
        };
        if !(0.0..=1.0).contains(&self.duplicates) {
            return Err(Failure::Other("--duplicates is a share, 0 to 1".to_owned()));
        }
        // One that cannot be reached is told of at once, not measured.
        session
            .client
            .clone()
            .with_retry(RetryPolicy::NEVER)
            .health("")
            .await?;

        let counter = Arc::new(Counter::default());
        let pace = Arc::new(Pace::start(
            self.duration,
            self.rate,
            self.articles_per_call(),
        ));
        let progress = tokio::spawn(show(Arc::clone(&counter), self.duration));
        let mut workers = self.start(session, rpc, &pace, &counter)?;
        let mut latencies = Latencies::default();
        while let Some(worker) = workers.join_next().await {
            let worker = worker.map_err(|error| Failure::Other(error.to_string()))?;
            latencies.add(&worker);
        }
        let seconds = pace.elapsed().as_secs_f64();
        progress.abort();
        self.print(session, &latencies, &counter, seconds)
    }

    fn articles_per_call(&self) -> u32 {
        if self.mode == Mode::Batch {
            self.batch
        } else {
            1
        }
    }

    fn start(
        &self,
        session: &Session,
        rpc: Rpc,
        pace: &Arc<Pace>,
        counter: &Arc<Counter>,
    ) -> Result<JoinSet<Latencies>, Failure> {
        let vocabulary = Arc::new(Vocabulary::new());
        // Ids of one run are not those of another.
        let run = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_millis());
        let mut workers = JoinSet::new();
        let mut number = 0;
        for _ in 0..self.connections {
            let client = Client::new(session.client.server())?
                .with_collection(session.client.collection())
                .with_deadline(session.client.deadline())
                .with_retry(RetryPolicy::NEVER);
            // A stream keeps all that is in flight in one task.
            let tasks = if self.mode == Mode::Stream {
                1
            } else {
                self.in_flight
            };
            for _ in 0..tasks {
                number += 1;
                let prefix = format!("load-{run:x}-{number}");
                let vocabulary = Arc::clone(&vocabulary);
                let texts = Texts::new(vocabulary, prefix, self.words, self.duplicates);
                let worker =
                    Worker::new(client.clone(), texts, Arc::clone(pace), Arc::clone(counter));
                match self.mode {
                    Mode::Unary => workers.spawn(worker.unary(rpc)),
                    Mode::Batch => workers.spawn(worker.batches(rpc, self.batch as usize)),
                    Mode::Stream => workers.spawn(worker.stream(self.in_flight as usize)),
                };
            }
        }
        Ok(workers)
    }

    fn print(
        &self,
        session: &Session,
        latencies: &Latencies,
        counter: &Counter,
        seconds: f64,
    ) -> Result<Exit, Failure> {
        let line = Line {
            articles_per_s: counter.articles() as f64 / seconds,
            p50_us: latencies.quantile(0.5),
            p99_us: latencies.quantile(0.99),
            p999_us: latencies.quantile(0.999),
            errors: counter.errors(),
            articles: counter.articles(),
            seconds,
        };
        let mut out = session.stdout();
        if session.json {
            write_json(&mut out, &line)?;
        } else {
            let mut table = Table::new([("", Align::Left), ("", Align::Right)]);
            let mut row = |name: &str, value: String| {
                table.row([Cell::painted(name, HEAD), value.into()]);
            };
            row("articles", count(line.articles));
            row("seconds", format!("{:.2}", line.seconds));
            row("articles/s", count(line.articles_per_s.round() as u64));
            row("p50 (us)", count(line.p50_us));
            row("p99 (us)", count(line.p99_us));
            row("p99.9 (us)", count(line.p999_us));
            row("errors", count(line.errors));
            table.write(&mut out, session.style)?;
        }
        out.flush()?;
        match counter.first_error() {
            None => Ok(Exit::DONE),
            Some(error) => {
                complain(&format!(
                    "{} errors, the first: {error}",
                    count(line.errors)
                ));
                Ok(Exit::Errors)
            }
        }
    }
}

/// Shows on a terminal how it goes.
async fn show(counter: Arc<Counter>, duration: Duration) {
    if !io::stderr().is_terminal() {
        return;
    }
    let bar = ProgressBar::new(duration.as_millis() as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg}") {
        bar.set_style(style);
    }
    let mut before = 0;
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    loop {
        ticks.tick().await;
        let articles = counter.articles();
        bar.set_position(bar.elapsed().as_millis() as u64);
        let rate = count((articles - before) * 2);
        bar.set_message(format!(
            "{rate} articles/s, {} errors",
            count(counter.errors())
        ));
        before = articles;
    }
}
