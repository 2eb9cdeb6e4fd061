//! A lock by itself.

use parking_lot::RwLock;

/// A lock on cache lines of its own, so that whoever takes it does not take its neighbour's from another processor.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Locked<T>(pub(super) RwLock<T>);

impl<T> Locked<T> {
    pub(super) fn new(value: T) -> Self {
        Self(RwLock::new(value))
    }
}
