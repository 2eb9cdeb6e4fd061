//! What goes into the tables at once: gathered by many threads, sorted, and put in by as many.
//!
//! An entry by itself costs a table what it takes to reach far memory, and a list that grows is moved each
//! time. Sorted first, entries of one list lie side by side, and the list is made once, of the size that it
//! has.

use std::{mem, thread};

use parking_lot::Mutex;

/// Entries are spread over so many parts, each of which is sorted by itself.
pub(crate) const PART_BITS: u32 = 4;
const PARTS: usize = 1 << PART_BITS;

/// Entries of one table in any order: numbers that begin with where in their part they go, and are in order
/// then as they are to be put in.
#[derive(Debug)]
pub(crate) struct Gathered<E>([Vec<E>; PARTS]);

impl<E> Default for Gathered<E> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Vec::new()))
    }
}

impl<E: Copy + Ord> Gathered<E> {
    pub(crate) fn push(&mut self, part: u32, entry: E) {
        self.0[part as usize].push(entry);
    }

    /// The parts of what several threads have gathered, each in order.
    pub(crate) fn parts<'a>(all: impl Iterator<Item = &'a mut Self>) -> Vec<Part<E>>
    where
        E: 'a,
    {
        let mut parts: Vec<_> = (0..PARTS as u32)
            .map(|part| Part {
                part,
                pieces: Vec::new(),
            })
            .collect();
        for gathered in all {
            for (part, piece) in parts.iter_mut().zip(&mut gathered.0) {
                part.pieces.push(mem::take(piece));
            }
        }
        parts
    }
}

/// The entries of one part.
#[derive(Debug)]
pub(crate) struct Part<E> {
    pub(crate) part: u32,
    pieces: Vec<Vec<E>>,
}

impl<E: Copy + Ord> Part<E> {
    /// All entries of the part, in order.
    pub(crate) fn sorted(self) -> Vec<E> {
        let mut entries = Vec::with_capacity(self.pieces.iter().map(Vec::len).sum());
        // Each piece goes as soon as it is copied.
        self.pieces
            .into_iter()
            .for_each(|piece| entries.extend(piece));
        entries.sort_unstable();
        entries
    }
}

/// Does all tasks, on as many threads as there are processors.
pub(crate) fn share_out(tasks: Vec<Box<dyn FnOnce() + Send + '_>>) {
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(tasks.len());
    let tasks = Mutex::new(tasks);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(task) = tasks.lock().pop() else {
                        break;
                    };
                    task();
                }
            });
        }
    });
}
