//! A fingerprint of a row in two parts: what of it is compared first, and the rest of it.

use super::{Block, IN_ROW};

/// Bits of [`Parts::other`].
const OTHER: u32 = IN_ROW + 16;

/// A fingerprint without the upper bits of its value, which all of a row have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    /// The lowest 32 bits beside the block's.
    pub(super) low: u32,
    /// The value in the row, and the 16 bits behind it.
    pub(super) other: u32,
}

impl Parts {
    #[inline(always)]
    pub(super) fn of(simhash: u64, block: Block) -> Self {
        let in_row = u32::from(block.value(simhash)) & ((1 << IN_ROW) - 1);
        let rest = block.rest(simhash);
        Self {
            low: rest as u32,
            other: in_row << 16 | (rest >> 32) as u32,
        }
    }

    /// The same but for its value in the row, which differs by this mask.
    #[inline(always)]
    pub(super) fn with_mask(self, mask: u16) -> Self {
        Self {
            other: self.other ^ u32::from(mask) << 16,
            ..self
        }
    }

    /// The bits beside the block's.
    #[inline(always)]
    pub(super) fn rest(self) -> u64 {
        u64::from(self.other & 0xffff) << 32 | u64::from(self.low)
    }

    /// The value in the row.
    #[inline(always)]
    pub(super) fn in_row(self) -> u16 {
        (self.other >> 16) as u16
    }

    /// The first 32 bits of it: its value in the row and those behind.
    pub(super) fn begin(self) -> u32 {
        self.other << (u32::BITS - OTHER) | self.low >> OTHER
    }
}
