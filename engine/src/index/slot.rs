//! Slots: the small numbers that the index knows articles by.

use parking_lot::Mutex;

/// An article's number in its collection. Numbers of deleted articles are given out again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

impl Slot {
    /// The slot that no article ever has.
    pub(crate) const NONE: Self = Self(u32::MAX);
}

/// Gives out slots.
///
/// A reader may hold the slot of an article that is deleted meanwhile, and find another in its place:
/// so whatever the index finds is verified against the article that it then looks up.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u32,
    free: Vec<Slot>,
}

impl Slots {
    /// The first `count` slots are taken.
    pub(crate) fn first(count: u32) -> Self {
        Self(Mutex::new(State {
            next: count,
            free: Vec::new(),
        }))
    }

    /// A slot that no article has; `None` when all 2^32 - 1 are taken.
    pub(crate) fn take(&self) -> Option<Slot> {
        let mut state = self.0.lock();
        if let Some(slot) = state.free.pop() {
            return Some(slot);
        }
        let slot = Slot(state.next);
        state.next = state.next.checked_add(1)?;
        Some(slot)
    }

    /// A slot beyond every one that was ever taken.
    pub(crate) fn first_free(&self) -> u32 {
        self.0.lock().next
    }

    /// Gives back memory that is not used any more, and numbers beyond all that are taken. The lowest are given
    /// out first from then on, so that articles move together.
    pub(crate) fn shrink(&self) {
        let State { next, free } = &mut *self.0.lock();
        free.sort_unstable_by(|one, other| other.cmp(one));
        let beyond = free.iter().take_while(|slot| {
            let is_last = slot.0 + 1 == *next;
            *next -= u32::from(is_last);
            is_last
        });
        let beyond = beyond.count();
        free.drain(..beyond);
        free.shrink_to_fit();
    }

    /// Gives back the slot of an article that no table of the index names any more.
    pub(crate) fn give_back(&self, slot: Slot) {
        self.0.lock().free.push(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_all_that_are_taken_come_back() {
        let slots = Slots::first(100);
        (10..100)
            .chain([3, 5])
            .for_each(|slot| slots.give_back(Slot(slot)));
        slots.shrink();
        assert_eq!(slots.first_free(), 10);
        let taken = std::array::from_fn(|_| slots.take().expect("a slot").0);
        assert_eq!(taken, [3, 5, 10, 11]);
    }
}
