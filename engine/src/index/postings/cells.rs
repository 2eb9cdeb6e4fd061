//! The memory of cells, by number.

use super::cell::Cell;
use crate::index::memory::allocated;

/// Cells by number. They never move, so that one more costs as much however many there are.
#[derive(Debug, Default)]
pub(super) struct Cells {
    chunks: Vec<Box<[Cell; Cells::STEP]>>,
    /// Numbers that are free again.
    free: Vec<u32>,
    /// Numbers that were given out, those that are free again among them.
    given: u32,
}

impl Cells {
    /// So many get their memory together.
    pub(super) const STEP: usize = 32;

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.given as usize - self.free.len()
    }

    /// Number of cells that there is memory for.
    pub(super) fn room(&self) -> usize {
        self.chunks.len() * Self::STEP
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> &Cell {
        &self.chunks[number as usize / Self::STEP][number as usize % Self::STEP]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> &mut Cell {
        &mut self.chunks[number as usize / Self::STEP][number as usize % Self::STEP]
    }

    /// Adds a cell and returns its number.
    pub(super) fn add(&mut self, cell: Cell) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.given += 1;
            self.given - 1
        });
        if number as usize == self.room() {
            self.chunks.push(Box::new([Cell::new(0); Self::STEP]));
        }
        *self.get_mut(number) = cell;
        number
    }

    /// Takes a cell out.
    pub(super) fn remove(&mut self, number: u32) {
        self.free.push(number);
    }

    /// Memory beyond the value itself, in bytes.
    pub(super) fn bytes(&self) -> usize {
        allocated::<Box<[Cell; Self::STEP]>>(self.chunks.capacity())
            + self.chunks.len() * allocated::<[Cell; Self::STEP]>(1)
            + allocated::<u32>(self.free.capacity())
    }
}
