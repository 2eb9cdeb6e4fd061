//! An article as a page keeps it: its row and, behind that, its content.

use std::sync::Arc;

use super::{
    Slot,
    articles::{Article, Timestamp},
    row::{self, Origin, Row},
};
use crate::{
    codec::{Reader, put_varint},
    evidence::Side,
    fingerprint::{Content, Fingerprint},
};

/// Bytes of an ordinary article.
const USUAL: usize = 1024;

/// Appends an article.
pub(super) fn write(article: &Article, origin: &Origin, out: &mut Vec<u8>) {
    row::write(article, origin, out);
    if let Some(content) = &article.content {
        put_varint(out, article.fingerprint.sketch.into());
        out.extend_from_slice(content.as_ref());
    }
}

/// An article that is read where it stands: most of those that a text is measured against turn out to have nothing to
/// do with it, and of these nothing is made.
pub(crate) struct Packed<'a> {
    origin: Origin,
    slot: Slot,
    row: Row<'a>,
    fingerprint: Fingerprint,
    content: Option<Content<'a>>,
}

impl<'a> Packed<'a> {
    /// Reads an article of this slot, if one was written.
    pub(super) fn read(bytes: &'a [u8], origin: Origin, slot: Slot) -> Option<Self> {
        let mut reader = Reader(bytes);
        let row = Row::read(&mut reader, &origin).ok()?;
        let mut fingerprint = row.fingerprint;
        let content = match reader.0 {
            [] => None,
            _ => {
                fingerprint.sketch = reader.short_varint().ok()?;
                Content::read(reader.0).ok()
            }
        };
        Some(Self {
            origin,
            slot,
            row,
            fingerprint,
            content,
        })
    }

    /// It as one of two texts that are compared.
    pub(crate) fn side(&self) -> Side<'_> {
        Side {
            fingerprint: &self.fingerprint,
            content: self.content,
            published: self.row.published,
        }
    }

    /// Where it is.
    pub(crate) fn slot(&self) -> Slot {
        self.slot
    }

    /// When its id was first submitted.
    pub(crate) fn first_seen(&self) -> Timestamp {
        self.row.first_seen
    }

    /// The story it belongs to: see [`Article`].
    pub(crate) fn cluster(&self) -> u64 {
        self.row.cluster
    }

    /// Its id.
    pub(crate) fn id(&self) -> &'a str {
        self.row.id().unwrap_or_default()
    }

    /// The whole article.
    pub(crate) fn article(&self) -> Option<Arc<Article>> {
        let article = self.row.article(&self.origin, self.slot).ok()?;
        Some(Arc::new(Article {
            fingerprint: self.fingerprint,
            content: self.content.map(Content::to_stored),
            ..article
        }))
    }
}

/// Articles copied out of their pages, one after the other: they are measured by the dozen, without a guard.
#[derive(Debug)]
pub(crate) struct Copies {
    bytes: Vec<u8>,
    /// Of each its slot, what its numbers count from, and where it ends.
    ends: Vec<(Slot, Origin, usize)>,
}

impl Copies {
    /// None yet, with room for so many.
    pub(super) fn for_so_many(articles: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(articles * USUAL),
            ends: Vec::with_capacity(articles),
        }
    }

    pub(super) fn add(&mut self, slot: Slot, origin: Origin, packed: &[u8]) {
        self.bytes.extend_from_slice(packed);
        self.ends.push((slot, origin, self.bytes.len()));
    }

    /// All of them, in the order in which they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Packed<'_>> {
        let mut start = 0;
        self.ends.iter().filter_map(move |(slot, origin, end)| {
            let bytes = &self.bytes[start..*end];
            start = *end;
            Packed::read(bytes, *origin, *slot)
        })
    }
}
