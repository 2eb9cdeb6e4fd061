//! Records: all that is known of an indexed article as bytes, for a journal and for copies of an index.
//!
//! A restored index answers as the one that the records were written from, so a record has everything
//! that a later answer can depend on. Matches name their articles by sequence: slots are given anew.

use crate::{
    codec::{Malformed, Reader, put_bytes, put_varint},
    detector::Detector,
    fingerprint::{Content, Fingerprinter, StoredContent},
    index::{
        Slot,
        articles::Article,
        row::{self, Origin, Row},
    },
};

/// Version of the fingerprints' content: what a sketch samples, how it hashes, and what counts as a number. Contents of
/// different versions cannot be compared, nor can those of different [`crate::FOLD_VERSION`]s.
pub const CONTENT_VERSION: u32 = 3;

/// Bits of a record's flags.
const HAS_CONTENT: u8 = 1;
const REPLACES: u8 = 2;

/// What a record begins with, to be read for itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// The article's place in the order of admission.
    pub sequence: u64,
    /// The sequence of the article that had its id before.
    pub replaces: Option<u64>,
    /// What became of the collection's mean specificity when it was admitted.
    pub usual: f64,
    has_content: bool,
}

impl Head {
    /// Reads the head of a record.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it has none.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let flags = reader.byte()?;
        let sequence = reader.varint()?;
        let replaces = (flags & REPLACES != 0).then(|| reader.varint());
        let head = Self {
            sequence,
            replaces: replaces.transpose()?,
            usual: f64::from_le_bytes(reader.array()?),
            has_content: flags & HAS_CONTENT != 0,
        };
        let is_last = [Some(sequence), head.replaces].contains(&Some(u64::MAX));
        match head.usual.is_finite() && !is_last && flags <= HAS_CONTENT | REPLACES {
            true => Ok(head),
            false => Err(Malformed("a number is out of its range")),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let flags = [
            (self.has_content, HAS_CONTENT),
            (self.replaces.is_some(), REPLACES),
        ];
        let flags = flags.iter().filter(|(set, _)| *set);
        out.push(flags.fold(0, |all, (_, flag)| all | flag));
        put_varint(out, self.sequence);
        self.replaces
            .iter()
            .for_each(|replaced| put_varint(out, *replaced));
        out.extend_from_slice(&self.usual.to_le_bytes());
    }

    /// What the numbers of its row count from.
    fn origin(&self) -> Origin {
        Origin {
            sequence: self.sequence,
            since: 0,
            in_index: false,
        }
    }
}

/// An article as it was admitted.
#[derive(Debug)]
pub struct Record {
    head: Head,
    /// The article. It is in no index yet.
    pub(crate) article: Article,
}

impl Record {
    /// Appends the record of an article, told as [`crate::Journal::admitted`] is.
    pub fn encode(article: &Article, replaced: Option<u64>, usual: f64, out: &mut Vec<u8>) {
        let head = Head {
            sequence: article.sequence,
            replaces: replaced,
            usual,
            has_content: article.content.is_some(),
        };
        head.write(out);
        row::write(article, &head.origin(), out);
        if let Some(content) = &article.content {
            put_varint(out, article.fingerprint.sketch.into());
            put_bytes(out, content.as_ref());
        }
    }

    /// Appends the record itself; that it took another's place is not said again.
    pub fn write(&self, out: &mut Vec<u8>) {
        Self::encode(&self.article, None, self.head.usual, out);
    }

    /// Makes the fingerprint anew, of the same text.
    pub fn refingerprint(
        &mut self,
        fingerprinter: &mut Fingerprinter,
        text: &str,
        detector: &Detector,
    ) {
        let title = &self.article.metadata.title;
        let fingerprint = fingerprinter.fingerprint(title, text, detector);
        let side = fingerprinter.side(&fingerprint, None);
        self.article.content = side.content.map(Content::to_stored);
        self.article.fingerprint = fingerprint;
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::read(bytes, |content| StoredContent::try_from(content).map(Some))
    }

    /// Reads a record that was written with another [`CONTENT_VERSION`] or [`crate::FOLD_VERSION`]: its
    /// fingerprint is to be made anew, its content is left out.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none.
    pub fn decode_without_content(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::read(bytes, |_| Ok(None))
    }

    fn read(
        bytes: &[u8],
        read_content: impl FnOnce(&[u8]) -> Result<Option<StoredContent>, Malformed>,
    ) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let head = Head::read(&mut reader)?;
        let row = Row::read(&mut reader, &head.origin())?;
        let mut article = row.article(&head.origin(), Slot::NONE)?;
        if article.sequence != head.sequence {
            return Err(Malformed("its sequences differ"));
        }
        if head.has_content {
            article.fingerprint.sketch = reader.short_varint()?;
            article.content = read_content(reader.bytes()?)?;
        }
        reader.end()?;
        Ok(Self { head, article })
    }

    /// The sequence and the id of the article of a record.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if they cannot be read.
    pub fn peek(bytes: &[u8]) -> Result<(u64, &str), Malformed> {
        let mut reader = Reader(bytes);
        let head = Head::read(&mut reader)?;
        Ok((head.sequence, row::id(&mut reader, &head.origin())?))
    }

    /// Whether another record is of the same article, all that is known of it the same; the mean after it, which
    /// is not the article's, may be another.
    pub fn is_same(&self, other: &Self) -> bool {
        let [ours, theirs] = [self, other].map(|record| {
            let mut bytes = Vec::new();
            Self::encode(&record.article, None, 0.0, &mut bytes);
            bytes
        });
        ours == theirs
    }

    /// The article's place in the order of admission.
    pub fn sequence(&self) -> u64 {
        self.article.sequence
    }

    /// The article, for an index that is elsewhere.
    pub fn into_article(self) -> Article {
        self.article
    }

    /// What became of the collection's mean specificity when it was admitted.
    pub fn usual(&self) -> f64 {
        self.head.usual
    }

    /// The article's id.
    pub fn id(&self) -> &str {
        &self.article.id
    }
}
