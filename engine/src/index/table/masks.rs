//! Numbers of few bits: what a value is changed by to come to those near it.

/// The numbers below 16 with at most `bits` bits set.
pub(super) fn nibbles(bits: u32) -> &'static [u8] {
    &NIBBLES[..NIBBLES_UP_TO[bits.min(4) as usize]]
}

/// Number of those with at most 0, 1, … 4 bits set.
const NIBBLES_UP_TO: [usize; 5] = [1, 5, 11, 15, 16];

/// All numbers below 16, those with the fewest bits set first.
const NIBBLES: [u8; 16] = [0, 1, 2, 4, 8, 3, 5, 6, 9, 10, 12, 7, 11, 13, 14, 15];

/// The bytes with at most `bits` bits set, fewest first.
pub(super) fn bytes(bits: u32) -> &'static [u8] {
    &BYTES[..BYTES_UP_TO[bits.min(8) as usize]]
}

/// Number of bytes with at most 0, 1, … 8 bits set.
const BYTES_UP_TO: [usize; 9] = [1, 9, 37, 93, 163, 219, 247, 255, 256];

/// All bytes, those with the fewest bits set first.
const BYTES: [u8; 256] = {
    let mut masks = [0; 256];
    let mut filled = 0;
    let mut bits = 0;
    while bits <= 8 {
        let mut mask = 0;
        while mask < 256 {
            if (mask as u8).count_ones() == bits {
                masks[filled] = mask as u8;
                filled += 1;
            }
            mask += 1;
        }
        bits += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_all_that_have_no_more_bits() {
        let check = |masks: &[u8], below: usize, bits: u32| {
            let mut masks = masks.to_vec();
            assert!(masks.is_sorted_by_key(|mask| mask.count_ones()));
            masks.sort_unstable();
            let all = (0..below).map(|mask| mask as u8);
            let expected: Vec<_> = all.filter(|mask| mask.count_ones() <= bits).collect();
            assert_eq!(masks, expected);
        };
        (0..6).for_each(|bits| check(nibbles(bits), 16, bits));
        (0..10).for_each(|bits| check(bytes(bits), 256, bits));
    }
}
