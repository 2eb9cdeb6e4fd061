//! What is counted over all articles: by each server for itself, and by all together in the cluster.
//!
//! A server counts what it admits at once, and every second adds what it has counted to what
//! all have, and takes that for its own. So the counts of others are late by so much; they say how
//! common words are, of which a few more or less change nothing. What a server has counted and not added
//! when it is killed is lost to the counts, not its articles.

use std::collections::HashMap;

use basma_engine::{Article, Stats, Stories, Verdict, collection::VERDICTS};
use basma_redis::{Command, Redis, Script, cmd};
use parking_lot::Mutex;

use super::{keys::Keys, reply};
use crate::failure::Failure;

/// So many stems are added by one command.
const AT_ONCE: usize = 512;

/// Adds to the mean, and counts how often anything was added.
static ADD: Script = Script::new(
    r"
local key = KEYS[1]
local usual = tonumber(redis.call('HGET', key, 'usual') or '1') + tonumber(ARGV[1])
redis.call('HSET', key, 'usual', string.format('%.17g', usual))
for place = 2, #ARGV, 2 do redis.call('HINCRBY', key, ARGV[place], ARGV[place + 1]) end
return redis.call('HINCRBY', key, 'version', 1)
",
);

/// What was counted here and is not in the cluster yet.
#[derive(Debug, Default)]
struct Pending {
    words: foldhash::HashMap<u16, i64>,
    stories: i64,
    articles: i64,
    followers: i64,
    verdicts: [i64; VERDICTS.len()],
    /// What the mean has moved by.
    usual: f64,
}

impl Pending {
    fn is_empty(&self) -> bool {
        let counts = [self.stories, self.articles, self.followers];
        counts.iter().chain(&self.verdicts).all(|count| *count == 0) && self.words.is_empty()
    }

    fn count(&mut self, article: &Article, sign: i64) {
        self.articles += sign;
        if article.is_story && article.has_content() {
            self.stories += sign;
            for stem in article.stems() {
                *self.words.entry(stem).or_default() += sign;
            }
        }
    }
}

/// The counts of a collection.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// As far as they are known here.
    pub(super) stories: Stories,
    pending: Mutex<Pending>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The version in the cluster that `stories` was taken from.
    version: i64,
    articles: i64,
    followers: i64,
    verdicts: [i64; VERDICTS.len()],
    bytes: u64,
}

impl Known {
    fn count(&mut self, counted: &Pending, sign: i64) {
        self.articles += sign * counted.articles;
        self.followers += sign * counted.followers;
        for (sum, count) in self.verdicts.iter_mut().zip(counted.verdicts) {
            *sum += sign * count;
        }
    }
}

impl Counts {
    /// Counts an article that was admitted, and returns the mean.
    pub(super) fn admit(&self, article: &Article, specificity: f64, joined: bool) -> f64 {
        let mut pending = self.pending.lock();
        let before = self.stories.usual();
        let usual = self.stories.admit(article, specificity);
        pending.usual += usual - before;
        pending.count(article, 1);
        pending.followers += i64::from(joined);
        self.tell(&mut pending, article.verdict);
        usual
    }

    fn tell(&self, pending: &mut Pending, verdict: Verdict) {
        if let Some(place) = VERDICTS.iter().position(|other| *other == verdict) {
            pending.verdicts[place] += 1;
        }
    }

    /// Counts an article that was admitted elsewhere, where this was the mean after it.
    pub(super) fn import(&self, article: &Article, usual: f64) {
        let mut pending = self.pending.lock();
        pending.usual += usual - self.stories.usual();
        self.stories.import(article, usual);
        pending.count(article, 1);
        self.tell(&mut pending, article.verdict);
    }

    /// Counts articles that are not the first of their story.
    pub(super) fn join(&self, followers: i64) {
        self.pending.lock().followers += followers;
    }

    /// Counts an article that is gone, and has `left` others of its story.
    pub(super) fn withdraw(&self, article: &Article, left: bool) {
        let mut pending = self.pending.lock();
        self.stories.withdraw(article);
        pending.count(article, -1);
        pending.followers -= i64::from(left);
    }

    /// Adds what was counted here to what all have counted, and takes that.
    pub(super) async fn exchange(&self, redis: &Redis, keys: &Keys) -> Result<(), Failure> {
        let counted = {
            let (mut known, mut pending) = (self.known.lock(), self.pending.lock());
            // As many words again.
            let room = HashMap::with_capacity_and_hasher(pending.words.len(), Default::default());
            let counted = std::mem::replace(
                &mut *pending,
                Pending {
                    words: room,
                    ..Pending::default()
                },
            );
            // Told at all times.
            known.count(&counted, 1);
            counted
        };
        let added = match counted.is_empty() {
            true => Ok(None),
            false => self.add(redis, keys, &counted).await.map(Some),
        };
        let added = match added {
            Ok(added) => added,
            Err(failure) => {
                // Added again the next time. What of it was done is counted twice then.
                let (mut known, mut pending) = (self.known.lock(), self.pending.lock());
                known.count(&counted, -1);
                counted.merge_into(&mut pending);
                return Err(failure);
            }
        };
        self.take(redis, keys, added).await
    }

    async fn add(&self, redis: &Redis, keys: &Keys, counted: &Pending) -> Result<i64, Failure> {
        let words: Vec<_> = counted
            .words
            .iter()
            .filter(|(_, count)| **count != 0)
            .collect();
        let mut commands = Vec::new();
        let key = keys.words();
        for some in words.chunks(AT_ONCE) {
            let mut add = cmd("BITFIELD");
            add.arg(&key).arg("OVERFLOW").arg("SAT");
            for (stem, count) in some {
                add.arg("INCRBY")
                    .arg("u32")
                    .arg(format!("#{stem}"))
                    .arg(**count);
            }
            commands.push(Command::new(key.as_bytes(), add));
        }
        let mut args = vec![counted.usual.to_string()];
        let named = [
            ("stories".to_owned(), counted.stories),
            ("articles".to_owned(), counted.articles),
            ("followers".to_owned(), counted.followers),
        ];
        let verdicts = VERDICTS.iter().zip(counted.verdicts);
        let verdicts = verdicts.map(|(verdict, count)| (verdict.name().to_owned(), count));
        for (name, count) in named
            .into_iter()
            .chain(verdicts)
            .filter(|(_, count)| *count != 0)
        {
            args.extend([name, count.to_string()]);
        }
        commands.push(Command::script(&ADD, &[keys.counts()], &args));
        let mut replies = redis.write(commands).await?;
        reply::number(replies.pop().unwrap_or(basma_redis::Value::Nil))
    }

    /// Takes what all have counted, if others have counted since.
    async fn take(&self, redis: &Redis, keys: &Keys, added: Option<i64>) -> Result<(), Failure> {
        let key = keys.counts();
        let mut all = cmd("HGETALL");
        all.arg(&key);
        let replies = redis.read(vec![Command::new(key.as_bytes(), all)]).await?;
        let mut fields = HashMap::new();
        for reply in replies {
            let mut pairs = reply::several(reply)?.into_iter();
            while let (Some(name), Some(value)) = (pairs.next(), pairs.next()) {
                fields.insert(reply::text(name)?, reply::text(value)?);
            }
        }
        let count = |name: &str| {
            fields
                .get(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(0_i64)
        };
        let version = count("version");
        let is_own = {
            let mut known = self.known.lock();
            known.articles = count("articles");
            known.followers = count("followers");
            known.verdicts = VERDICTS.map(|verdict| count(verdict.name()));
            let before = std::mem::replace(&mut known.version, version);
            version == before || added == Some(version) && before + 1 == version
        };
        if is_own {
            return Ok(());
        }
        let key = keys.words();
        let mut get = cmd("GET");
        get.arg(&key);
        let mut words = vec![0_u32; 1 << 16];
        for reply in redis.read(vec![Command::new(key.as_bytes(), get)]).await? {
            for (word, bytes) in words.iter_mut().zip(reply::bytes(reply)?.chunks_exact(4)) {
                *word = bytes
                    .first_chunk()
                    .map_or(0, |bytes| u32::from_be_bytes(*bytes));
            }
        }
        let usual: f64 = fields
            .get("usual")
            .and_then(|text| text.parse().ok())
            .unwrap_or(1.0);
        // And what was counted here meanwhile.
        let pending = self.pending.lock();
        for (stem, count) in &pending.words {
            let word = &mut words[usize::from(*stem)];
            *word = word.saturating_add_signed(i32::try_from(*count).unwrap_or_default());
        }
        let stories = count("stories") + pending.stories;
        self.stories
            .set(stories.max(0).unsigned_abs(), &words, usual + pending.usual);
        Ok(())
    }

    /// What is known of the collection.
    pub(super) fn stats(&self) -> Stats {
        let (known, pending) = (self.known.lock(), self.pending.lock());
        let whole = |count: i64| count.max(0).unsigned_abs();
        let articles = whole(known.articles + pending.articles);
        let followers = whole(known.followers + pending.followers);
        let mut verdicts = [0; VERDICTS.len()];
        for ((sum, known), pending) in verdicts
            .iter_mut()
            .zip(known.verdicts)
            .zip(pending.verdicts)
        {
            *sum = whole(known + pending);
        }
        Stats {
            articles,
            simhashes: articles,
            clusters: articles.saturating_sub(followers),
            bytes: known.bytes,
            spilled_bytes: 0,
            verdicts,
        }
    }

    /// Notes how much memory the cluster takes.
    pub(super) fn note_bytes(&self, bytes: u64) {
        self.known.lock().bytes = bytes;
    }
}

impl Pending {
    fn merge_into(self, other: &mut Self) {
        for (stem, count) in self.words {
            *other.words.entry(stem).or_default() += count;
        }
        other.stories += self.stories;
        other.articles += self.articles;
        other.followers += self.followers;
        other.usual += self.usual;
        for (sum, count) in other.verdicts.iter_mut().zip(self.verdicts) {
            *sum += count;
        }
    }
}
