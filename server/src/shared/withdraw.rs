//! Deletions, one by one and of what has expired.

use std::{sync::Arc, time::Duration};

use basma_engine::Article;
use basma_redis::{Command, cmd};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{ask::Asked, calendar, collection::Collection, ids, reply, stamps};
use crate::{failure::Failure, registry::now, settings::Settings};
use basma_engine::Clock;

/// Articles that are looked at before others are let go first.
const STEP: usize = 500;

/// Who deletes what has expired is given up after so long without a sign, in milliseconds.
const SWEEPER: u64 = 30_000;

impl Collection {
    /// The commands that take an article out of all tables, but for its story if it `stays` there; if not, the
    /// last one is answered by 1 if the story has one article less beside its first.
    pub(super) fn removal(&self, article: &Article, stays: bool) -> Vec<Command> {
        let (keys, sequence) = (&self.keys, article.sequence());
        let mut commands = Asked::holding(article, keys).remove(sequence);
        commands.push(self.articles.gone(sequence));
        let text = keys.text(sequence);
        let mut unlink = cmd("UNLINK");
        unlink.arg(&text);
        commands.push(Command::new(text.as_bytes(), unlink));
        if !stays {
            commands.push(self.leave(article));
        }
        commands
    }

    /// Deletes an article, unless its id has another text by now.
    pub(super) async fn withdraw(&self, article: &Arc<Article>) -> Result<bool, Failure> {
        // The id first: who asks for it afterwards finds nothing, and whoever deletes it beside this does not
        // count it again.
        let take = ids::take(&self.keys, &article.id, article.sequence());
        let replies = self.redis.write(vec![take]).await?;
        let was_there = replies.into_iter().next().map_or(Ok(0), reply::number)? == 1;
        let mut replies = self.redis.write(self.removal(article, false)).await?;
        if was_there {
            let left = replies.pop().map_or(Ok(0), reply::number)? == 1;
            self.counts.withdraw(article, left);
        }
        Ok(was_there)
    }

    /// Deletes what is older than the retention, if no other server is about it.
    pub(super) async fn sweep(&self, stop: &CancellationToken) -> Result<u64, Failure> {
        let key = self.keys.sweeper();
        let mut claim = cmd("SET");
        claim
            .arg(&key)
            .arg(self.stamps.next())
            .arg("NX")
            .arg("PX")
            .arg(SWEEPER);
        let claimed = self
            .redis
            .write(vec![Command::new(key.as_bytes(), claim)])
            .await?;
        if claimed
            .iter()
            .all(|reply| matches!(reply, basma_redis::Value::Nil))
        {
            return Ok(0);
        }
        let (mut from, mut deleted) = (0, 0);
        while !stop.is_cancelled() {
            // Read anew: it may have been changed.
            let Settings {
                retention: Some(retention),
                ..
            } = *self.settings.read()
            else {
                break;
            };
            let oldest = now().saturating_sub(retention.most);
            let mut sequences = calendar::since(&self.redis, &self.keys, from, STEP).await?;
            sequences.truncate(STEP);
            let Some(last) = sequences.last().copied() else {
                break;
            };
            let found = self.articles.fetch_anew(&self.redis, &sequences).await?;
            for article in &found {
                let time = retention.time(&article.metadata, article.first_seen);
                if time < oldest && self.withdraw(article).await? {
                    deleted += 1;
                }
            }
            // By the time that they were first seen, what comes after is younger still.
            if retention.clock == Clock::FirstSeen && stamps::time(last) > oldest {
                break;
            }
            let mut stay = cmd("PEXPIRE");
            stay.arg(&key).arg(SWEEPER);
            self.redis
                .write(vec![Command::new(key.as_bytes(), stay)])
                .await?;
            from = last + 1;
        }
        let mut done = vec![];
        let mut unlink = cmd("UNLINK");
        unlink.arg(&key);
        done.push(Command::new(key.as_bytes(), unlink));
        if let Some(retention) = self.settings.read().retention {
            let margin = i64::try_from(Duration::from_secs(7200).as_millis()).unwrap_or_default();
            if retention.clock == Clock::FirstSeen {
                done.push(calendar::forget(
                    &self.keys,
                    now() - retention.most - margin,
                ));
            }
        }
        self.redis.write(done).await?;
        Ok(deleted)
    }

    /// As [`Collection::sweep`]; what cannot be done now is done the next time.
    pub(super) async fn expire_all(&self, stop: &CancellationToken) -> u64 {
        match self.sweep(stop).await {
            Ok(deleted) => deleted,
            Err(failure) => {
                warn!(
                    collection = self.name,
                    ?failure,
                    "cannot delete what has expired"
                );
                0
            }
        }
    }
}
