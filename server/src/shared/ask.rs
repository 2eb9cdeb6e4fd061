//! What the lists say to a question.

use std::sync::LazyLock;

use basma_engine::{
    Article, Fingerprint, SimHash,
    detector::{Detector, Method},
    shared::{Lists, Question},
};
use basma_redis::{Command, Redis, Value};

use super::{
    keys::{BLOCK_BITS, Block, GROUPS, Keys},
    lists::{self, Group, Kind, List},
    reply,
};
use crate::failure::Failure;

/// The lists that a question asks for, by the slots that they are in.
#[derive(Debug)]
pub(super) struct Asked {
    groups: Vec<Group>,
    /// How many hashes there are.
    hashes: usize,
}

/// What the lists said, and for each block's list of the text's own what stood there.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) lists: Lists,
    /// By place.
    pub(super) blocks: Vec<Vec<(SimHash, u64)>>,
}

/// SimHashes within this distance have one of four blocks in common.
const SHARING: u32 = 3;

/// Lists that are gathered by group.
struct Gathering<'a> {
    keys: &'a Keys,
    groups: [Group; GROUPS],
}

impl<'a> Gathering<'a> {
    fn new(keys: &'a Keys) -> Self {
        let groups = Default::default();
        Self { keys, groups }
    }

    /// The list of equal texts.
    fn same(&mut self, fingerprint: &Fingerprint) {
        if fingerprint.tokens > 0 {
            self.groups[Keys::exact_group(fingerprint.exact)].push(List {
                kind: Kind::Same,
                key: self.keys.exact(fingerprint.exact),
                is_own: true,
                place: 0,
            });
        }
    }

    fn block(&mut self, block: Block, is_own: bool) {
        self.groups[Keys::block_group(block)].push(List {
            kind: Kind::Near,
            key: self.keys.block(block),
            is_own,
            place: block.place as usize,
        });
    }

    /// The lists of a SimHash's own blocks.
    fn own_blocks(&mut self, simhash: SimHash) {
        Block::all(simhash).for_each(|block| self.block(block, true));
    }

    /// The lists of all other blocks that a SimHash within a distance must have one of, if it has none of the
    /// own: if no block were within its threshold, the distance would be at least the sum of all thresholds and 4.
    fn other_blocks(&mut self, simhash: SimHash, distance: u32) {
        let room = distance.saturating_sub(SHARING);
        for own in Block::all(simhash) {
            let threshold = room / 4 + u32::from(own.place < room % 4);
            for flipped in within(threshold).skip(1) {
                let bits = own.bits ^ flipped;
                self.block(Block { bits, ..own }, false);
            }
        }
    }

    /// Posting lists; those of the first hashes are the article's own.
    fn postings(&mut self, hashes: &[u32], posted: usize) {
        for (place, hash) in hashes.iter().enumerate() {
            self.groups[Keys::posting_group(*hash)].push(List {
                kind: Kind::Posting,
                key: self.keys.posting(*hash),
                is_own: place < posted,
                place,
            });
        }
    }

    fn done(self, hashes: usize) -> Asked {
        let groups = self.groups.into_iter().filter(|group| !group.is_empty());
        let arranged = groups.map(|mut group| {
            group.arrange();
            group
        });
        Asked {
            groups: arranged.collect(),
            hashes,
        }
    }
}

impl Asked {
    /// All lists that can lead to what a question is about.
    pub(super) fn by(question: &Question, keys: &Keys) -> Self {
        Self::within(question, question.detector().distance, keys)
    }

    /// All but those of [`Asked::beyond`].
    pub(super) fn nearby(question: &Question, keys: &Keys) -> Self {
        Self::within(question, SHARING, keys)
    }

    /// The lists of SimHashes that are near, and need have no list in common with the question's own; nothing if
    /// all that are near enough have.
    pub(super) fn beyond(question: &Question, keys: &Keys) -> Option<Self> {
        let (fingerprint, distance) = (question.fingerprint(), question.detector().distance);
        let asks = fingerprint.tokens >= Detector::MIN_TOKENS && distance > SHARING;
        asks.then(|| {
            let mut gathering = Gathering::new(keys);
            gathering.other_blocks(fingerprint.simhash, distance);
            gathering.done(0)
        })
    }

    fn within(question: &Question, distance: u32, keys: &Keys) -> Self {
        let fingerprint = question.fingerprint();
        let mut gathering = Gathering::new(keys);
        gathering.same(fingerprint);
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            gathering.own_blocks(fingerprint.simhash);
            gathering.other_blocks(fingerprint.simhash, distance);
        }
        let hashes = question.asked();
        if question.detector().method == Method::Full {
            gathering.postings(&hashes, question.posted());
        }
        gathering.done(hashes.len())
    }

    /// Only the lists of blocks: what is near a SimHash alone.
    pub(super) fn around(simhash: SimHash, distance: u32, keys: &Keys) -> Self {
        let mut gathering = Gathering::new(keys);
        gathering.own_blocks(simhash);
        gathering.other_blocks(simhash, distance);
        gathering.done(0)
    }

    /// Only posting lists, of these hashes.
    pub(super) fn holders(hashes: &[u32], keys: &Keys) -> Self {
        let mut gathering = Gathering::new(keys);
        gathering.postings(hashes, 0);
        gathering.done(hashes.len())
    }

    /// The lists that an article stands in.
    pub(super) fn holding(article: &Article, keys: &Keys) -> Self {
        let (fingerprint, posts) = (&article.fingerprint, article.posts());
        let mut gathering = Gathering::new(keys);
        gathering.same(fingerprint);
        if fingerprint.tokens >= Detector::MIN_TOKENS {
            gathering.own_blocks(fingerprint.simhash);
        }
        gathering.postings(&posts, posts.len());
        gathering.done(posts.len())
    }

    /// Reads all lists.
    pub(super) async fn read(&self, redis: &Redis) -> Result<Said, Failure> {
        let commands = self.groups.iter().map(Group::read);
        let replies = redis.read(commands.collect()).await?;
        self.said(replies)
    }

    /// The commands that append an article to its lists and read all.
    pub(super) fn append(&self, simhash: SimHash, sequence: u64, life: i64) -> Vec<Command> {
        let groups = self.groups.iter();
        groups
            .map(|group| group.append(simhash, sequence, life))
            .collect()
    }

    /// The commands that take an article out of its lists again.
    pub(super) fn remove(&self, sequence: u64) -> Vec<Command> {
        let groups = self.groups.iter();
        groups.filter_map(|group| group.remove(sequence)).collect()
    }

    /// The commands that say that an article is no story of its own.
    pub(super) fn mark(&self, sequence: u64) -> Vec<Command> {
        let groups = self.groups.iter();
        groups.filter_map(|group| group.mark(sequence)).collect()
    }

    /// How many replies there are to what [`Asked::append`] asks.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
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
        for (group, reply) in self.groups.iter().zip(replies) {
            for (asked, list) in group.iter().zip(reply::several(reply)?) {
                let list = reply::bytes(list)?;
                match asked.kind {
                    Kind::Posting => said.lists.postings[asked.place] = lists::holders(&list),
                    Kind::Same => said.lists.same = lists::same(&list),
                    Kind::Near => {
                        let near = lists::nears(&list);
                        said.lists.near.extend(&near);
                        if asked.is_own {
                            said.blocks[asked.place] = near;
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
            let met = asked.groups.iter().flat_map(Group::iter).any(|list| theirs.contains(&list.key));
            prop_assert!(met);
        }
    }
}
