//! Collections that were deleted: their keys are deleted at once, and once more when every server has heard of
//! it and done what it was about. What is still to be done stands in the cluster, so that it is done whoever ends.

use std::{sync::Arc, time::Duration};

use basma_redis::{Command, Redis, Script, cmd};
use tracing::warn;

use super::{
    collection::Collection,
    entries,
    keys::{self, Keys},
    reply,
};
use crate::{failure::Failure, registry::now};

/// Keys that are looked at by one command.
const SCANNED: usize = 1000;

/// When keys are deleted again, in milliseconds: longer than a server takes to hear of it and a submission may
/// last.
const AGAIN: i64 = 15_000;

/// How long whoever deletes keys has for it before another does, in milliseconds.
const PATIENCE: i64 = 600_000;

/// Returns the numbers that are due, each to one caller.
static CLAIM: Script = Script::new(
    r"
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 10)
for _, number in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[2], number) end
return due
",
);

/// Deletes a collection; false if it is not there any more. Its keys go afterwards.
pub(super) async fn delete(redis: &Arc<Redis>, collection: &Collection) -> Result<bool, Failure> {
    let forget = entries::forget(collection, now() + AGAIN);
    let replies = redis.write(vec![forget]).await?;
    let was_there = replies.into_iter().next().map_or(Ok(0), reply::number)? == 1;
    if was_there {
        let (redis, name) = (Arc::clone(redis), collection.name.clone());
        let keys = collection.keys.clone();
        tokio::spawn(async move {
            if let Err(failure) = clear(&redis, &keys).await {
                let after = Duration::from_millis(AGAIN.unsigned_abs());
                warn!(
                    collection = name,
                    ?failure,
                    ?after,
                    "its keys are deleted later"
                );
            }
        });
    }
    Ok(was_there)
}

/// Deletes the keys of what was deleted some time ago.
pub(super) async fn clear_due(redis: &Redis) -> Result<(), Failure> {
    let times = [now(), now() + PATIENCE].map(|time| time.to_string());
    let claim = Command::script(&CLAIM, &[keys::GONE], &times);
    for due in redis.write(vec![claim]).await? {
        for number in reply::several(due)? {
            let number = reply::bytes(number)?;
            let bytes = number
                .first_chunk()
                .ok_or_else(|| reply::foreign("a number"))?;
            clear(redis, &Keys::new(u64::from_be_bytes(*bytes))).await?;
            let mut done = cmd("ZREM");
            done.arg(keys::GONE).arg(&number);
            let done = Command::new(keys::GONE.as_bytes(), done);
            redis.write(vec![done]).await?;
        }
    }
    Ok(())
}

/// Deletes all keys of a collection.
async fn clear(redis: &Redis, keys: &Keys) -> Result<(), Failure> {
    for master in redis.masters() {
        let mut cursor = b"0".to_vec();
        loop {
            let mut scan = cmd("SCAN");
            scan.arg(&cursor).arg("MATCH").arg(keys.pattern());
            scan.arg("COUNT").arg(SCANNED);
            let mut page = reply::several(redis.on(&master, scan).await?)?.into_iter();
            cursor = page
                .next()
                .map_or_else(|| Ok(b"0".to_vec()), reply::bytes)?;
            let found = page.next().map_or_else(|| Ok(Vec::new()), reply::several)?;
            let mut commands = Vec::new();
            for key in found {
                let key = reply::bytes(key)?;
                let mut unlink = cmd("UNLINK");
                unlink.arg(&key);
                commands.push(Command::new(&key, unlink));
            }
            if !commands.is_empty() {
                redis.write(commands).await?;
            }
            if cursor == b"0" {
                break;
            }
        }
    }
    Ok(())
}
