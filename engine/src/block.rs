//! Blocks: entries of a journal or of a backup, which are there whole or not at all.
//!
//! A block is a header and entries. The header counts all entries before the block, so that one that is
//! missing is noticed, and has a checksum over itself and the entries.

use crate::codec::{Malformed, Reader, put_varint};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes of a header: magic, length of the entries, how many there are, and how many were before; the
/// checksum of all that and of the entries.
pub const HEADER: usize = 28;
const MAGIC: [u8; 4] = *b"bsm1";

/// A block that is being filled.
#[derive(Debug, Default)]
pub struct Draft {
    bytes: Vec<u8>,
    entries: u32,
}

impl Draft {
    /// Adds an entry of a kind, and returns where in the block its body begins.
    pub fn push(&mut self, kind: u8, body: &[u8]) -> usize {
        self.bytes.resize(self.bytes.len().max(HEADER), 0);
        self.bytes.push(kind);
        put_varint(&mut self.bytes, body.len() as u64);
        self.bytes.extend_from_slice(body);
        self.entries += 1;
        self.bytes.len() - body.len()
    }

    /// One whose entries are these bytes, whatever they are: for fuzzing.
    #[doc(hidden)]
    pub fn unchecked(bytes: &[u8], entries: u32) -> Self {
        Self {
            bytes: [&[0; HEADER], bytes].concat(),
            entries,
        }
    }

    /// How many entries it has.
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// Its bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The block, for the file of this number, after `before` other entries.
    pub fn seal(mut self, number: u32, before: u64) -> Vec<u8> {
        self.bytes.resize(self.bytes.len().max(HEADER), 0);
        let length = (self.bytes.len() - HEADER) as u32;
        self.bytes[..4].copy_from_slice(&MAGIC);
        self.bytes[4..8].copy_from_slice(&length.to_le_bytes());
        self.bytes[8..12].copy_from_slice(&self.entries.to_le_bytes());
        self.bytes[12..20].copy_from_slice(&before.to_le_bytes());
        let sum = checksum(&self.bytes, number);
        self.bytes[20..28].copy_from_slice(&sum.to_le_bytes());
        self.bytes
    }
}

/// A block that was read.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Entries of the journal before it.
    pub before: u64,
    /// Its own entries.
    pub count: u32,
    entries: Reader<'a>,
}

impl<'a> Block<'a> {
    /// The block at the beginning of `bytes`, and how long it is; `None` if there is no whole one.
    pub fn read(bytes: &'a [u8], number: u32) -> Option<(Self, usize)> {
        let mut header = Reader(bytes.get(..HEADER)?);
        let magic: [u8; 4] = header.array().ok()?;
        let length = header.word().ok()? as usize;
        let count = header.word().ok()?;
        let before = header.long().ok()?;
        let sum = header.long().ok()?;
        let whole = bytes.get(..HEADER.checked_add(length)?)?;
        if magic != MAGIC || checksum(whole, number) != sum {
            return None;
        }
        let entries = Reader(&whole[HEADER..]);
        let block = Self {
            before,
            count,
            entries,
        };
        Some((block, whole.len()))
    }

    /// Calls `entry` with the kind and the body of each entry, and with where in the block that begins.
    ///
    /// # Errors
    ///
    /// What `entry` returns, or [`Malformed`] if there are not as many entries as it says.
    pub fn for_each<E: From<Malformed>>(
        &self,
        mut entry: impl FnMut(u8, &'a [u8], usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut entries = self.entries;
        let end = HEADER + entries.0.len();
        for _ in 0..self.count {
            let kind = entries.byte()?;
            let body = entries.bytes()?;
            entry(kind, body, end - entries.0.len() - body.len())?;
        }
        Ok(entries.end()?)
    }
}

/// The blocks of a stream, looked at one after the other: each must be whole and follow the one before. The
/// last one has no entries, so that a stream which was cut off is noticed.
#[derive(Debug, Default)]
pub struct Chain {
    entries: u64,
    complete: bool,
}

impl Chain {
    /// The next block, which is all of `bytes`.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is damaged, or is not the next one.
    pub fn follow<'a>(&mut self, bytes: &'a [u8]) -> Result<Block<'a>, Malformed> {
        if self.complete {
            return Err(Malformed("something follows its end"));
        }
        let block = Block::read(bytes, 0)
            .filter(|(block, length)| (block.before, *length) == (self.entries, bytes.len()));
        let (block, _) = block.ok_or(Malformed("a checksum is wrong, or a part is missing"))?;
        self.entries += u64::from(block.count);
        self.complete = block.count == 0;
        Ok(block)
    }

    /// That the last block was there.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it was not.
    pub fn end(&self) -> Result<(), Malformed> {
        match self.complete {
            true => Ok(()),
            false => Err(Malformed("its end is missing")),
        }
    }
}

/// Of a whole block, seeded with the number of its file, so that no block passes for one of another.
fn checksum(block: &[u8], number: u32) -> u64 {
    let header = xxh3_64_with_seed(&block[..20], number.into());
    xxh3_64_with_seed(&block[HEADER..], header)
}
