//! What tables take, and vectors that leave little of it unused.

use std::hash::{BuildHasher, Hash};

use dashmap::DashMap;

/// Bytes that an allocation of `count` values takes: allocators round up, and put a word before it.
pub(crate) fn allocated<T>(count: usize) -> usize {
    match size_of::<T>().checked_mul(count) {
        None | Some(0) => 0,
        Some(_) if size_of::<T>() == 0 => 0,
        Some(bytes) => (bytes + 8).next_multiple_of(16).max(32),
    }
}

/// Bytes that a map takes, without what its values point to: an eighth of its places are never used, and
/// each has a byte of control.
pub(crate) fn map_bytes<K: Eq + Hash, V, S: BuildHasher + Clone>(map: &DashMap<K, V, S>) -> usize {
    map.capacity() / 7 * 8 * (size_of::<(K, V)>() + 1)
}

/// Gives memory back when hardly any of a map's places are used any more.
pub(crate) fn shrink_map<K: Eq + Hash, V, S: BuildHasher + Clone>(map: &DashMap<K, V, S>) {
    if map.capacity() > 4 * map.len() + 64 {
        map.shrink_to_fit();
    }
}

/// Makes room for one more, and for `step` at least if there is none. Growing by an eighth and not twofold
/// leaves hardly any memory unused; the copying costs nothing beside reaching the vector at all.
pub(crate) fn grow<T>(values: &mut Vec<T>, step: usize) {
    if values.len() == values.capacity() {
        values.reserve_exact(step.max(values.len() / 8));
    }
}

/// Gives memory back when half of it is not used any more.
pub(crate) fn shrink<T>(values: &mut Vec<T>) {
    if values.capacity() > 16 && values.len() * 2 < values.capacity() {
        values.shrink_to(values.len() + values.len() / 8);
    }
}
