//! The exact hash: has this text been seen before, whatever it was dressed in?

use std::fmt;

use xxhash_rust::xxh3::xxh3_128;

use crate::text::FoldedText;

/// xxh3-128 of the folded words. Two texts have the same hash if they fold to the same words; of two
/// that do not, the chance of an equal hash is 2^-128 (for texts not made for it: xxh3 is not a
/// cryptographic hash).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExactHash(pub u128);

impl ExactHash {
    /// The hash of a folded text.
    pub fn of(text: &FoldedText) -> Self {
        Self(xxh3_128(bytemuck::cast_slice(text.units())))
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for ExactHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
