//! What tables take, and vectors that leave little of it unused.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, Hash},
};

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
    table_bytes::<K, V>(map.capacity())
}

/// The same of one that has room for so many.
pub(crate) fn table_bytes<K, V>(capacity: usize) -> usize {
    capacity / 7 * 8 * (size_of::<(K, V)>() + 1)
}

/// Gives memory back when hardly any of a map's places are used any more.
pub(crate) fn shrink_map<K: Eq + Hash, V, S: BuildHasher + Clone>(map: &DashMap<K, V, S>) {
    if map.capacity() > 4 * map.len() + 64 {
        map.shrink_to_fit();
    }
}

/// Makes room for one more. Growing by an eighth and not twofold leaves hardly any memory unused; the copying costs
/// nothing beside reaching the vector at all.
pub(crate) fn grow<T>(values: &mut Vec<T>) {
    if values.len() == values.capacity() {
        values.reserve_exact(1.max(values.len() / 8));
    }
}

/// Adds a value at the end, as [`grow`] makes room.
pub(crate) fn push<T>(values: &mut VecDeque<T>, value: T) {
    if values.len() == values.capacity() {
        values.reserve_exact(4.max(values.len() / 8));
    }
    values.push_back(value);
}

/// Takes a value out, if it is there, and gives memory back when half of it is not used any more. (The first ones go
/// first when articles expire: of a queue that moves nothing, of a vector all that come after.)
pub(crate) fn take<T: PartialEq>(values: &mut VecDeque<T>, value: &T) -> bool {
    let place = values.iter().position(|other| other == value);
    let is_there = place.and_then(|place| values.remove(place)).is_some();
    if values.capacity() > 16 && values.len() * 2 < values.capacity() {
        values.shrink_to(values.len() + values.len() / 8);
    }
    is_there
}
