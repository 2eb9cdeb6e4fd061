//! Room around what is written by one processor after another.

/// On cache lines of its own, so that whoever writes it (a lock, to take it) does not take its neighbour's from another
/// processor.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Padded<T>(pub(super) T);
