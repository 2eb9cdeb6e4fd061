//! SimHash: 64 bits that differ in few places when two texts share most of their features.
//!
//! Moses Charikar, "Similarity Estimation Techniques from Rounding Algorithms" (STOC 2002); for web
//! pages Gurmeet Manku, Arvind Jain, Anish Das Sarma, "Detecting Near-Duplicates for Web Crawling"
//! (WWW 2007).

use std::{fmt, num::ParseIntError, str::FromStr};

use crate::shingle::{BLOCK, Blocks};

/// A 64-bit SimHash. Bit i is set if more features' hashes have bit i set than not; of no features
/// at all it is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SimHash(pub u64);

impl SimHash {
    /// Number of bits in which the two differ, 0 to 64.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// 16 hexadecimal digits.
impl fmt::Display for SimHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Up to 16 hexadecimal digits.
impl FromStr for SimHash {
    type Err = ParseIntError;

    fn from_str(digits: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(digits, 16).map(Self)
    }
}

/// Lanes that are counted apart, for a processor to take several at once.
const LANES: usize = 8;
type Lanes = [u64; LANES];

/// Counts, for each of the 64 bits, how many hashes have it set.
///
/// The 64 counters lie across the machine words: plane p holds bit p of every counter. Hashes are added
/// eight at a time through carry-save adders, which leaves one ripple through the upper planes for every
/// eight hashes: some ten word operations a hash, where 64 separate counters take 64 additions; and that in
/// eight lanes side by side, whose counters are added up at the end.
/// (Positional population count: Klarqvist, Mula, Lemire, "Efficient Computation of Positional Population
/// Counts Using SIMD Instructions", 2021; after Harley and Seal.)
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    planes: [Lanes; 32],
    added: u32,
}

impl Blocks for Counters {
    /// Counts features. Those of one text number less than 2^32, since its bytes do.
    #[inline(always)]
    fn take(&mut self, block: &[u64; BLOCK], count: usize) {
        self.added += count as u32;
        // Zeros are counted nowhere.
        let row = |n: usize| -> Lanes { std::array::from_fn(|lane| block[n * LANES + lane]) };
        let [ones, twos, fours, ..] = self.planes;
        let (ones, twos_a) = full_adders(ones, row(0), row(1));
        let (ones, twos_b) = full_adders(ones, row(2), row(3));
        let (twos, fours_a) = full_adders(twos, twos_a, twos_b);
        let (ones, twos_a) = full_adders(ones, row(4), row(5));
        let (ones, twos_b) = full_adders(ones, row(6), row(7));
        let (twos, fours_b) = full_adders(twos, twos_a, twos_b);
        let (fours, mut carry) = full_adders(fours, fours_a, fours_b);
        (self.planes[0], self.planes[1], self.planes[2]) = (ones, twos, fours);
        for plane in &mut self.planes[3..] {
            (*plane, carry) = full_adders(*plane, carry, [0; LANES]);
            if carry.iter().fold(0, |any, lane| any | lane) == 0 {
                break;
            }
        }
    }
}

impl Counters {
    /// The bits that more than half of the hashes have set.
    pub(super) fn majority(self) -> SimHash {
        let half = self.added / 2;
        // No counter is greater than the number of hashes, so no plane beyond is in use.
        let used = 33 - self.added.leading_zeros().max(1);
        let planes = self.planes.iter().take(used as usize).enumerate();
        let (mut carries, mut greater) = ([0; LANES - 1], 0);
        for (p, lanes) in planes {
            let mut sum = lanes[0];
            for (carry, lane) in carries.iter_mut().zip(&lanes[1..]) {
                (sum, *carry) = full_adder(sum, *lane, *carry);
            }
            // From the lowest bit on: who is greater in this one, or equal and greater so far.
            let bit = if half >> p & 1 == 1 { u64::MAX } else { 0 };
            greater = (sum & !bit) | (!(sum ^ bit) & greater);
        }
        SimHash(greater)
    }
}

/// Sums and carries, lane by lane.
#[inline(always)]
fn full_adders(a: Lanes, b: Lanes, c: Lanes) -> (Lanes, Lanes) {
    let (mut sums, mut carries) = ([0; LANES], [0; LANES]);
    for lane in 0..LANES {
        (sums[lane], carries[lane]) = full_adder(a[lane], b[lane], c[lane]);
    }
    (sums, carries)
}

/// Sum and carry of three bits, in 64 lanes.
#[inline(always)]
fn full_adder(a: u64, b: u64, c: u64) -> (u64, u64) {
    let half = a ^ b;
    (half ^ c, (a & b) | (half & c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counters_agree_with_the_definition(hashes in proptest::collection::vec(any::<u64>(), 0..2000)) {
            let mut counters = Counters::default();
            for some in hashes.chunks(BLOCK) {
                let mut block = [0; BLOCK];
                block[..some.len()].copy_from_slice(some);
                counters.take(&block, some.len());
            }
            prop_assert_eq!(counters.majority(), SimHash(crate::oracle::majority(&hashes)));
        }

        #[test]
        fn digits_are_read_back(simhash in any::<u64>().prop_map(SimHash)) {
            prop_assert_eq!(simhash.to_string().parse(), Ok(simhash));
        }
    }
}
