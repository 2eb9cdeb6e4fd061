//! Sorting numbers that are spread evenly over their range, as hashes are.
//!
//! The upper bits of a number say about where it belongs. Numbers are counted by these, and each is put at once among those
//! that begin alike, of which there are hardly ever two; the little that is left out of order is put right. Nothing of
//! that is a branch that looks like chance, as each comparison of another sorting is.

use crate::wide::{Wide, Work, run_wide};

/// At most so many of the upper bits are looked at.
const MOST_BITS: u32 = 10;

/// More would be too many that begin alike.
const MOST: usize = 2 << MOST_BITS;

/// Puts the numbers in order in place of what is in `sorted`.
pub(crate) fn sort(numbers: &[u32], sorted: &mut Vec<u32>) {
    sorted.resize(numbers.len(), 0);
    run_wide(Sort { numbers, sorted });
}

struct Sort<'a> {
    numbers: &'a [u32],
    /// Of as many.
    sorted: &'a mut [u32],
}

impl Work for Sort<'_> {
    #[inline(always)]
    fn run(self, _: impl Wide) {
        let Self { numbers, sorted } = self;
        if numbers.len() > MOST {
            sorted.copy_from_slice(numbers);
            sorted.sort_unstable();
            return;
        }
        // About as many beginnings as numbers, at least four.
        let bits = (numbers.len() | 3).ilog2() + 1;
        let bits = bits.min(MOST_BITS);
        let any = numbers.iter().fold(0, |any, number| any | number);
        let shift = (u32::BITS - any.leading_zeros()).saturating_sub(bits);
        let begins = |number: u32| (number >> shift) as usize % (1 << MOST_BITS);
        let mut places = [0u16; 1 << MOST_BITS];
        for number in numbers {
            places[begins(*number)] += 1;
        }
        add_up(&mut places[..1 << bits]);
        for number in numbers {
            let place = &mut places[begins(*number)];
            sorted[usize::from(*place)] = *number;
            *place += 1;
        }
        put_right(sorted);
    }
}

/// Puts in the place of each number the sum of those before it, four at a time: times ones, four numbers side by side become
/// their sums from the first on.
#[inline(always)]
fn add_up(numbers: &mut [u16]) {
    const ONES: u64 = 0x0001_0001_0001_0001;
    let mut before = 0u64;
    for four in numbers.as_chunks_mut::<4>().0 {
        let each = u64::from_le_bytes(bytemuck::cast(four.map(u16::to_le)));
        let sums = each.wrapping_mul(ONES);
        let sums_before = (sums.wrapping_sub(each)).wrapping_add(before.wrapping_mul(ONES));
        *four = bytemuck::cast::<_, [u16; 4]>(sums_before.to_le_bytes()).map(u16::from_le);
        before += sums >> 48;
    }
}

/// So often neighbours are exchanged.
const MOST_ROUNDS: usize = 32;

/// Sorts what is nearly in order, by exchanging neighbours (odd-even transposition sort), and anything else in another way.
#[inline(always)]
fn put_right(numbers: &mut [u32]) {
    for _ in 0..MOST_ROUNDS {
        exchange(numbers);
        exchange(numbers.get_mut(1..).unwrap_or_default());
        let next = numbers.iter().skip(1);
        let is_after = |after, (number, next)| after | (number > next);
        if !numbers.iter().zip(next).fold(false, is_after) {
            return;
        }
    }
    numbers.sort_unstable();
}

/// Puts the lower of two first.
#[inline(always)]
fn exchange(numbers: &mut [u32]) {
    for two in numbers.as_chunks_mut::<2>().0 {
        let [one, other] = *two;
        *two = [one.min(other), one.max(other)];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_in_order(
            numbers in proptest::collection::vec(prop_oneof![any::<u32>(), 0u32..300], 0..700),
        ) {
            let mut sorted = vec![7; 3];
            sort(&numbers, &mut sorted);
            let mut expected = numbers;
            expected.sort_unstable();
            prop_assert_eq!(&sorted, &expected);
        }
    }

    #[test]
    fn many_and_what_begins_alike_are_sorted_too() {
        let mut sorted = Vec::new();
        for count in [1000, 70_000] {
            let descending: Vec<u32> = (0..count).rev().chain([1 << 31]).collect();
            sort(&descending, &mut sorted);
            assert!(sorted.iter().copied().eq((0..count).chain([1 << 31])));
        }
    }
}
