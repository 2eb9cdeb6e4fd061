//! Rows: an article as bytes, all of it but its content. A page has them one after the other, a journal each in
//! its record.

use super::{
    Slot,
    articles::{Article, Metadata, Timestamp},
    first_matches::{self, FirstMatches},
};
use crate::{
    codec::{Malformed, Reader, put_bytes, put_varint},
    collection::VERDICTS,
    fingerprint::{ExactHash, Fingerprint, SimHash},
};

/// The flags that a row begins with; the lowest three bits are the verdict.
const TRUNCATED: u16 = 1 << 3;
const IS_STORY: u16 = 1 << 4;
const HAS_PUBLISHED: u16 = 1 << 6;
const IS_REVISED: u16 = 1 << 7;
const IN_A_STORY: u16 = 1 << 8;
const HAS_MATCHES: u16 = 1 << 9;

/// What the numbers of a row count from: the nearer, the fewer bytes they take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) sequence: u64,
    pub(crate) since: Timestamp,
    /// The row is one of an index: the slots of first matches, which mean nothing elsewhere, are part of it.
    pub(crate) in_index: bool,
}

impl Origin {
    pub(super) fn put_sequence(&self, out: &mut Vec<u8>, sequence: u64) {
        put_varint(out, zigzag(sequence.wrapping_sub(self.sequence) as i64));
    }

    pub(super) fn sequence(&self, reader: &mut Reader<'_>) -> Result<u64, Malformed> {
        Ok(self
            .sequence
            .wrapping_add(unzigzag(reader.varint()?) as u64))
    }

    fn put_time(&self, out: &mut Vec<u8>, time: Timestamp) {
        put_varint(out, zigzag(time.wrapping_sub(self.since)));
    }

    fn time(&self, reader: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
        Ok(self.since.wrapping_add(unzigzag(reader.varint()?)))
    }
}

/// Small numbers for numbers near zero, of either sign.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Appends the row of an article.
pub(crate) fn write(article: &Article, origin: &Origin, out: &mut Vec<u8>) {
    let verdict = VERDICTS.iter().position(|other| *other == article.verdict);
    let in_a_story = (article.cluster, article.standing) != (article.sequence, article.sequence);
    let flags = [
        (article.truncated, TRUNCATED),
        (article.is_story, IS_STORY),
        (article.metadata.published.is_some(), HAS_PUBLISHED),
        (article.revision != 1, IS_REVISED),
        (in_a_story, IN_A_STORY),
        (!article.first_matches.is_empty(), HAS_MATCHES),
    ];
    let flags = flags.iter().filter(|(set, _)| *set);
    let flags = flags.fold(verdict.unwrap_or_default() as u16, |all, (_, flag)| {
        all | flag
    });
    out.extend_from_slice(&flags.to_le_bytes());
    origin.put_sequence(out, article.sequence);
    let Metadata {
        title,
        source,
        url,
        published,
    } = &article.metadata;
    for text in [&article.id, title, source, url] {
        put_bytes(out, text.as_bytes());
    }
    if let Some(published) = published {
        origin.put_time(out, *published);
    }
    origin.put_time(out, article.first_seen);
    let fingerprint = &article.fingerprint;
    out.extend_from_slice(&fingerprint.exact.0.to_le_bytes());
    out.extend_from_slice(&fingerprint.simhash.0.to_le_bytes());
    put_varint(out, fingerprint.tokens.into());
    if article.revision != 1 {
        put_varint(out, article.revision.into());
    }
    if in_a_story {
        put_varint(out, article.cluster);
        put_varint(out, article.standing);
    }
    if !article.first_matches.is_empty() {
        article.first_matches.write(origin, out);
    }
}

/// A row as it stands in its bytes, the texts and matches of it not yet looked at.
pub(crate) struct Row<'a> {
    flags: u16,
    pub(crate) sequence: u64,
    /// Id, title, source and URL.
    texts: [&'a [u8]; 4],
    pub(crate) published: Option<Timestamp>,
    pub(crate) first_seen: Timestamp,
    /// Without the length of the sketch.
    pub(crate) fingerprint: Fingerprint,
    revision: u32,
    pub(crate) cluster: u64,
    standing: u64,
    first_matches: &'a [u8],
}

impl<'a> Row<'a> {
    /// Reads a row, which may be followed by something else.
    pub(crate) fn read(reader: &mut Reader<'a>, origin: &Origin) -> Result<Self, Malformed> {
        let flags = u16::from_le_bytes(reader.array()?);
        let has = |flag| flags & flag != 0;
        let sequence = origin.sequence(reader)?;
        if sequence == u64::MAX {
            return Err(Malformed("a number is out of its range"));
        }
        let mut texts = [&[][..]; 4];
        for text in &mut texts {
            *text = reader.bytes()?;
        }
        let published = has(HAS_PUBLISHED).then(|| origin.time(reader));
        let published = published.transpose()?;
        let first_seen = origin.time(reader)?;
        let fingerprint = Fingerprint {
            exact: ExactHash(u128::from_le_bytes(reader.array()?)),
            simhash: SimHash(reader.long()?),
            tokens: reader.short_varint()?,
            sketch: 0,
        };
        let revision = match has(IS_REVISED) {
            true => reader.short_varint()?,
            false => 1,
        };
        let (cluster, standing) = match has(IN_A_STORY) {
            true => (reader.varint()?, reader.varint()?),
            false => (sequence, sequence),
        };
        let first_matches = match has(HAS_MATCHES) {
            true => first_matches::skip(reader, origin)?,
            false => &[],
        };
        Ok(Self {
            flags,
            sequence,
            texts,
            published,
            first_seen,
            fingerprint,
            revision,
            cluster,
            standing,
            first_matches,
        })
    }

    /// The article's id.
    pub(crate) fn id(&self) -> Result<&'a str, Malformed> {
        text(self.texts[0])
    }

    /// The article, which has this slot. It has no content.
    pub(crate) fn article(&self, origin: &Origin, slot: Slot) -> Result<Article, Malformed> {
        let has = |flag| self.flags & flag != 0;
        let [id, title, source, url] = self.texts;
        let verdict = VERDICTS.get(usize::from(self.flags & 7));
        Ok(Article {
            id: text(id)?.into(),
            metadata: Metadata {
                title: text(title)?.into(),
                source: text(source)?.into(),
                url: text(url)?.into(),
                published: self.published,
            },
            first_seen: self.first_seen,
            revision: self.revision,
            fingerprint: self.fingerprint,
            content: None,
            verdict: *verdict.ok_or(Malformed("a verdict is not known"))?,
            slot,
            sequence: self.sequence,
            cluster: self.cluster,
            standing: self.standing,
            first_matches: FirstMatches::Written(self.first_matches.into(), *origin),
            truncated: has(TRUNCATED),
            is_story: has(IS_STORY),
        })
    }
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))
}

/// The sequence of the article of a row.
pub(super) fn sequence(reader: &mut Reader<'_>, origin: &Origin) -> Result<u64, Malformed> {
    let _flags: [u8; 2] = reader.array()?;
    origin.sequence(reader)
}

/// The id of the article of a row.
pub(crate) fn id<'a>(reader: &mut Reader<'a>, origin: &Origin) -> Result<&'a str, Malformed> {
    sequence(reader, origin)?;
    reader.text()
}
