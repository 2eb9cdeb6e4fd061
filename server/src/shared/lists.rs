//! The lists: what stands in them, and how they are changed.
//!
//! A list is a string of entries of one width, oldest first, all numbers with their highest byte first. To
//! append returns, in one step, what stood there before: of two articles that append to the same list one
//! alone finds the other ([`super::order`]). What returns a list changes nothing when it is sent again.

use basma_engine::{SimHash, shared::Holder};
use basma_redis::{Command, Script};

/// Bytes of an entry of a posting list: a sequence, and 1 if the article is no story of its own.
pub(super) const POSTING: usize = 9;
/// Of a list of equal texts: a sequence.
pub(super) const SAME: usize = 8;
/// Of a block's list: a SimHash and a sequence.
pub(super) const NEAR: usize = 16;

/// Appends an entry to the first lists of several, and returns what stood in each.
///
/// Beyond three times `most` entries a list is cut: of a posting list the latest `most` of either kind are
/// left, of equal texts the first and the latest, of a block's list the latest.
static APPEND: Script = Script::new(
    r"
local entry, number, life = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local kind, most, at = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local width = #entry
local sequence = string.sub(entry, at + 1, at + 8)
local function holds(list)
  local from = 1
  while true do
    local found = string.find(list, sequence, from, true)
    if not found then return false end
    if (found - 1 - at) % width == 0 then return true end
    from = found + 1
  end
end
local function cut(list)
  local count = #list / width
  if kind == 'near' then return string.sub(list, -most * width) end
  if kind == 'same' then return string.sub(list, 1, most * width) .. string.sub(list, -most * width) end
  local left, kept = {[0] = most, [1] = most}, {}
  for place = count, 1, -1 do
    local one = string.sub(list, (place - 1) * width + 1, place * width)
    local copy = string.byte(one, width)
    if left[copy] > 0 then
      left[copy] = left[copy] - 1
      table.insert(kept, 1, one)
    end
  end
  return table.concat(kept)
end
local before = {}
for place, key in ipairs(KEYS) do
  local list = redis.call('GET', key) or ''
  before[place] = list
  if place <= number and not holds(list) then
    if #list > 3 * most * width then
      redis.call('SET', key, cut(list) .. entry)
    else
      redis.call('APPEND', key, entry)
    end
    if life > 0 then redis.call('PEXPIRE', key, life) end
  end
end
return before
",
);

/// Takes a sequence out of lists.
static REMOVE: Script = Script::new(
    r"
local sequence, width, at = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for _, key in ipairs(KEYS) do
  local list = redis.call('GET', key) or ''
  local from = 1
  while true do
    local found = string.find(list, sequence, from, true)
    if not found then break end
    local start = found - at
    if start >= 1 and (start - 1) % width == 0 then
      local left = string.sub(list, 1, start - 1) .. string.sub(list, start + width)
      if left == '' then redis.call('DEL', key) else redis.call('SET', key, left, 'KEEPTTL') end
      break
    end
    from = found + 1
  end
end
return 0
",
);

/// Says of a sequence in posting lists that it is of a copy.
static MARK: Script = Script::new(
    r"
for _, key in ipairs(KEYS) do
  local list = redis.call('GET', key) or ''
  local from = 1
  while true do
    local found = string.find(list, ARGV[1], from, true)
    if not found then break end
    if (found - 1) % 9 == 0 then
      redis.call('SETRANGE', key, found + 7, '\1')
      break
    end
    from = found + 1
  end
end
return 0
",
);

/// What a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Posting,
    Same,
    Near,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Posting => "posting",
            Self::Same => "same",
            Self::Near => "near",
        }
    }

    pub(super) fn width(self) -> usize {
        match self {
            Self::Posting => POSTING,
            Self::Same => SAME,
            Self::Near => NEAR,
        }
    }

    /// Where in an entry the sequence stands.
    fn offset(self) -> usize {
        match self {
            Self::Posting | Self::Same => 0,
            Self::Near => 8,
        }
    }

    /// Entries that are left of a list that is cut: of postings of either kind, of equal texts at either end.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Posting => 32,
            Self::Same => 64,
            Self::Near => 4096,
        }
    }
}

/// Appends to the first `number` of these lists, which are in one slot, and returns what stood in each of
/// them. With a `life`, a list that nothing is appended to goes after so many milliseconds.
pub(super) fn append(
    kind: Kind,
    keys: &[String],
    entry: &[u8],
    number: usize,
    life: i64,
) -> Command {
    let [number, life, most, offset] = [
        number as i64,
        life,
        kind.most() as i64,
        kind.offset() as i64,
    ]
    .map(|number| number.to_string().into_bytes());
    let name = kind.name().as_bytes().to_vec();
    Command::script(
        &APPEND,
        keys,
        &[entry.to_vec(), number, life, name, most, offset],
    )
}

/// Takes an article out of these lists, which are in one slot.
pub(super) fn remove(kind: Kind, keys: &[String], sequence: u64) -> Command {
    let sequence = sequence.to_be_bytes().to_vec();
    let [width, offset] =
        [kind.width(), kind.offset()].map(|number| number.to_string().into_bytes());
    Command::script(&REMOVE, keys, &[sequence, width, offset])
}

/// Says that an article in these posting lists, which are in one slot, is no story of its own.
pub(super) fn mark(keys: &[String], sequence: u64) -> Command {
    Command::script(&MARK, keys, &[sequence.to_be_bytes().to_vec()])
}

pub(super) fn posting(sequence: u64) -> Vec<u8> {
    [&sequence.to_be_bytes()[..], &[0]].concat()
}

pub(super) fn near(simhash: SimHash, sequence: u64) -> Vec<u8> {
    [simhash.0.to_be_bytes(), sequence.to_be_bytes()].concat()
}

fn long(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

pub(super) fn holders(list: &[u8]) -> Vec<Holder> {
    let entries = list.chunks_exact(POSTING);
    let holders = entries.map(|entry| Holder {
        sequence: long(entry),
        is_story: entry[8] == 0,
    });
    holders.collect()
}

pub(super) fn same(list: &[u8]) -> Vec<u64> {
    list.chunks_exact(SAME).map(long).collect()
}

pub(super) fn nears(list: &[u8]) -> Vec<(SimHash, u64)> {
    let entries = list.chunks_exact(NEAR);
    entries
        .map(|entry| (SimHash(long(entry)), long(&entry[8..])))
        .collect()
}
