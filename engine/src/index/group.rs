//! Groups: the articles behind one key of a table.

use super::Slot;

/// One or more articles, in the order in which they came. Most keys have one article, which then
/// needs no allocation.
#[derive(Clone, Debug)]
pub(crate) enum Group {
    /// A single article.
    One(Slot),
    /// Several, or none for the moment in which the last one is taken out.
    Many(Vec<Slot>),
}

impl Group {
    pub(crate) fn push(&mut self, slot: Slot) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, slot]),
            Self::Many(slots) => slots.push(slot),
        }
    }

    /// Takes one article out; true if none is left.
    pub(crate) fn remove(&mut self, slot: Slot) -> bool {
        match self {
            Self::One(only) if *only == slot => *self = Self::Many(Vec::new()),
            Self::One(_) => {}
            Self::Many(slots) => {
                slots.retain(|other| *other != slot);
                if slots.capacity() > 8 && slots.len() * 4 < slots.capacity() {
                    slots.shrink_to_fit();
                }
            }
        }
        self.slots().is_empty()
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        match self {
            Self::One(only) => std::slice::from_ref(only),
            Self::Many(slots) => slots,
        }
    }
}
