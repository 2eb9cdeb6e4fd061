//! Whole lines of memory.

/// On cache lines of its own: whoever writes it (a lock, to take it) does not take its neighbour's from another processor, and
/// sixty-four bytes that are read of it at once do not lie on two.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Padded<T>(pub(crate) T);
