//! The names of everything that a collection has in the cluster.
//!
//! All begin with `basma:` and have the collection's number between colons. What is between braces decides
//! the slot, and so the master: all lists of a collection are in a few, so that few commands do for all that a
//! question asks.

use std::sync::Arc;

use basma_engine::{ExactHash, SimHash};
use basma_redis::{SLOTS, slot, tag};
use xxhash_rust::xxh3::xxh3_128;

/// The collections: a hash of their names.
pub(super) const COLLECTIONS: &str = "basma:collections";

/// The numbers of collections that were deleted, by the time at which their keys are to be deleted again: a
/// sorted set, in the slot of [`COLLECTIONS`].
pub(super) const GONE: &str = "basma:{basma:collections}:gone";

/// How many servers have ever begun.
pub(super) const SERVERS: &str = "basma:servers";

/// The lists of a collection are in so many slots, as far from each other as they can be, so that three masters
/// or six, each with its share of the slots in one piece, have equally much of them. A submission costs a
/// script for each, which is most of what it costs a master: see ARCHITECTURE.md.
pub(super) const GROUPS: usize = 6;

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
pub(super) struct Keys {
    number: String,
    /// What the lists of each group begin with.
    groups: Arc<[String; GROUPS]>,
}

impl Keys {
    pub(super) fn new(number: u64) -> Self {
        let number = format!("{number:016x}");
        // Other collections begin with another slot.
        let first = slot(number.as_bytes());
        let groups = std::array::from_fn(|group| {
            let place = usize::from(first) + group * usize::from(SLOTS) / GROUPS;
            let tag = tag((place % usize::from(SLOTS)) as u16);
            format!("basma:{{{tag}}}:{number}:")
        });
        Self {
            number,
            groups: Arc::new(groups),
        }
    }

    /// A list's name, of a kind and so many hexadecimal digits.
    fn list(&self, group: usize, kind: &str, digits: usize, value: u128) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let start = &self.groups[group];
        let mut key = String::with_capacity(start.len() + kind.len() + digits);
        key.push_str(start);
        key.push_str(kind);
        for place in (0..digits).rev() {
            key.push(char::from(DIGITS[(value >> (4 * place)) as usize & 15]));
        }
        key
    }

    /// Matches all of them, for SCAN.
    pub(super) fn pattern(&self) -> String {
        format!("basma:*{}:*", self.number)
    }

    /// The group of the list of equal texts.
    pub(super) fn exact_group(hash: ExactHash) -> usize {
        (hash.0 % GROUPS as u128) as usize
    }

    /// Who has the same text: sequences.
    pub(super) fn exact(&self, hash: ExactHash) -> String {
        self.list(Self::exact_group(hash), "same:", 32, hash.0)
    }

    /// The group of a shingle's hash.
    pub(super) fn posting_group(hash: u32) -> usize {
        hash as usize % GROUPS
    }

    /// Who posts a shingle's hash: sequences and what they count as.
    pub(super) fn posting(&self, hash: u32) -> String {
        self.list(Self::posting_group(hash), "post:", 8, hash.into())
    }

    /// The group of a block.
    pub(super) fn block_group(block: Block) -> usize {
        usize::from(block.bits) % GROUPS
    }

    /// Who has a block of a SimHash: SimHashes and sequences.
    pub(super) fn block(&self, block: Block) -> String {
        let value = block.place << BLOCK_BITS | u32::from(block.bits);
        self.list(Self::block_group(block), "near:", 5, value.into())
    }

    /// An article's record.
    pub(super) fn record(&self, sequence: u64) -> String {
        format!("basma:{}:rec:{sequence:016x}", self.number)
    }

    /// An article's text.
    pub(super) fn text(&self, sequence: u64) -> String {
        format!("basma:{}:text:{sequence:016x}", self.number)
    }

    /// The sequence of the article that has an id. Of two ids with one hash, which nobody meets who does not
    /// make them, the later takes the place of the earlier.
    pub(super) fn id(&self, id: &str) -> String {
        format!("basma:{}:id:{:032x}", self.number, xxh3_128(id.as_bytes()))
    }

    /// The ids of a story of more than one article, first come first.
    pub(super) fn cluster(&self, cluster: u64) -> String {
        format!("basma:{}:story:{cluster:016x}", self.number)
    }

    /// The hours in which articles came: a sorted set.
    pub(super) fn hours(&self) -> String {
        format!("basma:{}:hours:", self.number)
    }

    /// The sequences of the articles that came in a minute of an hour.
    pub(super) fn minute(&self, hour: i64, minute: i64) -> String {
        format!("basma:{{{}:hour:{hour}}}:{minute}", self.number)
    }

    /// In how many stories each stem stands.
    pub(super) fn words(&self) -> String {
        format!("basma:{{{}:count:}}:words", self.number)
    }

    /// Everything else that is counted.
    pub(super) fn counts(&self) -> String {
        format!("basma:{{{}:count:}}:all", self.number)
    }

    /// Who deletes what has expired.
    pub(super) fn sweeper(&self) -> String {
        format!("basma:{}:sweeper:", self.number)
    }
}
