//! Articles: their records in the cluster, and those that were fetched lately.

use std::sync::Arc;

use basma_engine::{Article, Record};
use basma_redis::{Command, Redis, Script, cmd};
use foldhash::HashMap;
use futures_util::future::join_all;
use parking_lot::Mutex;

use super::{ids, keys::Keys, reply, under_way::UnderWay};
use crate::failure::Failure;

/// What a record begins with: it is not decided yet, nor while its submission waits for another; it is; or there is
/// none any more.
const PENDING: u8 = b'P';
const WAITING: u8 = b'W';
const DECIDED: u8 = b'D';
const GONE: u8 = b'X';

/// How long a record stays that nobody decides, or that is gone, in milliseconds.
pub(super) const TOMBSTONE: u64 = 60_000;

/// So many articles are remembered, twice at most.
const REMEMBERED: usize = 16_384;

/// Decides about a record that is pending. 0 if it is not there any more.
static DECIDE: Script = Script::new(
    r"
local now = redis.call('GET', KEYS[1])
if now ~= ARGV[1] then
  if not now or string.find(now, '^[^PW]') then return 0 end
  redis.call('SET', KEYS[1], ARGV[1])
end
if tonumber(ARGV[2]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
",
);

/// A record that is there.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) article: Arc<Article>,
    pub(super) is_decided: bool,
    /// Not decided because its submission waits for another.
    pub(super) is_waiting: bool,
}

impl Found {
    pub(super) fn decided(article: Arc<Article>) -> Self {
        Self {
            article,
            is_decided: true,
            is_waiting: false,
        }
    }
}

/// What a record says.
#[derive(Debug)]
pub(super) enum State {
    Found(Found),
    Gone,
    /// Not yet there.
    Missing,
}

/// The articles of a collection.
#[derive(Debug)]
pub(super) struct Articles {
    pub(super) keys: Keys,
    /// The latest that were decided, and those before.
    lately: Mutex<[HashMap<u64, Arc<Article>>; 2]>,
    /// Those that this server is about to decide.
    pub(super) under_way: UnderWay,
}

impl Articles {
    pub(super) fn new(keys: Keys) -> Self {
        Self {
            keys,
            lately: Mutex::default(),
            under_way: UnderWay::default(),
        }
    }

    /// The record of an article that is not decided yet.
    pub(super) fn pending(&self, article: &Article) -> Command {
        let key = self.keys.record(article.sequence());
        let mut set = cmd("SET");
        set.arg(&key)
            .arg(encoded(PENDING, article, 0.0))
            .arg("PX")
            .arg(TOMBSTONE);
        // Sent twice it must not undo what was decided between.
        set.arg("NX");
        Command::new(key.as_bytes(), set)
    }

    /// The same once it is decided; it stays for `life` milliseconds, or for good. Answered by 0 if somebody
    /// has waited for it for too long.
    pub(super) fn decide(&self, article: &Article, usual: f64, life: i64) -> Command {
        let key = self.keys.record(article.sequence());
        let life = life.to_string().into_bytes();
        Command::script(&DECIDE, &[key], &[encoded(DECIDED, article, usual), life])
    }

    /// The record of an article that was decided elsewhere.
    pub(super) fn decided_elsewhere(&self, article: &Article, usual: f64, life: i64) -> Command {
        let key = self.keys.record(article.sequence());
        let mut set = cmd("SET");
        set.arg(&key).arg(encoded(DECIDED, article, usual));
        if life > 0 {
            set.arg("PX").arg(life);
        }
        Command::new(key.as_bytes(), set)
    }

    /// There is no such article any more.
    pub(super) fn gone(&self, sequence: u64) -> Command {
        self.lately.lock().iter_mut().for_each(|some| {
            some.remove(&sequence);
        });
        let key = self.keys.record(sequence);
        let mut set = cmd("SET");
        set.arg(&key).arg(&[GONE][..]).arg("PX").arg(TOMBSTONE);
        Command::new(key.as_bytes(), set)
    }

    /// Remembers an article that was decided.
    pub(super) fn remember(&self, article: &Arc<Article>) {
        let [latest, before] = &mut *self.lately.lock();
        if latest.len() >= REMEMBERED {
            *before = std::mem::take(latest);
        }
        latest.insert(article.sequence(), Arc::clone(article));
    }

    pub(super) fn remembered(&self, sequence: u64) -> Option<Arc<Article>> {
        let lately = self.lately.lock();
        lately.iter().find_map(|some| some.get(&sequence).cloned())
    }

    /// The articles of these sequences that are there, in the same order, decided or not. One that is pending
    /// and not there yet is waited for if `patiently`.
    pub(super) async fn fetch(
        &self,
        redis: &Redis,
        sequences: &[u64],
        patiently: bool,
    ) -> Result<Vec<Found>, Failure> {
        let mut found: HashMap<u64, Found> = HashMap::default();
        let mut wanted = Vec::new();
        for sequence in sequences {
            match self.remembered(*sequence) {
                Some(article) => {
                    found.insert(*sequence, Found::decided(article));
                }
                None => wanted.push(*sequence),
            }
        }
        if !wanted.is_empty() {
            let states = wanted.iter().zip(self.read(redis, &wanted).await?);
            let there = states.map(|(sequence, state)| async move {
                match state {
                    State::Missing if patiently => self.there(redis, *sequence).await,
                    State::Missing | State::Gone => Ok(None),
                    State::Found(found) => Ok(Some(found)),
                }
            });
            for (sequence, state) in wanted.iter().zip(join_all(there).await) {
                if let Some(state) = state? {
                    found.insert(*sequence, state);
                }
            }
        }
        Ok(sequences
            .iter()
            .filter_map(|sequence| found.remove(sequence))
            .collect())
    }

    /// The articles of these sequences that are there now and decided, in the same order. What is remembered may
    /// have been deleted by another server since; only what stands in a list of candidates is there for sure.
    pub(super) async fn fetch_anew(
        &self,
        redis: &Redis,
        sequences: &[u64],
    ) -> Result<Vec<Arc<Article>>, Failure> {
        let states = self.read(redis, sequences).await?.into_iter();
        let found = states.filter_map(|state| match state {
            State::Found(found) if found.is_decided => Some(found.article),
            _ => None,
        });
        Ok(found.collect())
    }

    /// The records of these sequences as they are now.
    pub(super) async fn read(
        &self,
        redis: &Redis,
        sequences: &[u64],
    ) -> Result<Vec<State>, Failure> {
        let commands = sequences.iter().map(|sequence| {
            let key = self.keys.record(*sequence);
            let mut get = cmd("GET");
            get.arg(&key);
            Command::new(key.as_bytes(), get)
        });
        let replies = redis.read(commands.collect()).await?;
        let states = replies
            .into_iter()
            .map(|reply| self.state(&reply::bytes(reply)?));
        states.collect()
    }

    pub(super) fn state(&self, record: &[u8]) -> Result<State, Failure> {
        let Some((state, record)) = record.split_first() else {
            return Ok(State::Missing);
        };
        if *state == GONE {
            return Ok(State::Gone);
        }
        let record = Record::decode(record).map_err(|_| reply::foreign("a record"))?;
        let found = Found {
            article: Arc::new(record.into_article()),
            is_decided: *state == DECIDED,
            is_waiting: *state == WAITING,
        };
        if found.is_decided {
            self.remember(&found.article);
        }
        Ok(State::Found(found))
    }

    /// The articles that have these ids, in the same order, of those that there are.
    pub(super) async fn named(
        &self,
        redis: &Redis,
        names: &[impl AsRef<str>],
    ) -> Result<Vec<Arc<Article>>, Failure> {
        let asked = names.iter().map(|id| ids::ask(&self.keys, id.as_ref()));
        let mut sequences = Vec::with_capacity(names.len());
        for reply in redis.read(asked.collect()).await? {
            sequences.push(ids::read(&reply::bytes(reply)?));
        }
        let known: Vec<_> = sequences.iter().copied().flatten().collect();
        // Not those that are remembered: they may have been deleted elsewhere.
        let mut states = self.read(redis, &known).await?.into_iter();
        let mut named = Vec::with_capacity(known.len());
        for (id, sequence) in names.iter().zip(sequences) {
            if sequence.is_some()
                && let Some(State::Found(found)) = states.next()
                && *found.article.id == *id.as_ref()
            {
                named.push(found.article);
            }
        }
        Ok(named)
    }

    /// The article that has an id.
    pub(super) async fn get(
        &self,
        redis: &Redis,
        id: &str,
    ) -> Result<Option<Arc<Article>>, Failure> {
        Ok(self.named(redis, &[id]).await?.pop())
    }
}

fn encoded(state: u8, article: &Article, usual: f64) -> Vec<u8> {
    let mut record = vec![state];
    Record::encode(article, None, usual, &mut record);
    record
}
