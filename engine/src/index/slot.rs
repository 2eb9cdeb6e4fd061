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

    /// Gives back the slot of an article that no table of the index names any more.
    pub(crate) fn give_back(&self, slot: Slot) {
        self.0.lock().free.push(slot);
    }
}
