//! Blocks: what one commit appends to a journal, whole or not at all.
//!
//! A block is a header and entries. The header counts all entries of the journal before the block, so
//! that one that is missing is noticed, and has a checksum over itself and the entries.

use basma_engine::codec::{Malformed, Reader, put_varint};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes of a header: magic, length of the entries, how many there are, and how many were before; the
/// checksum of all that and of the entries.
pub(super) const HEADER: usize = 28;
const MAGIC: [u8; 4] = *b"bsm1";

/// A block that is being filled.
#[derive(Debug, Default)]
pub(super) struct Draft {
    bytes: Vec<u8>,
    entries: u32,
}

impl Draft {
    /// Adds an entry of a kind, and returns where in the block its body begins.
    pub(super) fn push(&mut self, kind: u8, body: &[u8]) -> usize {
        self.bytes.resize(self.bytes.len().max(HEADER), 0);
        self.bytes.push(kind);
        put_varint(&mut self.bytes, body.len() as u64);
        self.bytes.extend_from_slice(body);
        self.entries += 1;
        self.bytes.len() - body.len()
    }

    pub(super) fn entries(&self) -> u32 {
        self.entries
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The block, for the file of this number, after `before` other entries.
    pub(super) fn seal(mut self, number: u32, before: u64) -> Vec<u8> {
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
pub(super) struct Block<'a> {
    /// Entries of the journal before it.
    pub(super) before: u64,
    /// Its own entries.
    pub(super) count: u32,
    entries: Reader<'a>,
}

impl<'a> Block<'a> {
    /// The block at the beginning of `bytes`, and how long it is; `None` if there is no whole one.
    pub(super) fn read(bytes: &'a [u8], number: u32) -> Option<(Self, usize)> {
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
    pub(super) fn for_each<E: From<Malformed>>(
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

/// Of a whole block, seeded with the number of its file, so that no block passes for one of another.
fn checksum(block: &[u8], number: u32) -> u64 {
    let header = xxh3_64_with_seed(&block[..20], number.into());
    xxh3_64_with_seed(&block[HEADER..], header)
}
