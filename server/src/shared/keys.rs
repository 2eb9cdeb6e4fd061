//! The names of everything that a collection has in the cluster.
//!
//! All begin with `basma:` and have the collection's number between colons. What is between braces decides
//! the slot, and so the master: lists that a question asks for together share one where that saves commands.

use basma_engine::{ExactHash, SimHash};
use xxhash_rust::xxh3::xxh3_128;

/// The collections: a hash of their names.
pub(super) const COLLECTIONS: &str = "basma:collections";

/// The numbers of collections that were deleted, by the time at which their keys are to be deleted again: a
/// sorted set, in the slot of [`COLLECTIONS`].
pub(super) const GONE: &str = "basma:{basma:collections}:gone";

/// How many servers have ever begun.
pub(super) const SERVERS: &str = "basma:servers";

/// Posting lists are in so many slots, so at most so many masters share those of one collection.
pub(super) const GROUPS: u32 = 16;

/// Bits of a block of a SimHash, and how many there are.
pub(super) const BLOCK_BITS: u32 = 16;
pub(super) const BLOCKS: u32 = 64 / BLOCK_BITS;

/// A block of a SimHash, and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) place: u32,
    pub(super) bits: u16,
}

impl Block {
    /// The four of a SimHash.
    pub(super) fn all(simhash: SimHash) -> impl Iterator<Item = Self> {
        (0..BLOCKS).map(move |place| Self {
            place,
            bits: (simhash.0 >> (place * BLOCK_BITS)) as u16,
        })
    }
}

/// The names of a collection, by its number.
#[derive(Clone, Debug)]
pub(super) struct Keys(String);

impl Keys {
    pub(super) fn new(number: u64) -> Self {
        Self(format!("{number:016x}"))
    }

    /// Matches all of them, for SCAN.
    pub(super) fn pattern(&self) -> String {
        format!("basma:*{}:*", self.0)
    }

    /// Who has the same text: sequences.
    pub(super) fn exact(&self, hash: ExactHash) -> String {
        format!("basma:{}:exact:{:032x}", self.0, hash.0)
    }

    /// The group of a shingle's hash.
    pub(super) fn group(hash: u32) -> u32 {
        hash % GROUPS
    }

    /// Who posts a shingle's hash: sequences and what they count as.
    pub(super) fn posting(&self, hash: u32) -> String {
        format!(
            "basma:{{{}:post:{:x}}}:{hash:08x}",
            self.0,
            Self::group(hash)
        )
    }

    /// What decides the slot of a block's list: blocks that differ in their lower half share one.
    pub(super) fn cell(block: Block) -> (u32, u16) {
        (block.place, block.bits >> 8)
    }

    /// Who has a block of a SimHash: SimHashes and sequences.
    pub(super) fn block(&self, block: Block) -> String {
        let (place, upper) = Self::cell(block);
        format!(
            "basma:{{{}:sim:{place}{upper:02x}}}:{:02x}",
            self.0,
            block.bits & 0xff
        )
    }

    /// An article's record.
    pub(super) fn record(&self, sequence: u64) -> String {
        format!("basma:{}:rec:{sequence:016x}", self.0)
    }

    /// An article's text.
    pub(super) fn text(&self, sequence: u64) -> String {
        format!("basma:{}:text:{sequence:016x}", self.0)
    }

    /// The sequence of the article that has an id. Of two ids with one hash, which nobody meets who does not
    /// make them, the later takes the place of the earlier.
    pub(super) fn id(&self, id: &str) -> String {
        format!("basma:{}:id:{:032x}", self.0, xxh3_128(id.as_bytes()))
    }

    /// The ids of a story of more than one article, first come first.
    pub(super) fn cluster(&self, cluster: u64) -> String {
        format!("basma:{}:story:{cluster:016x}", self.0)
    }

    /// The hours in which articles came: a sorted set.
    pub(super) fn hours(&self) -> String {
        format!("basma:{}:hours:", self.0)
    }

    /// The sequences of the articles that came in a minute of an hour.
    pub(super) fn minute(&self, hour: i64, minute: i64) -> String {
        format!("basma:{{{}:hour:{hour}}}:{minute}", self.0)
    }

    /// In how many stories each stem stands.
    pub(super) fn words(&self) -> String {
        format!("basma:{{{}:count:}}:words", self.0)
    }

    /// Everything else that is counted.
    pub(super) fn counts(&self) -> String {
        format!("basma:{{{}:count:}}:all", self.0)
    }

    /// Who deletes what has expired.
    pub(super) fn sweeper(&self) -> String {
        format!("basma:{}:sweeper:", self.0)
    }
}
