//! What the submission of an article was told, kept for an equal one, which is told the same.
//!
//! It is read for that alone, so whoever finds the article, which is one of a crowd, gets it as it was written.

use super::{Slot, row::Origin};
use crate::{
    answer::{Match, PackedEvidence, Relation},
    codec::{Malformed, Reader, put_bytes, put_varint},
};

/// A match in a first answer. It names the article by slot and sequence: the slot may have gone to
/// another article since. The evidence is that of the time, since what is rare changes.
#[derive(Clone, Debug)]
pub(crate) struct FirstMatch {
    pub(crate) slot: Slot,
    pub(crate) sequence: u64,
    pub(crate) relation: Relation,
    pub(crate) evidence: PackedEvidence,
}

impl From<&Match> for FirstMatch {
    fn from(found: &Match) -> Self {
        Self {
            slot: found.article.slot,
            sequence: found.article.sequence,
            relation: found.relation,
            evidence: PackedEvidence::from(&found.evidence),
        }
    }
}

/// The matches of a first answer, strongest first.
#[derive(Clone, Debug)]
pub(crate) enum FirstMatches {
    Told(Box<[FirstMatch]>),
    /// As they were written, one after the other.
    Written(Box<[u8]>, Origin),
}

impl Default for FirstMatches {
    fn default() -> Self {
        Self::Told(Box::default())
    }
}

impl FromIterator<FirstMatch> for FirstMatches {
    fn from_iter<I: IntoIterator<Item = FirstMatch>>(matches: I) -> Self {
        Self::Told(matches.into_iter().collect())
    }
}

impl FirstMatches {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Told(matches) => matches.is_empty(),
            Self::Written(bytes, _) => bytes.is_empty(),
        }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = FirstMatch> {
        let (told, written) = match self {
            Self::Told(matches) => (&**matches, None),
            Self::Written(bytes, origin) => (&[][..], Some((Reader(bytes), origin))),
        };
        let mut written = written;
        let read = std::iter::from_fn(move || {
            let (reader, origin) = written.as_mut()?;
            // Of bytes that were read through before, or written here, it can only be that there are no more.
            read(reader, origin).ok()
        });
        told.iter().cloned().chain(read)
    }

    /// Gives each its slot, by the sequence of its article.
    pub(crate) fn locate(&mut self, slot: impl Fn(u64) -> Option<Slot>) {
        let located = self.iter().map(|found| FirstMatch {
            slot: slot(found.sequence).unwrap_or(Slot::NONE),
            ..found
        });
        *self = located.collect();
    }

    /// Appends them, if there are any.
    pub(super) fn write(&self, origin: &Origin, out: &mut Vec<u8>) {
        if origin.in_index {
            let mut bytes = Vec::new();
            self.iter()
                .for_each(|found| write(&found, origin, &mut bytes));
            put_bytes(out, &bytes);
        } else {
            put_varint(out, self.iter().count() as u64);
            self.iter().for_each(|found| write(&found, origin, out));
        }
    }
}

/// The bytes of first matches that were written, for [`FirstMatches::Written`]. Those that come from elsewhere are read
/// through.
pub(super) fn skip<'a>(reader: &mut Reader<'a>, origin: &Origin) -> Result<&'a [u8], Malformed> {
    if origin.in_index {
        return reader.bytes();
    }
    let count = reader.count(PackedEvidence::LEAST + 2)?;
    let all = reader.0;
    for _ in 0..count {
        read(reader, origin)?;
    }
    Ok(&all[..all.len() - reader.0.len()])
}

fn write(found: &FirstMatch, origin: &Origin, out: &mut Vec<u8>) {
    // Elsewhere it means nothing.
    if origin.in_index {
        put_varint(out, found.slot.0.into());
    }
    origin.put_sequence(out, found.sequence);
    out.push(found.relation as u8);
    found.evidence.encode(out);
}

fn read(reader: &mut Reader<'_>, origin: &Origin) -> Result<FirstMatch, Malformed> {
    let slot = match origin.in_index {
        true => Slot(reader.short_varint()?),
        false => Slot::NONE,
    };
    Ok(FirstMatch {
        slot,
        sequence: origin.sequence(reader)?,
        relation: relation(reader.byte()?)?,
        evidence: PackedEvidence::decode(reader)?,
    })
}

fn relation(code: u8) -> Result<Relation, Malformed> {
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
