//! Kept texts: compressed, in the journal beside the records of their articles, found by sequence.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use dashmap::DashMap;
use foldhash::fast::RandomState;
use xxhash_rust::xxh3::xxh3_64;

use super::log::file_name;

/// Where a kept text is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In memory: it is not written yet, or never will be.
    Memory(Arc<[u8]>),
    /// In a file of the journal.
    Stored {
        number: u32,
        offset: u64,
        length: u32,
    },
}

impl Place {
    fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Stored { length, .. } => u64::from(*length),
        }
    }
}

/// The kept texts of a collection.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// The folder of the journal; empty for what is in memory only.
    folder: PathBuf,
    places: DashMap<u64, Place, RandomState>,
    /// How many were removed.
    removed: AtomicU64,
}

/// After so many removals it is looked whether the table has become too large.
const SOME: u64 = 4096;

impl Texts {
    pub(super) fn within(folder: PathBuf) -> Self {
        Self {
            folder,
            ..Self::default()
        }
    }

    /// The text of the article of this sequence, if it was kept.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not what was written.
    pub(crate) fn get(&self, sequence: u64) -> io::Result<Option<String>> {
        let packed = self.packed(sequence)?;
        packed.map(|packed| unpack(&packed)).transpose()
    }

    /// The same as it is stored.
    fn packed(&self, sequence: u64) -> io::Result<Option<Arc<[u8]>>> {
        loop {
            let Some(place) = self.places.get(&sequence).map(|place| place.clone()) else {
                return Ok(None);
            };
            match self.read(&place) {
                Ok(bytes) => return Ok(Some(bytes)),
                // The file was cleaned away meanwhile: the text has another place, or none, now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let moved = self.places.get(&sequence).is_none_or(|now| {
                        matches!((&*now, &place),
                            (Place::Stored { number: now, .. }, Place::Stored { number, .. }) if now != number)
                    });
                    if !moved {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn read(&self, place: &Place) -> io::Result<Arc<[u8]>> {
        match place {
            Place::Memory(bytes) => Ok(Arc::clone(bytes)),
            Place::Stored {
                number,
                offset,
                length,
            } => {
                let mut file = File::open(self.folder.join(file_name(*number)))?;
                file.seek(SeekFrom::Start(*offset))?;
                let mut bytes = vec![0; *length as usize];
                file.read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
        }
    }

    pub(super) fn put(&self, sequence: u64, place: Place) {
        self.places.insert(sequence, place);
    }

    pub(super) fn remove(&self, sequence: u64) {
        self.places.remove(&sequence);
        let removed = self.removed.fetch_add(1, Ordering::Relaxed) + 1;
        if removed.is_multiple_of(SOME) && self.places.capacity() > 4 * self.places.len() {
            self.places.shrink_to_fit();
        }
    }

    /// Bytes that a text takes in the journal, 0 if there is none.
    pub(super) fn length(&self, sequence: u64) -> u64 {
        self.places.get(&sequence).map_or(0, |place| place.length())
    }
}

/// A text as it is stored: its checksum, and the text compressed.
pub(crate) fn pack(text: &str) -> Arc<[u8]> {
    let mut packed = xxh3_64(text.as_bytes()).to_le_bytes().to_vec();
    packed.extend(lz4_flex::compress_prepend_size(text.as_bytes()));
    packed.into()
}

/// The text again.
///
/// # Errors
///
/// If it is not what was packed.
pub(crate) fn unpack(packed: &[u8]) -> io::Result<String> {
    /// Longer than any text can be.
    const MOST: usize = 1 << 30;
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a kept text is damaged");
    let (sum, compressed) = packed.split_first_chunk::<8>().ok_or_else(damaged)?;
    let size = compressed.first_chunk::<4>().ok_or_else(damaged)?;
    if u32::from_le_bytes(*size) as usize > MOST {
        return Err(damaged());
    }
    let text = lz4_flex::decompress_size_prepended(compressed).map_err(|_| damaged())?;
    if xxh3_64(&text) != u64::from_le_bytes(*sum) {
        return Err(damaged());
    }
    String::from_utf8(text).map_err(|_| damaged())
}
