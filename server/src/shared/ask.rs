//! What the lists say to a question.

use std::{collections::BTreeMap, sync::LazyLock};

use basma_engine::{
    SimHash,
    detector::{Detector, Method},
    shared::{Lists, Question},
};
use basma_redis::{Command, Redis, Value, cmd};

use super::{
    keys::{BLOCK_BITS, Block, Keys},
    lists::{self, Kind},
    reply,
};
use crate::failure::Failure;

/// The lists that a question asks for, by the slots that they are in.
#[derive(Debug)]
pub(super) struct Asked {
    requests: Vec<Request>,
    /// How many hashes there are.
    hashes: usize,
}

/// Lists in one slot: first those that the article itself appends to.
#[derive(Debug)]
struct Request {
    kind: Kind,
    keys: Vec<String>,
    /// So many of them are appended to.
    appended: usize,
    /// For posting lists, which of the question's hashes each is of; for blocks, their places.
    places: Vec<usize>,
}

/// What the lists said, and for each block's list of the text's own what stood there.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) lists: Lists,
    /// By place.
    pub(super) blocks: Vec<Vec<(SimHash, u64)>>,
}

impl Asked {
    /// All lists that can lead to what a question is about.
    pub(super) fn by(question: &Question, keys: &Keys) -> Self {
        let fingerprint = question.fingerprint();
        let mut requests = Vec::new();
        if fingerprint.tokens > 0 {
            requests.push(Request {
                kind: Kind::Same,
                keys: vec![keys.exact(fingerprint.exact)],
                appended: 1,
                places: vec![0],
            });
        }
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            requests.extend(Self::near(
                fingerprint.simhash,
                question.detector().distance,
                keys,
            ));
        }
        let (hashes, posted) = (question.asked(), question.posted());
        if question.detector().method == Method::Full {
            let mut groups: BTreeMap<u32, Request> = BTreeMap::new();
            for (place, hash) in hashes.iter().enumerate() {
                let request = groups.entry(Keys::group(*hash)).or_insert_with(|| Request {
                    kind: Kind::Posting,
                    keys: Vec::new(),
                    appended: 0,
                    places: Vec::new(),
                });
                request.keys.push(keys.posting(*hash));
                request.places.push(place);
                // Those that are posted come first.
                request.appended += usize::from(place < posted);
            }
            requests.extend(groups.into_values());
        }
        Self {
            requests,
            hashes: hashes.len(),
        }
    }

    /// The lists of all blocks that a SimHash within a distance must have one of: if no block were within its
    /// threshold, the distance would be at least the sum of all thresholds and 4.
    fn near(simhash: SimHash, distance: u32, keys: &Keys) -> Vec<Request> {
        let mut cells: BTreeMap<(bool, u32, u16), Request> = BTreeMap::new();
        let room = distance.saturating_sub(3);
        for own in Block::all(simhash) {
            let threshold = room / 4 + u32::from(own.place < room % 4);
            for flipped in within(threshold) {
                let block = Block {
                    bits: own.bits ^ flipped,
                    ..own
                };
                let (place, upper) = Keys::cell(block);
                // The own lists by themselves: they alone are appended to.
                let request = cells
                    .entry((flipped != 0, place, upper))
                    .or_insert_with(|| Request {
                        kind: Kind::Near,
                        keys: Vec::new(),
                        appended: usize::from(flipped == 0),
                        places: Vec::new(),
                    });
                request.keys.push(keys.block(block));
                request.places.push(block.place as usize);
            }
        }
        cells.into_values().collect()
    }

    /// Only the lists of blocks: what is near a SimHash alone.
    pub(super) fn around(simhash: SimHash, distance: u32, keys: &Keys) -> Self {
        Self {
            requests: Self::near(simhash, distance, keys),
            hashes: 0,
        }
    }

    /// Only posting lists, of these hashes.
    pub(super) fn holders(hashes: &[u32], keys: &Keys) -> Self {
        let each = hashes.iter().enumerate().map(|(place, hash)| Request {
            kind: Kind::Posting,
            keys: vec![keys.posting(*hash)],
            appended: 0,
            places: vec![place],
        });
        Self {
            requests: each.collect(),
            hashes: hashes.len(),
        }
    }

    /// Reads all lists.
    pub(super) async fn read(&self, redis: &Redis) -> Result<Said, Failure> {
        let commands = self.requests.iter().map(|request| {
            let mut get = cmd("MGET");
            request.keys.iter().for_each(|key| {
                get.arg(key);
            });
            Command::new(request.keys[0].as_bytes(), get)
        });
        let replies = redis.read(commands.collect()).await?;
        self.said(replies)
    }

    /// The commands that append an article to its lists and read all.
    pub(super) fn append(&self, simhash: SimHash, sequence: u64, life: i64) -> Vec<Command> {
        let commands = self.requests.iter().map(|request| {
            let entry = match request.kind {
                Kind::Posting => lists::posting(sequence),
                Kind::Same => sequence.to_be_bytes().to_vec(),
                Kind::Near => lists::near(simhash, sequence),
            };
            lists::append(request.kind, &request.keys, &entry, request.appended, life)
        });
        commands.collect()
    }

    /// The commands that take an article out of its lists again.
    pub(super) fn remove(&self, sequence: u64) -> Vec<Command> {
        let appended = self.requests.iter().filter(|request| request.appended > 0);
        let commands = appended.map(|request| {
            lists::remove(request.kind, &request.keys[..request.appended], sequence)
        });
        commands.collect()
    }

    /// The commands that say that an article is no story of its own.
    pub(super) fn mark(&self, sequence: u64) -> Vec<Command> {
        let posted = self
            .requests
            .iter()
            .filter(|request| request.kind == Kind::Posting && request.appended > 0);
        let commands =
            posted.map(|request| lists::mark(&request.keys[..request.appended], sequence));
        commands.collect()
    }

    /// How many replies there are to what [`Asked::append`] asks.
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    /// Reads the replies.
    pub(super) fn said(&self, replies: Vec<Value>) -> Result<Said, Failure> {
        let mut said = Said {
            lists: Lists {
                postings: vec![Vec::new(); self.hashes],
                ..Lists::default()
            },
            blocks: vec![Vec::new(); 4],
        };
        for (request, reply) in self.requests.iter().zip(replies) {
            let found = reply::several(reply)?;
            for (place, (at, list)) in request.places.iter().zip(found).enumerate() {
                let list = reply::bytes(list)?;
                match request.kind {
                    Kind::Posting => said.lists.postings[*at] = lists::holders(&list),
                    Kind::Same => said.lists.same = lists::same(&list),
                    Kind::Near => {
                        let near = lists::nears(&list);
                        said.lists.near.extend(&near);
                        if place < request.appended {
                            said.blocks[*at] = near;
                        }
                    }
                }
            }
        }
        Ok(said)
    }
}

/// All values of a block's width with at most so many bits, none first.
fn within(bits: u32) -> impl Iterator<Item = u16> {
    const { assert!(BLOCK_BITS == 16) };
    static VALUES: LazyLock<Vec<u16>> = LazyLock::new(|| {
        let mut values: Vec<_> = (0..=u16::MAX).collect();
        values.sort_by_key(|value| value.count_ones());
        values
    });
    VALUES
        .iter()
        .copied()
        .take_while(move |value| value.count_ones() <= bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_within_the_distance_is_missed(simhash: u64, flips in proptest::collection::vec(0..64u32, 0..=10)) {
            let other = flips.iter().fold(simhash, |hash, bit| hash ^ 1 << bit);
            let distance = (simhash ^ other).count_ones();
            let keys = Keys::new(1);
            let asked = Asked::around(SimHash(simhash), distance, &keys);
            let theirs: Vec<_> = Block::all(SimHash(other)).map(|block| keys.block(block)).collect();
            let met = asked.requests.iter().flat_map(|request| &request.keys).any(|key| theirs.contains(key));
            prop_assert!(met);
        }
    }
}
