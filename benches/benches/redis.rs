//! Bare commands to a Redis cluster, pipelined as the server pipelines them: what the cluster and the
//! machine can do of a mix of commands, without anything that Basma does around them.
//!
//! `cargo bench -p basma-benches --bench redis -- [--mix MIX] [--ack master] [--cluster redis://…]
//! [--fsync always] [--keys 1000000] [--seconds 5] [--record FOLDER]`; without `--cluster` it starts one,
//! three masters with a replica each.
//!
//! A mix is what one operation does: steps between `/`, one after the other, each a round trip of commands
//! between commas. `4xGET / 4xPOST16, 1xSET100`: reads four lists, then appends 16 bytes to four and gets
//! what stood there before, and sets 100 bytes. The kinds are GET, APPEND, POST (a script), SET and DEL.
//! Keys are random; lists and values have keys of their own.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use basma_benches::measure::{Times, argument, machine, record};
use basma_redis::{Ack, Command, Redis, Script, cmd};
use basma_test_redis::{Cluster, Plan};
use serde::Serialize;
use tokio::{runtime::Runtime, task::JoinSet};

const IN_FLIGHT: [usize; 4] = [1, 16, 64, 256];

static POST: Script = Script::new(
    "local before = redis.call('GET', KEYS[1]) redis.call('APPEND', KEYS[1], ARGV[1]) return before",
);

/// What was measured with so many operations under way.
#[derive(Serialize)]
struct Row {
    mix: String,
    ack: String,
    in_flight: usize,
    operations_per_s: f64,
    commands_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Get,
    Append,
    Post,
    Set,
    Delete,
}

/// So many commands of a kind, with so many bytes each.
#[derive(Clone, Copy)]
struct Part {
    count: usize,
    kind: Kind,
    bytes: usize,
}

type Mix = Vec<Vec<Part>>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", machine());
    let text = argument("--mix").unwrap_or_else(|| "4xGET / 4xPOST16, 1xSET100".to_owned());
    let mix = Arc::new(parsed(&text).ok_or_else(|| format!("{text:?} is no mix"))?);
    let ack = match argument("--ack").as_deref() {
        None | Some("replica") => Ack::Replica,
        Some("master") => Ack::Master,
        Some(other) => return Err(format!("--ack {other}: it is replica or master").into()),
    };
    let keys: u64 = argument("--keys").map_or(Ok(1_000_000), |keys| keys.parse())?;
    let seconds: f64 = argument("--seconds").map_or(Ok(5.0), |seconds| seconds.parse())?;
    let runtime = Runtime::new()?;
    let rows = runtime.block_on(async {
        let mut own = None;
        let url = match argument("--cluster") {
            Some(url) => url,
            None => {
                let fsync = match argument("--fsync").as_deref() {
                    Some("always") => "always",
                    _ => "everysec",
                };
                let plan = Plan {
                    fsync,
                    ..Plan::default()
                };
                match Cluster::start_as(plan).await {
                    Some(cluster) => own.insert(cluster).url(),
                    None => return Ok(Vec::new()),
                }
            }
        };
        let redis = Redis::connect(&url.parse()?, ack).await?;
        println!(
            "{text}, {ack:?} acknowledges\n{:>9}{:>14}{:>12}{:>10}{:>10}",
            "in flight", "operations/s", "commands/s", "p50 ms", "p99 ms"
        );
        let mut rows = Vec::new();
        for in_flight in IN_FLIGHT {
            // The first half second warms up.
            measure(&redis, &mix, keys, in_flight, Duration::from_millis(500)).await?;
            let limit = Duration::from_secs_f64(seconds);
            let start = Instant::now();
            let mut times = measure(&redis, &mix, keys, in_flight, limit).await?;
            let each = mix.iter().flatten().map(|part| part.count).sum::<usize>();
            let operations_per_s = times.count() as f64 / start.elapsed().as_secs_f64();
            let row = Row {
                mix: text.clone(),
                ack: format!("{ack:?}"),
                in_flight,
                operations_per_s,
                commands_per_s: operations_per_s * each as f64,
                p50_ms: times.quantile(0.5) / 1e3,
                p99_ms: times.quantile(0.99) / 1e3,
            };
            println!(
                "{in_flight:>9}{operations_per_s:>14.0}{:>12.0}{:>10.2}{:>10.2}",
                row.commands_per_s, row.p50_ms, row.p99_ms
            );
            rows.push(row);
        }
        Ok::<_, Box<dyn Error>>(rows)
    })?;
    record("redis", &rows)?;
    Ok(())
}

/// Operations one after the other, so many beside each other, until the time is over.
async fn measure(
    redis: &Arc<Redis>,
    mix: &Arc<Mix>,
    keys: u64,
    in_flight: usize,
    limit: Duration,
) -> Result<Times, basma_redis::Error> {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..in_flight {
        let (redis, mix) = (Arc::clone(redis), Arc::clone(mix));
        callers.spawn(async move {
            let mut times = Times::default();
            while start.elapsed() < limit {
                let begun = Instant::now();
                for step in mix.iter() {
                    let writes = step.iter().any(|part| part.kind != Kind::Get);
                    let commands = step.iter().flat_map(|part| part.commands(keys)).collect();
                    match writes {
                        true => redis.write(commands).await?,
                        false => redis.read(commands).await?,
                    };
                }
                times.add(begun.elapsed());
            }
            Ok::<_, basma_redis::Error>(times)
        });
    }
    let mut all = Times::default();
    while let Some(times) = callers.join_next().await {
        all.extend(times.expect("a caller that does not panic")?);
    }
    Ok(all)
}

impl Part {
    fn commands(self, keys: u64) -> impl Iterator<Item = Command> {
        (0..self.count).map(move |_| {
            let number = fastrand::u64(..keys);
            let value = [b'x'; 4096];
            let value = &value[..self.bytes];
            let (name, key) = match self.kind {
                Kind::Get => ("GET", format!("list:{number:x}")),
                Kind::Post => {
                    let key = format!("list:{number:x}");
                    return Command::script(&POST, &[key], &[value]);
                }
                Kind::Append => ("APPEND", format!("list:{number:x}")),
                Kind::Set => ("SET", format!("value:{number:x}")),
                Kind::Delete => ("DEL", format!("value:{number:x}")),
            };
            let mut command = cmd(name);
            command.arg(&key);
            if matches!(self.kind, Kind::Append | Kind::Set) {
                command.arg(value);
            }
            Command::new(key.as_bytes(), command)
        })
    }
}

fn parsed(text: &str) -> Option<Mix> {
    let step = |step: &str| step.split(',').map(part).collect::<Option<_>>();
    text.split('/').map(step).collect()
}

fn part(text: &str) -> Option<Part> {
    let (count, rest) = text.trim().split_once('x')?;
    let digits = rest
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (kind, bytes) = rest.split_at(digits);
    let kind = match kind {
        "GET" => Kind::Get,
        "APPEND" => Kind::Append,
        "POST" => Kind::Post,
        "SET" => Kind::Set,
        "DEL" => Kind::Delete,
        _ => return None,
    };
    let bytes = match bytes {
        "" => 16,
        bytes => bytes.parse().ok().filter(|bytes| *bytes <= 4096)?,
    };
    Some(Part {
        count: count.parse().ok()?,
        kind,
        bytes,
    })
}
