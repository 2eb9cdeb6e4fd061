//! The lists: what stands in them, and how they are changed.
//!
//! A list is a string of entries of one width, oldest first, all numbers with their highest byte first. To
//! append returns, in one step, what stood there before: of two articles that append to the same list one
//! alone finds the other ([`super::order`]). What returns a list changes nothing when it is sent again.

use basma_engine::{SimHash, shared::Holder};
use basma_redis::{Command, Script, cmd};

/// Bytes of an entry of a posting list: a sequence, and 1 if the article is no story of its own.
pub(super) const POSTING: usize = 9;
/// Of a list of equal texts: a sequence.
pub(super) const SAME: usize = 8;
/// Of a block's list: a SimHash and a sequence.
pub(super) const NEAR: usize = 16;

/// Appends an article to some of the lists, and returns what stood in each: of the posting lists, the lists of
/// equal texts and those of blocks, in this order, to so many first ones, and so many there are of each.
///
/// Beyond three times `most` entries a list is cut: of a posting list the latest `most` of either kind are
/// left, of equal texts the first and the latest, of a block's list the latest.
static APPEND: Script = Script::new(
    r"
local sequence, simhash, life = ARGV[1], ARGV[2], tonumber(ARGV[3])
local before = redis.call('MGET', unpack(KEYS))
local function holds(list, width, at)
  local from = 1
  while true do
    local found = string.find(list, sequence, from, true)
    if not found then return false end
    if (found - 1 - at) % width == 0 then return true end
    from = found + 1
  end
end
local function cut(kind, list, width, most)
  if kind == 3 then return string.sub(list, -most * width) end
  if kind == 2 then return string.sub(list, 1, most * width) .. string.sub(list, -most * width) end
  local left, kept = {[0] = most, [1] = most}, {}
  for place = #list / width, 1, -1 do
    local one = string.sub(list, (place - 1) * width + 1, place * width)
    local copy = string.byte(one, width)
    if left[copy] > 0 then
      left[copy] = left[copy] - 1
      table.insert(kept, 1, one)
    end
  end
  return table.concat(kept)
end
local entries = {sequence .. '\0', sequence, simhash .. sequence}
local first = 1
for kind = 1, 3 do
  local number, all = tonumber(ARGV[2 + 2 * kind]), tonumber(ARGV[3 + 2 * kind])
  local entry, at, most = entries[kind], kind == 3 and 8 or 0, tonumber(ARGV[9 + kind])
  local width = #entry
  for place = first, first + number - 1 do
    local key, list = KEYS[place], before[place]
    if not list or not holds(list, width, at) then
      if list and #list > 3 * most * width then
        redis.call('SET', key, cut(kind, list, width, most) .. entry)
      else
        redis.call('APPEND', key, entry)
      end
      if life > 0 then redis.call('PEXPIRE', key, life) end
    end
  end
  first = first + all
end
return before
",
);

/// Takes a sequence out of lists: so many posting lists, so many of equal texts, and else of blocks.
static REMOVE: Script = Script::new(
    r"
local sequence, postings, same = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
for place, key in ipairs(KEYS) do
  local width, at = 16, 8
  if place <= postings then width, at = 9, 0 elseif place <= postings + same then width, at = 8, 0 end
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

/// What a list is of, in the order in which a command names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Posting,
    Same,
    Near,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Posting, Self::Same, Self::Near];

    /// Entries that are left of a list that is cut: of postings of either kind, of equal texts at either end.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Posting => 32,
            Self::Same => 64,
            Self::Near => 4096,
        }
    }
}

/// A list that is asked for.
#[derive(Debug)]
pub(super) struct List {
    pub(super) kind: Kind,
    pub(super) key: String,
    /// Whether the article that asks belongs into it.
    pub(super) is_own: bool,
    /// Of a posting list, which of the question's hashes it is of; of a block's, its place.
    pub(super) place: usize,
}

/// Lists in one slot, in the order of their kinds, each kind's own ones first.
#[derive(Debug, Default)]
pub(super) struct Group(Vec<List>);

impl Group {
    /// To be [`arranged`](Self::arrange) when all are there.
    pub(super) fn push(&mut self, list: List) {
        self.0.push(list);
    }

    pub(super) fn arrange(&mut self) {
        self.0.sort_by_key(|list| (list.kind, !list.is_own));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, List> {
        self.0.iter()
    }

    /// How many of a kind are the article's own.
    fn own(&self, kind: Kind) -> usize {
        let own = self.iter().filter(|list| list.is_own && list.kind == kind);
        own.count()
    }

    /// Reads all.
    pub(super) fn read(&self) -> Command {
        let mut get = cmd("MGET");
        self.iter().for_each(|list| {
            get.arg(&list.key);
        });
        Command::new(self.0[0].key.as_bytes(), get)
    }

    /// Appends an article to its own lists, and returns what stood in all of them. With a `life`, a list that
    /// nothing is appended to goes after so many milliseconds.
    pub(super) fn append(&self, simhash: SimHash, sequence: u64, life: i64) -> Command {
        let keys: Vec<_> = self.iter().map(|list| &*list.key).collect();
        let counts = Kind::ALL.map(|kind| {
            let all = self.iter().filter(|list| list.kind == kind).count();
            [self.own(kind), all]
        });
        let most = Kind::ALL.map(Kind::most);
        let mut args = vec![
            sequence.to_be_bytes().to_vec(),
            simhash.0.to_be_bytes().to_vec(),
            life.to_string().into_bytes(),
        ];
        let numbers = counts.as_flattened().iter().chain(&most);
        args.extend(numbers.map(|number| number.to_string().into_bytes()));
        Command::script(&APPEND, &keys, &args)
    }

    /// Takes an article out of its own lists; `None` if none is.
    pub(super) fn remove(&self, sequence: u64) -> Option<Command> {
        let own = self.iter().filter(|list| list.is_own);
        let keys: Vec<_> = own.map(|list| &*list.key).collect();
        let counts = [Kind::Posting, Kind::Same].map(|kind| self.own(kind).to_string());
        let [postings, same] = counts.map(String::into_bytes);
        let args = [sequence.to_be_bytes().to_vec(), postings, same];
        (!keys.is_empty()).then(|| Command::script(&REMOVE, &keys, &args))
    }

    /// Says that an article in its own posting lists is no story of its own; `None` if there are none.
    pub(super) fn mark(&self, sequence: u64) -> Option<Command> {
        let keys: Vec<_> = self.0[..self.own(Kind::Posting)]
            .iter()
            .map(|list| &*list.key)
            .collect();
        let args = [sequence.to_be_bytes().to_vec()];
        (!keys.is_empty()).then(|| Command::script(&MARK, &keys, &args))
    }
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
