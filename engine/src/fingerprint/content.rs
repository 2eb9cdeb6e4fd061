//! Content: what is remembered of a text beyond its hashes.

use super::{Numbers, Sketch, Vocabulary};
use crate::codec::{Malformed, Reader};

/// What is remembered of a text to tell how much of it stands in another, and whether what both have is
/// a story or a formula.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Content<'a> {
    /// The parts, one after the other.
    bytes: &'a [u8],
    /// A sample of its word shingles.
    pub(crate) sketch: Sketch<'a>,
    /// Its words and its title's.
    pub(crate) vocabulary: Vocabulary<'a>,
    /// Its numbers.
    pub(crate) numbers: Numbers<'a>,
}

impl<'a> Content<'a> {
    /// Reads the parts in the order in which they are written.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let content = Self {
            bytes,
            sketch: Sketch::read(&mut reader)?,
            vocabulary: Vocabulary::read(&mut reader)?,
            numbers: Numbers::read(&mut reader)?,
        };
        reader.end().map(|()| content)
    }

    /// The same, to be kept.
    pub(crate) fn to_stored(self) -> StoredContent {
        StoredContent(self.bytes.into())
    }
}

/// A [`Content`] in one piece of memory, some 500 bytes for an article of 300 words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredContent(Box<[u8]>);

impl StoredContent {
    /// The parts.
    pub(crate) fn read(&self) -> Content<'_> {
        // It was made of a content, or of bytes that were tried.
        Content::read(&self.0).unwrap_or_default()
    }
}

impl AsRef<[u8]> for StoredContent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<&[u8]> for StoredContent {
    type Error = Malformed;

    fn try_from(bytes: &[u8]) -> Result<Self, Malformed> {
        let content = Content::read(bytes)?;
        let is_whole = content.sketch.is_whole()
            && content.vocabulary.is_whole()
            && content.numbers.is_whole();
        is_whole
            .then(|| content.to_stored())
            .ok_or(Malformed("a list is not what it claims"))
    }
}
