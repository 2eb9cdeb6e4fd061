//! Entries: what a journal says, one change each.

use std::path::Path;

use basma_engine::{
    Age, Article, Clock, Detector, FOLD_VERSION, Method, Record, Shingling, Timestamp,
    codec::{Malformed, Reader, put_bytes, put_varint},
    record::CONTENT_VERSION,
};

use crate::settings::Settings;

pub(super) const STATE: u8 = 1;
pub(super) const ADMITTED: u8 = 2;
pub(super) const DELETED: u8 = 3;

/// The versions of the fingerprints that are made now: of the folding, and of the content.
pub(super) const VERSIONS: [u32; 2] = [FOLD_VERSION, CONTENT_VERSION];

/// What a journal knows of its collection beside the articles. Every file of it begins with one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(super) name: String,
    pub(crate) created: Timestamp,
    pub(crate) settings: Settings,
    /// The versions that the fingerprints were made with.
    pub(super) versions: [u32; 2],
    /// No sequence from this one on was given out before.
    pub(super) next: u64,
    /// The collection's mean specificity.
    pub(super) usual: f64,
    /// The first file that is still needed.
    pub(super) first: u32,
}

impl State {
    /// Of a new, empty collection.
    pub(crate) fn new(name: &str, created: Timestamp, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            created,
            settings,
            versions: VERSIONS,
            next: 0,
            usual: 1.0,
            first: 1,
        }
    }

    /// Whether the fingerprints are as they are made now.
    pub(crate) fn is_current(&self) -> bool {
        self.versions == VERSIONS
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_bytes(&mut out, self.name.as_bytes());
        out.extend_from_slice(&self.created.to_le_bytes());
        let Settings {
            detector,
            retention,
            window,
            keep_texts,
        } = &self.settings;
        let (kind, size) = match detector.features {
            Shingling::Words(size) => (0, size),
            Shingling::Characters(size) => (1, size),
        };
        let method = match detector.method {
            Method::Full => 0,
            Method::SimHashOnly => 1,
        };
        out.extend_from_slice(&[method, kind, size, detector.distance as u8]);
        for share in [
            detector.min_score,
            detector.min_size_ratio,
            detector.min_partial,
        ] {
            out.extend_from_slice(&share.to_le_bytes());
        }
        put_age(&mut out, *retention);
        put_age(&mut out, *window);
        out.push((*keep_texts).into());
        self.versions
            .iter()
            .for_each(|version| put_varint(&mut out, (*version).into()));
        put_varint(&mut out, self.next);
        out.extend_from_slice(&self.usual.to_le_bytes());
        put_varint(&mut out, self.first.into());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let name = reader.text()?.to_owned();
        let created = i64::from_le_bytes(reader.array()?);
        let [method, kind, size, distance] = reader.array()?;
        let mut share = || reader.array().map(f32::from_le_bytes);
        let detector = Detector {
            method: match method {
                0 => Method::Full,
                1 => Method::SimHashOnly,
                _ => return Err(Malformed("a method is not known")),
            },
            features: match kind {
                0 => Shingling::Words(size),
                1 => Shingling::Characters(size),
                _ => return Err(Malformed("features are not known")),
            },
            distance: distance.into(),
            min_score: share()?,
            min_size_ratio: share()?,
            min_partial: share()?,
        };
        if detector.validate().is_err() {
            return Err(Malformed("a setting is out of its range"));
        }
        let settings = Settings {
            detector,
            retention: age(&mut reader)?,
            window: age(&mut reader)?,
            keep_texts: reader.byte()? != 0,
        };
        let state = Self {
            name,
            created,
            settings,
            versions: [reader.short_varint()?, reader.short_varint()?],
            next: reader.varint()?,
            usual: f64::from_le_bytes(reader.array()?),
            first: reader.short_varint()?,
        };
        reader.end()?;
        match state.usual.is_finite() {
            true => Ok(state),
            false => Err(Malformed("a mean is not a number")),
        }
    }
}

fn put_age(out: &mut Vec<u8>, age: Option<Age>) {
    match age {
        None => out.push(0),
        Some(age) => {
            out.push(match age.clock {
                Clock::FirstSeen => 1,
                Clock::Published => 2,
            });
            out.extend_from_slice(&age.most.to_le_bytes());
        }
    }
}

fn age(reader: &mut Reader<'_>) -> Result<Option<Age>, Malformed> {
    let clock = match reader.byte()? {
        0 => return Ok(None),
        1 => Clock::FirstSeen,
        2 => Clock::Published,
        _ => return Err(Malformed("a clock is not known")),
    };
    let most = i64::from_le_bytes(reader.array()?);
    match most > 0 {
        true => Ok(Some(Age { clock, most })),
        false => Err(Malformed("an age is not positive")),
    }
}

/// The body of an admission: the record, and the kept text as it is stored.
pub(super) fn admission(
    article: &Article,
    replaced: Option<u64>,
    usual: f64,
    text: Option<&[u8]>,
) -> Vec<u8> {
    let mut record = Vec::with_capacity(2048);
    Record::encode(article, replaced, usual, &mut record);
    let mut body = Vec::with_capacity(record.len() + 3 + text.map_or(0, <[u8]>::len));
    put_bytes(&mut body, &record);
    body.extend_from_slice(text.unwrap_or_default());
    body
}

/// The record and the stored text, empty if there is none, of an admission.
pub(super) fn parts(body: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut reader = Reader(body);
    let record = reader.bytes()?;
    Ok((record, reader.0))
}

/// The sequence that a deletion names.
pub(super) fn deletion(body: &[u8]) -> Result<u64, Malformed> {
    let mut reader = Reader(body);
    let sequence = reader.varint()?;
    reader.end()?;
    // No article gets the last one: what comes next is one more.
    match sequence {
        u64::MAX => Err(Malformed("a number is out of its range")),
        _ => Ok(sequence),
    }
}

/// A sentence about what is wrong at a place in a file.
pub(super) fn damaged(path: &Path, at: usize, what: &str) -> String {
    format!("{} is damaged at byte {at}: {what}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back() {
        let mut state = State::new("news", 1_437_447_092_000, Settings::default());
        for retention in [
            None,
            Some(Age {
                clock: Clock::Published,
                most: 86_400_000,
            }),
        ] {
            state.settings.retention = retention;
            state.settings.keep_texts = retention.is_some();
            (state.next, state.usual, state.first) = (u64::MAX, 0.25, 7);
            assert_eq!(State::decode(&state.encode()), Ok(state.clone()));
        }
        let whole = state.encode();
        for end in 0..whole.len() {
            assert!(State::decode(&whole[..end]).is_err());
        }
    }
}
