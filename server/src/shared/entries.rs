//! What stands of the collections in the cluster: a hash of their names, each with its number, when it was made,
//! and its settings. Each change is one step, and may be sent twice.

use basma_engine::Timestamp;
use basma_redis::{Command, Script, cmd};

use super::{collection::Collection, keys, reply};
use crate::{failure::Failure, settings::Settings, store::State};

/// Puts a collection there unless there is another of its name. 0 if there is.
static CREATE: Script = Script::new(
    r"
local now = redis.call('HGET', KEYS[1], ARGV[1])
if now and now ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
",
);

/// Puts another entry in the place of a known one, and returns what stands there then.
static CHANGE: Script = Script::new(
    r"
local now = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if now ~= ARGV[2] then return now end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]
",
);

/// Takes away the collection of a name and a number, and notes that its keys are to be deleted again at a
/// time. 0 if it is not there.
static FORGET: Script = Script::new(
    r"
local now = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if string.sub(now, 1, 8) ~= ARGV[2] then
  return redis.call('ZSCORE', KEYS[2], ARGV[2]) == ARGV[3] and 1 or 0
end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
",
);

/// A collection's number, and a state as a journal has it.
fn encode(collection: &Collection, settings: Settings) -> Vec<u8> {
    let mut value = collection.number.to_be_bytes().to_vec();
    value.extend(State::new(&collection.name, collection.created, settings).encode());
    value
}

/// An entry: the collection's number, and what it is.
pub(super) fn decode(value: &[u8]) -> Result<(u64, State), Failure> {
    let (number, state) = value
        .split_first_chunk()
        .ok_or_else(|| reply::foreign("a collection"))?;
    let state = State::decode(state).map_err(|_| reply::foreign("a collection"))?;
    Ok((u64::from_be_bytes(*number), state))
}

/// All names and entries.
pub(super) fn all() -> Command {
    let mut all = cmd("HGETALL");
    all.arg(keys::COLLECTIONS);
    Command::new(keys::COLLECTIONS.as_bytes(), all)
}

/// The entry of a name.
pub(super) fn of(name: &str) -> Command {
    let mut get = cmd("HGET");
    get.arg(keys::COLLECTIONS).arg(name);
    Command::new(keys::COLLECTIONS.as_bytes(), get)
}

/// Makes an entry. Answered by 0 if there is a collection of this name.
pub(super) fn create(collection: &Collection) -> Command {
    let settings = *collection.settings.read();
    let name = collection.name.as_bytes().to_vec();
    let entry = encode(collection, settings);
    Command::script(&CREATE, &[keys::COLLECTIONS], &[name, entry])
}

/// Changes the settings in an entry, and says what is there then.
pub(super) fn change(collection: &Collection, from: Settings, to: Settings) -> Command {
    let name = collection.name.as_bytes().to_vec();
    let [from, to] = [from, to].map(|settings| encode(collection, settings));
    Command::script(&CHANGE, &[keys::COLLECTIONS], &[name, from, to])
}

/// Takes an entry away; the keys are to be deleted again at `due`. Answered by 0 if it is not there.
pub(super) fn forget(collection: &Collection, due: Timestamp) -> Command {
    let name = collection.name.as_bytes().to_vec();
    let number = collection.number.to_be_bytes().to_vec();
    let due = due.to_string().into_bytes();
    let keys = [keys::COLLECTIONS, keys::GONE];
    Command::script(&FORGET, &keys, &[name, number, due])
}
