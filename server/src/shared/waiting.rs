//! Waiting for an article that is not decided yet, and not for long: who waits in vain gives it up, and then it
//! has to begin anew. Why that is enough: [`super::order`].

use std::time::Duration;

use basma_redis::{Command, Redis, Script};
use tokio::time::{Instant, sleep};

use super::{
    articles::{Articles, Found, State, TOMBSTONE},
    reply, stamps,
};
use crate::{failure::Failure, registry::now};

/// How long somebody waits for another to decide; and for one that has the greater sequence, which may be
/// waiting for him. That seldom is so, and whoever is not waited for has to begin anew: so the shorter time,
/// too, is more than what a cluster takes that has much to do.
const PATIENCE: Duration = Duration::from_secs(2);
const IMPATIENCE: Duration = Duration::from_millis(500);

/// One that has the greater sequence and was seen to wait itself so often, one look after the other, waits in a
/// circle, or for somebody who takes long.
const LOOKS: u32 = 6;

/// Between two looks, first and at most.
const PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(16);

/// Between two looks at one that this server itself has under way, whose end it is told of: there may be a circle, or
/// somebody elsewhere may have had either begin anew.
const HERE: Duration = Duration::from_millis(8);

/// A record that is not there and is older than this, in milliseconds, will never be.
const LATE: i64 = 10_000;

/// Says that an article which is not decided waits for another.
static WAIT: Script = Script::new(
    r"
local now = redis.call('GET', KEYS[1])
if now and string.sub(now, 1, 1) == 'P' then redis.call('SETRANGE', KEYS[1], 0, 'W') end
return 0
",
);

/// Gives up a record that nobody decides, and returns it if somebody has.
static GIVE_UP: Script = Script::new(
    r"
local now = redis.call('GET', KEYS[1])
if now and string.find(now, '^[^PW]') then return now end
redis.call('SET', KEYS[1], 'X', 'PX', ARGV[1])
return 'X'
",
);

/// What waiting for an article has come to.
#[derive(Debug)]
pub(super) enum Waited {
    Decided(Found),
    /// It is gone, or has to begin anew.
    Gone,
    /// Who has waited has to begin anew.
    Anew,
}

impl From<Option<Found>> for Waited {
    /// What one look has come to ([`Articles::decided_by_now`]).
    fn from(decided: Option<Found>) -> Self {
        decided.map_or(Self::Gone, Self::Decided)
    }
}

impl Articles {
    /// Waits for an article to be decided that another is to be told of, the one with the sequence `own` if that is
    /// under way itself.
    pub(super) async fn decided(
        &self,
        redis: &Redis,
        sequence: u64,
        own: Option<u64>,
    ) -> Result<Waited, Failure> {
        let may_wait_for_own = own.is_none_or(|own| own < sequence);
        let until = Instant::now()
            + match may_wait_for_own {
                true => IMPATIENCE,
                false => PATIENCE,
            };
        let both: Vec<_> = [sequence].into_iter().chain(own).collect();
        let (mut pause, mut waits, mut looks) = (PAUSE, 0, 0);
        while Instant::now() < until && waits < LOOKS {
            let end = self.under_way.end(sequence);
            let is_here = end.is_some();
            if let Some(end) = end {
                end.within(HERE).await;
                if let Some(article) = self.remembered(sequence) {
                    return Ok(Waited::Decided(Found::decided(article)));
                }
            }
            let mut states = self.read(redis, &both).await?.into_iter();
            match states.next() {
                Some(State::Found(found)) if found.is_decided => return Ok(Waited::Decided(found)),
                Some(State::Gone) => return Ok(Waited::Gone),
                Some(State::Found(found)) if found.is_waiting && may_wait_for_own => waits += 1,
                _ => waits = 0,
            }
            if let Some(State::Gone) = states.next() {
                return Ok(Waited::Anew);
            }
            looks += 1;
            // Most wait for less: nobody needs to know of it.
            if let Some(own) = own.filter(|_| looks == 2) {
                let wait = Command::script(&WAIT, &[self.keys.record(own)], &[""; 0]);
                redis.write(vec![wait]).await?;
            }
            if !is_here {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        self.decided_by_now(redis, sequence).await.map(Waited::from)
    }

    /// Waits for a record to be there, decided or not.
    pub(super) async fn there(
        &self,
        redis: &Redis,
        sequence: u64,
    ) -> Result<Option<Found>, Failure> {
        if stamps::time(sequence) + LATE < now() {
            return Ok(None);
        }
        let until = Instant::now() + IMPATIENCE;
        let mut pause = PAUSE;
        while Instant::now() < until {
            match self.read(redis, &[sequence]).await?.pop() {
                Some(State::Found(found)) => return Ok(Some(found)),
                Some(State::Gone) => return Ok(None),
                Some(State::Missing) | None => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.decided_by_now(redis, sequence).await
    }

    /// The article if it is decided; if not, it never will be, and its submission has to begin anew.
    pub(super) async fn decided_by_now(
        &self,
        redis: &Redis,
        sequence: u64,
    ) -> Result<Option<Found>, Failure> {
        let key = self.keys.record(sequence);
        let given_up = Command::script(&GIVE_UP, &[key], &[TOMBSTONE]);
        for reply in redis.write(vec![given_up]).await? {
            if let State::Found(found) = self.state(&reply::bytes(reply)?)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
