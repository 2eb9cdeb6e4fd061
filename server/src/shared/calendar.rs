//! The articles in the order of their coming: a list of sequences for each minute.

use std::sync::atomic::{AtomicI64, Ordering};

use basma_redis::{Command, Redis, cmd};

use super::{keys::Keys, reply, stamps};
use crate::failure::Failure;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// So many minutes are read at once.
const AT_ONCE: usize = 10;

/// Sequences below were counted from 0, by an index in a server's memory, and imported.
const COUNTED: u64 = 1 << 36;

/// Where in the calendar a sequence stands, in milliseconds. Those that were counted stand in the years before
/// 1992, a hundred to a second: so that their lists are of the size of others.
fn time(sequence: u64) -> i64 {
    match sequence < COUNTED {
        true => 10 * sequence as i64,
        false => stamps::time(sequence),
    }
}

fn hour(sequence: u64) -> i64 {
    time(sequence) / HOUR
}

/// The latest hour that is known to be among those in which articles came: all would note it at one key.
#[derive(Debug)]
pub(super) struct Noted(AtomicI64);

impl Default for Noted {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Noted {
    /// An article's coming was noted.
    pub(super) fn note(&self, sequence: u64) {
        self.0.store(hour(sequence), Ordering::Relaxed);
    }

    fn knows(&self, hour: i64) -> bool {
        self.0.load(Ordering::Relaxed) == hour
    }
}

/// The commands that note an article's coming; the list stays for `life` milliseconds after it, or for good.
pub(super) fn note(keys: &Keys, noted: &Noted, sequence: u64, life: i64) -> Vec<Command> {
    let hour = hour(sequence);
    let minute = keys.minute(hour, time(sequence) % HOUR / MINUTE);
    let mut append = cmd("APPEND");
    append.arg(&minute).arg(&sequence.to_be_bytes()[..]);
    let mut commands = vec![Command::new(minute.as_bytes(), append)];
    if !noted.knows(hour) {
        let hours = keys.hours();
        let mut add = cmd("ZADD");
        add.arg(&hours).arg("NX").arg(hour).arg(hour);
        commands.push(Command::new(hours.as_bytes(), add));
    }
    if life > 0 {
        let mut expire = cmd("PEXPIRE");
        expire.arg(&minute).arg(life);
        commands.push(Command::new(minute.as_bytes(), expire));
    }
    commands
}

/// Sequences from `from` on, in order: all of those minutes that have the first `least` of them.
pub(super) async fn since(
    redis: &Redis,
    keys: &Keys,
    from: u64,
    least: usize,
) -> Result<Vec<u64>, Failure> {
    let key = keys.hours();
    let mut range = cmd("ZRANGE");
    range.arg(&key).arg(hour(from)).arg("+inf").arg("BYSCORE");
    let mut sequences = Vec::new();
    for hours in redis
        .read(vec![Command::new(key.as_bytes(), range)])
        .await?
    {
        for hour in reply::several(hours)? {
            let hour = reply::number(hour)?;
            for minutes in (0..HOUR / MINUTE).collect::<Vec<_>>().chunks(AT_ONCE) {
                if sequences.len() >= least {
                    return Ok(sequences);
                }
                let mut get = cmd("MGET");
                for minute in minutes {
                    get.arg(keys.minute(hour, *minute));
                }
                let command = Command::new(keys.minute(hour, 0).as_bytes(), get);
                let mut found = Vec::new();
                for lists in redis.read(vec![command]).await? {
                    for list in reply::several(lists)? {
                        let list = reply::bytes(list)?;
                        let each = list.chunks_exact(8).filter_map(|bytes| bytes.first_chunk());
                        found.extend(each.map(|bytes| u64::from_be_bytes(*bytes)));
                    }
                }
                found.retain(|sequence| *sequence >= from);
                found.sort_unstable();
                // Noted twice, if the first time was not confirmed.
                found.dedup();
                sequences.extend(found);
            }
        }
    }
    Ok(sequences)
}

/// Forgets the hours that ended before a time, but for those of what was imported, which tell no time.
pub(super) fn forget(keys: &Keys, before: i64) -> Command {
    let key = keys.hours();
    let mut remove = cmd("ZREMRANGEBYSCORE");
    remove
        .arg(&key)
        .arg(hour(COUNTED))
        .arg(format!("({}", before / HOUR));
    Command::new(key.as_bytes(), remove)
}
