//! Which article has an id: a sequence under each.

use basma_redis::{Command, Script, cmd};

use super::keys::Keys;

/// Gives an id to an article, if it still has the one that was known. Returns which it has.
static GIVE: Script = Script::new(
    r"
local now = redis.call('GET', KEYS[1]) or ''
if now == ARGV[1] or now == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2])
  if tonumber(ARGV[3]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
  return ARGV[2]
end
return now
",
);

/// Takes an id away from an article. 1 if it had it.
static TAKE: Script = Script::new(
    r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
",
);

/// What stands under an id: a sequence, as the commands have it, or nothing.
pub(super) fn written(sequence: u64) -> Vec<u8> {
    sequence.to_be_bytes().to_vec()
}

/// Reads it.
pub(super) fn read(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

/// Asks for what stands under an id.
pub(super) fn ask(keys: &Keys, id: &str) -> Command {
    let key = keys.id(id);
    let mut get = cmd("GET");
    get.arg(&key);
    Command::new(key.as_bytes(), get)
}

/// Gives an id to an article for `life` milliseconds, or for good, if it still has what was `known` to be there;
/// answered by what it has.
pub(super) fn give(keys: &Keys, id: &str, known: &[u8], sequence: u64, life: i64) -> Command {
    let args = [
        known.to_vec(),
        written(sequence),
        life.to_string().into_bytes(),
    ];
    Command::script(&GIVE, &[keys.id(id)], &args)
}

/// Takes an id away from an article; answered by 1 if it had it.
pub(super) fn take(keys: &Keys, id: &str, sequence: u64) -> Command {
    Command::script(&TAKE, &[keys.id(id)], &[written(sequence)])
}
