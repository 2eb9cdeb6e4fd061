//! `basma load`

mod drive;
mod floor;
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
    floor::Floor,
    measure::{Counter, Latencies},
    pace::Pace,
    text::{Pool, Texts},
};
use super::{
    duration,
    failure::{Exit, Failure, complain},
    session::Session,
};
use crate::{
    client::Client,
    output::{Align, Cell, HEAD, Style, Table, count, write_json},
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
    /// Words of an article on average; 250 are about 3 kB
    #[arg(long, value_name = "N", default_value_t = 250)]
    words: usize,
    /// Measure, in turns with the server, one that only echoes: what it reaches is the most that any server
    /// could. It runs beside this client, so compare with a server on this machine
    #[arg(long)]
    floor: bool,
    /// Be that server
    #[arg(long, hide = true)]
    serve_floor: bool,
}

/// With a floor, server and floor take turns of this length.
const TURN: Duration = Duration::from_secs(1);

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
    #[serde(flatten)]
    server: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<Figures>,
}

/// What was measured of one server.
#[derive(Serialize)]
struct Figures {
    articles_per_s: f64,
    p50_us: u64,
    p99_us: u64,
    p999_us: u64,
    errors: u64,
    articles: u64,
    seconds: f64,
}

/// A server that is measured, and what was measured so far.
struct Target {
    clients: Vec<Client>,
    counter: Arc<Counter>,
    latencies: Latencies,
    time: Duration,
}

impl Target {
    fn figures(&self) -> Figures {
        let seconds = self.time.as_secs_f64();
        Figures {
            articles_per_s: self.counter.articles() as f64 / seconds,
            p50_us: self.latencies.quantile(0.5),
            p99_us: self.latencies.quantile(0.99),
            p999_us: self.latencies.quantile(0.999),
            errors: self.counter.errors(),
            articles: self.counter.articles(),
            seconds,
        }
    }
}

impl Load {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        if self.serve_floor {
            return floor::serve().await;
        }
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

        let floor = match self.floor {
            true => Some(Floor::start().await?),
            false => None,
        };
        let mut server = self.target(&session.client)?;
        let mut beside = match &floor {
            Some(floor) => {
                let client = Client::new(&floor.address)?
                    .with_collection(session.client.collection())
                    .with_deadline(session.client.deadline());
                Some(self.target(&client)?)
            }
            None => None,
        };
        let progress = tokio::spawn(show(Arc::clone(&server.counter), self.time_in_all()));
        let pool = Arc::new(Pool::write(self.words));
        let turns = self.turns();
        for _ in 0..turns {
            for target in [Some(&mut server), beside.as_mut()].into_iter().flatten() {
                self.turn(target, rpc, self.duration / turns, &pool).await?;
            }
        }
        progress.abort();
        self.print(session, &server, beside.as_ref())
    }

    /// How often server and floor take turns.
    fn turns(&self) -> u32 {
        match self.floor {
            true => self.duration.div_duration_f64(TURN).ceil() as u32,
            false => 1,
        }
    }

    fn time_in_all(&self) -> Duration {
        self.duration * if self.floor { 2 } else { 1 }
    }

    fn articles_per_call(&self) -> u32 {
        if self.mode == Mode::Batch {
            self.batch
        } else {
            1
        }
    }

    /// A server to be measured, called as `client` calls it by connections of their own.
    fn target(&self, client: &Client) -> Result<Target, Failure> {
        let another = |_| Ok(client.another()?.with_retry(RetryPolicy::NEVER));
        Ok(Target {
            clients: (0..self.connections)
                .map(another)
                .collect::<Result<_, Failure>>()?,
            counter: Arc::default(),
            latencies: Latencies::default(),
            time: Duration::ZERO,
        })
    }

    /// Loads one server for so long.
    async fn turn(
        &self,
        target: &mut Target,
        rpc: Rpc,
        length: Duration,
        pool: &Arc<Pool>,
    ) -> Result<(), Failure> {
        // Ids of one turn are not those of another.
        let turn = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_millis());
        let pace = Arc::new(Pace::start(length, self.rate, self.articles_per_call()));
        // A stream keeps all that is in flight in one task.
        let tasks = if self.mode == Mode::Stream {
            1
        } else {
            self.in_flight
        };
        let mut workers = JoinSet::new();
        let clients = target
            .clients
            .iter()
            .flat_map(|client| (0..tasks).map(move |_| client));
        for (number, client) in clients.enumerate() {
            let prefix = format!("load-{turn:x}-{number}");
            let texts = Texts::new(Arc::clone(pool), prefix, self.duplicates);
            let (pace, counter) = (Arc::clone(&pace), Arc::clone(&target.counter));
            let worker = Worker::new(client.clone(), texts, pace, counter);
            match self.mode {
                Mode::Unary => workers.spawn(worker.unary(rpc)),
                Mode::Batch => workers.spawn(worker.batches(rpc, self.batch as usize)),
                Mode::Stream => workers.spawn(worker.stream(self.in_flight as usize)),
            };
        }
        while let Some(worker) = workers.join_next().await {
            let latencies = worker.map_err(|error| Failure::Other(error.to_string()))?;
            target.latencies.add(&latencies);
        }
        target.time += pace.elapsed();
        Ok(())
    }

    fn print(
        &self,
        session: &Session,
        server: &Target,
        floor: Option<&Target>,
    ) -> Result<Exit, Failure> {
        let line = Line {
            server: server.figures(),
            floor: floor.map(Target::figures),
        };
        let mut out = session.stdout();
        if session.json {
            write_json(&mut out, &line)?;
        } else {
            match &line.floor {
                None => line.server.print(&mut out, session.style)?,
                Some(floor) => line.server.print_beside(floor, &mut out, session.style)?,
            }
        }
        out.flush()?;
        let targets = [Some(server), floor].into_iter().flatten();
        let mut failed = targets.filter_map(|target| {
            let first = target.counter.first_error()?;
            Some((target.counter.errors(), first.to_owned()))
        });
        match failed.next() {
            None => Ok(Exit::DONE),
            Some((errors, first)) => {
                complain(&format!("{} errors, the first: {first}", count(errors)));
                Ok(Exit::Errors)
            }
        }
    }
}

impl Figures {
    /// What is printed for a person: names, and the figures as text and number.
    fn rows(&self) -> [(&'static str, String, f64); 7] {
        let count = |name, figure: f64| (name, count(figure.round() as u64), figure);
        [
            count("articles", self.articles as f64),
            ("seconds", format!("{:.2}", self.seconds), self.seconds),
            count("articles/s", self.articles_per_s),
            count("p50 (us)", self.p50_us as f64),
            count("p99 (us)", self.p99_us as f64),
            count("p99.9 (us)", self.p999_us as f64),
            count("errors", self.errors as f64),
        ]
    }

    fn print(&self, out: &mut impl Write, style: Style) -> io::Result<()> {
        let mut table = Table::new([("", Align::Left), ("", Align::Right)]);
        for (name, value, _) in self.rows() {
            table.row([Cell::painted(name, HEAD), value.into()]);
        }
        table.write(out, style)
    }

    /// Beside the floor, with the ratios.
    fn print_beside(&self, floor: &Self, out: &mut impl Write, style: Style) -> io::Result<()> {
        let columns = ["", "server", "floor", "ratio"];
        let mut table = Table::new(columns.map(|name| match name {
            "" => (name, Align::Left),
            _ => (name, Align::Right),
        }));
        for ((name, value, figure), (_, beside, floor)) in self.rows().into_iter().zip(floor.rows())
        {
            let ratio = match floor > 0.0 {
                true => format!("{:.2}", figure / floor),
                false => String::new(),
            };
            table.row([
                Cell::painted(name, HEAD),
                value.into(),
                beside.into(),
                ratio.into(),
            ]);
        }
        table.write(out, style)
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
