//! Which pages are in memory, and where the others are.

use std::{
    collections::VecDeque,
    io,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use parking_lot::Mutex;
use xxhash_rust::xxh3::xxh3_64;

use super::page::SLOTS;
use crate::spill::Spill;

/// At most so many pages are spilled at once: whoever does it answers somebody.
const AT_ONCE: usize = 2;

/// When nothing can be spilled it is tried again after so many submissions.
const PATIENCE: usize = 1024;

/// Bytes of the checksum behind each article.
pub(super) const CHECKSUM: usize = size_of::<u32>();

/// Pages that are full are spilled in the order in which they became it, but for the latest.
#[derive(Debug)]
pub(crate) struct Spilling {
    to: Arc<dyn Spill>,
    /// So many full pages stay in memory.
    resident: usize,
    full: Mutex<Full>,
    /// How many pages were ever made.
    made: AtomicU32,
}

#[derive(Debug, Default)]
struct Full {
    /// By number; one may be here twice, or be spilled already.
    pages: VecDeque<u32>,
    /// So many more submissions are let pass.
    patience: usize,
}

impl Spilling {
    /// Keeps about so many articles in memory.
    pub(crate) fn new(to: Arc<dyn Spill>, resident: usize) -> Self {
        Self {
            to,
            resident: resident.div_ceil(SLOTS),
            full: Mutex::default(),
            made: AtomicU32::new(0),
        }
    }

    /// The number of a new page among all that were ever made.
    pub(super) fn next_number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes note of a page that has become full.
    pub(super) fn note_full(&self, number: u32) {
        self.full.lock().pages.push_back(number);
    }

    /// Those that should be spilled by now.
    pub(super) fn due(&self) -> Vec<u32> {
        let Full { pages, patience } = &mut *self.full.lock();
        if *patience > 0 {
            *patience -= 1;
            return Vec::new();
        }
        let due = pages.len().saturating_sub(self.resident).min(AT_ONCE);
        pages.drain(..due).collect()
    }

    /// Spills a page; `None` if that cannot be done, and then it stays in memory for a while.
    pub(super) fn put(&self, number: u32, bytes: &[u8]) -> Option<Extent> {
        let Some(at) = self.to.put(bytes) else {
            let Full { pages, patience } = &mut *self.full.lock();
            pages.push_front(number);
            *patience = PATIENCE;
            return None;
        };
        Some(Extent {
            at,
            length: bytes.len(),
            to: Arc::clone(&self.to),
        })
    }
}

/// Bytes that are spilled, until nobody knows of them any more.
#[derive(Debug)]
pub(super) struct Extent {
    at: u64,
    length: usize,
    to: Arc<dyn Spill>,
}

impl Extent {
    pub(super) fn len(&self) -> usize {
        self.length
    }
}

impl Drop for Extent {
    fn drop(&mut self) {
        self.to.free(self.at, self.length);
    }
}

/// An article that is spilled. It can be read whatever becomes of its page.
#[derive(Debug)]
pub(super) struct Spilled {
    extent: Arc<Extent>,
    range: Range<u32>,
}

impl Spilled {
    pub(super) fn new(extent: &Arc<Extent>, range: Range<u32>) -> Self {
        Self {
            extent: Arc::clone(extent),
            range,
        }
    }

    /// Appends the article's bytes, none if they are lost.
    pub(super) fn read(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.range.len(), 0);
        let Extent { at, to, .. } = &*self.extent;
        let read = to.read(at + u64::from(self.range.start), &mut out[start..]);
        let checked = read.and_then(|()| match out[start..].split_last_chunk() {
            Some((bytes, sum)) if checksum(bytes) == *sum => Ok(bytes.len()),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a checksum is wrong",
            )),
        });
        let length = checked.unwrap_or_else(|error| {
            to.lost(error);
            0
        });
        out.truncate(start + length);
    }
}

/// Appends an article as it is spilled.
pub(super) fn write(article: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(article);
    out.extend_from_slice(&checksum(article));
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    (xxh3_64(bytes) as u32).to_le_bytes()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        collections::BTreeMap,
        sync::atomic::{AtomicBool, AtomicUsize},
    };

    use super::*;

    /// Keeps what is spilled in memory, and sees to it that what is free is not read.
    #[derive(Debug, Default)]
    pub(crate) struct Heap {
        pieces: Mutex<(u64, BTreeMap<u64, Vec<u8>>)>,
        pub(crate) is_full: AtomicBool,
        pub(crate) lost: AtomicUsize,
    }

    impl Heap {
        /// Bytes that are used.
        pub(crate) fn used(&self) -> usize {
            self.pieces.lock().1.values().map(Vec::len).sum()
        }

        /// Changes a bit of each article's bytes.
        pub(crate) fn damage(&self) {
            let pieces = &mut self.pieces.lock().1;
            pieces
                .values_mut()
                .flatten()
                .step_by(16)
                .for_each(|byte| *byte ^= 4);
        }
    }

    impl Spill for Heap {
        fn put(&self, bytes: &[u8]) -> Option<u64> {
            if self.is_full.load(Ordering::Relaxed) {
                return None;
            }
            let (end, pieces) = &mut *self.pieces.lock();
            let at = *end;
            *end += bytes.len() as u64;
            pieces.insert(at, bytes.to_vec());
            Some(at)
        }

        fn read(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
            let pieces = &self.pieces.lock().1;
            let (start, piece) = pieces.range(..=at).next_back().expect("it was put there");
            let start = (at - start) as usize;
            out.copy_from_slice(&piece[start..start + out.len()]);
            Ok(())
        }

        fn free(&self, at: u64, length: usize) {
            let piece = self.pieces.lock().1.remove(&at).expect("it is not free");
            assert_eq!(piece.len(), length);
        }

        fn lost(&self, _: io::Error) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_oldest_are_due_first_and_none_for_a_while_when_there_is_no_room() {
        let heap = Arc::new(Heap::default());
        let spilling = Spilling::new(Arc::clone(&heap) as Arc<dyn Spill>, 2 * SLOTS);
        (0..5).for_each(|number| spilling.note_full(number));
        assert_eq!(spilling.due(), [0, 1]);
        heap.is_full.store(true, Ordering::Relaxed);
        assert!(spilling.put(1, b"1").is_none());
        for _ in 0..PATIENCE {
            assert!(spilling.due().is_empty());
        }
        assert_eq!(spilling.due(), [1, 2]);
        assert!(spilling.due().is_empty());
    }
}
