//! Records: all that is known of an indexed article as bytes, for a journal and for copies of an index.
//!
//! A restored index answers as the one that the records were written from, so a record has everything
//! that a later answer can depend on. Matches name their articles by sequence: slots are given anew.

use std::sync::atomic::AtomicBool;

use crate::{
    answer::{PackedEvidence, Relation, Verdict},
    codec::{Malformed, Reader, put_bytes, put_varint},
    detector::Detector,
    fingerprint::{Content, ExactHash, Fingerprint, Fingerprinter, SimHash, StoredContent},
    index::{
        Slot,
        articles::{Article, FirstMatch, Metadata},
    },
};

/// Version of the fingerprints' content: what a sketch samples, and how it hashes. Contents of
/// different versions cannot be compared, nor can those of different [`crate::FOLD_VERSION`]s.
pub const CONTENT_VERSION: u32 = 1;

/// Bits of a record's flags.
const IS_STORY: u8 = 1;
const TRUNCATED: u8 = 2;
const HAS_PUBLISHED: u8 = 4;
const HAS_CONTENT: u8 = 8;
const REPLACES: u8 = 16;
const IN_A_STORY: u8 = 32;

/// An article as it was admitted.
#[derive(Debug)]
pub struct Record {
    /// The article. It is in no index yet.
    pub(crate) article: Article,
    /// The sequence of the article that had its id before.
    pub replaces: Option<u64>,
    /// What became of the collection's mean specificity when it was admitted.
    pub usual: f64,
}

impl Record {
    /// Appends the record of an article, told as [`crate::Journal::admitted`] is.
    pub fn encode(article: &Article, replaced: Option<u64>, usual: f64, out: &mut Vec<u8>) {
        let Metadata {
            title,
            source,
            url,
            published,
        } = &article.metadata;
        let fingerprint = &article.fingerprint;
        let first_of_its_story =
            (article.cluster, article.standing) == (article.sequence, article.sequence);
        let flags = [
            (article.is_story, IS_STORY),
            (article.truncated, TRUNCATED),
            (published.is_some(), HAS_PUBLISHED),
            (article.content.is_some(), HAS_CONTENT),
            (replaced.is_some(), REPLACES),
            (!first_of_its_story, IN_A_STORY),
        ];
        let flags = flags.iter().filter(|(set, _)| *set);
        out.push(flags.fold(0, |flags, (_, flag)| flags | flag));
        put_varint(out, article.sequence);
        put_bytes(out, article.id.as_bytes());
        [title, source, url]
            .iter()
            .for_each(|field| put_bytes(out, field.as_bytes()));
        if let Some(published) = published {
            out.extend_from_slice(&published.to_le_bytes());
        }
        out.extend_from_slice(&article.first_seen.to_le_bytes());
        put_varint(out, article.revision.into());
        out.push(verdict(article.verdict));
        if !first_of_its_story {
            put_varint(out, article.cluster);
            put_varint(out, article.standing);
        }
        if let Some(replaced) = replaced {
            put_varint(out, replaced);
        }
        out.extend_from_slice(&usual.to_le_bytes());
        out.extend_from_slice(&fingerprint.exact.0.to_le_bytes());
        out.extend_from_slice(&fingerprint.simhash.0.to_le_bytes());
        put_varint(out, fingerprint.tokens.into());
        if let Some(content) = &article.content {
            put_varint(out, fingerprint.sketch.into());
            put_bytes(out, content.as_ref());
        }
        put_varint(out, article.first_matches.len() as u64);
        for found in &article.first_matches {
            put_varint(out, found.sequence);
            out.push(found.relation as u8);
            found.evidence.encode(out);
        }
    }

    /// Appends the record itself; that it took another's place is not said again.
    pub fn write(&self, out: &mut Vec<u8>) {
        Self::encode(&self.article, None, self.usual, out);
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
        let flags = reader.byte()?;
        let has = |flag| flags & flag != 0;
        let sequence = reader.varint()?;
        let id = reader.text()?.into();
        let metadata = Metadata {
            title: reader.text()?.into(),
            source: reader.text()?.into(),
            url: reader.text()?.into(),
            published: (has(HAS_PUBLISHED).then(|| reader.array().map(i64::from_le_bytes)))
                .transpose()?,
        };
        let first_seen = i64::from_le_bytes(reader.array()?);
        let revision = reader.short_varint()?;
        let verdict = match reader.byte()? {
            0 => Verdict::New,
            code => Verdict::Related(relation(code - 1)?),
        };
        let (cluster, standing) = match has(IN_A_STORY) {
            true => (reader.varint()?, reader.varint()?),
            false => (sequence, sequence),
        };
        let replaces = has(REPLACES).then(|| reader.varint()).transpose()?;
        let usual = f64::from_le_bytes(reader.array()?);
        if !usual.is_finite() || sequence == u64::MAX {
            return Err(Malformed("a number is out of its range"));
        }
        let mut fingerprint = Fingerprint {
            exact: ExactHash(u128::from_le_bytes(reader.array()?)),
            simhash: SimHash(reader.long()?),
            tokens: reader.short_varint()?,
            sketch: 0,
        };
        let mut content = None;
        if has(HAS_CONTENT) {
            fingerprint.sketch = reader.short_varint()?;
            content = read_content(reader.bytes()?)?;
        }
        let count = reader.count(PackedEvidence::LEAST + 2)?;
        let first_matches = (0..count).map(|_| first_match(&mut reader)).collect();
        let first_matches: Result<_, Malformed> = first_matches;
        let article = Article {
            id,
            metadata,
            first_seen,
            revision,
            fingerprint,
            content,
            verdict,
            slot: Slot::NONE,
            sequence,
            cluster,
            standing,
            first_matches: first_matches?,
            truncated: has(TRUNCATED),
            is_story: has(IS_STORY),
            removed: AtomicBool::new(false),
        };
        reader.end()?;
        Ok(Self {
            article,
            replaces,
            usual,
        })
    }

    /// The sequence and the id that a record begins with.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it does not.
    pub fn peek(bytes: &[u8]) -> Result<(u64, &str), Malformed> {
        let mut reader = Reader(bytes);
        reader.byte()?;
        Ok((reader.varint()?, reader.text()?))
    }

    /// The article's place in the order of admission.
    pub fn sequence(&self) -> u64 {
        self.article.sequence
    }

    /// The article's id.
    pub fn id(&self) -> &str {
        &self.article.id
    }
}

fn first_match(reader: &mut Reader<'_>) -> Result<FirstMatch, Malformed> {
    Ok(FirstMatch {
        slot: Slot::NONE,
        sequence: reader.varint()?,
        relation: relation(reader.byte()?)?,
        evidence: PackedEvidence::decode(reader)?,
    })
}

fn verdict(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::New => 0,
        Verdict::Related(relation) => 1 + relation as u8,
    }
}

pub(crate) fn relation(code: u8) -> Result<Relation, Malformed> {
    use Relation::*;
    [
        Exact,
        NearDuplicate,
        ContainedIn,
        Contains,
        Partial,
        Template,
    ]
    .into_iter()
    .find(|relation| *relation as u8 == code)
    .ok_or(Malformed("a relation is not known"))
}
