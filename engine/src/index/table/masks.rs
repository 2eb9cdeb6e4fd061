//! What a value is changed by to come to those near it in its row.

use super::IN_ROW;

/// Values of a row.
const VALUES: usize = 1 << IN_ROW;

/// The numbers of as many bits as there are in a row with at most `bits` of them set, fewest first.
#[inline(always)]
pub(super) fn masks(bits: u32) -> &'static [u16] {
    &MASKS[..UP_TO[bits.min(IN_ROW) as usize]]
}

/// All of them, those with the fewest bits set first.
static MASKS: [u16; VALUES] = {
    let mut masks = [0; VALUES];
    let mut filled = 0;
    let mut bits = 0;
    while bits <= IN_ROW {
        let mut mask = 0;
        while mask < VALUES {
            if mask.count_ones() == bits {
                masks[filled] = mask as u16;
                filled += 1;
            }
            mask += 1;
        }
        bits += 1;
    }
    masks
};

/// Number of those with at most 0, 1, … bits set.
static UP_TO: [usize; IN_ROW as usize + 1] = {
    let mut up_to = [0; IN_ROW as usize + 1];
    let mut at = 0;
    while at < VALUES {
        up_to[MASKS[at].count_ones() as usize] = at + 1;
        at += 1;
    }
    up_to
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_all_that_have_no_more_bits() {
        for bits in 0..IN_ROW + 2 {
            let mut masks = masks(bits).to_vec();
            assert!(masks.is_sorted_by_key(|mask| mask.count_ones()));
            masks.sort_unstable();
            let all = (0..VALUES).map(|mask| mask as u16);
            let expected: Vec<_> = all.filter(|mask| mask.count_ones() <= bits).collect();
            assert_eq!(masks, expected);
        }
    }
}
