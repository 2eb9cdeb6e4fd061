//! SimHash: 64 bits that differ in few places when two texts share most of their features.
//!
//! Moses Charikar, "Similarity Estimation Techniques from Rounding Algorithms" (STOC 2002); for web
//! pages Gurmeet Manku, Arvind Jain, Anish Das Sarma, "Detecting Near-Duplicates for Web Crawling"
//! (WWW 2007).

use std::{fmt, num::ParseIntError, str::FromStr};

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

/// Counts, for each of the 64 bits, how many hashes have it set.
///
/// The 64 counters lie across the machine words: plane p holds bit p of every counter. Hashes are added
/// eight at a time through carry-save adders, which leaves one ripple through the upper planes for every
/// eight hashes: some ten word operations a hash, where 64 separate counters take 64 additions.
/// (Positional population count: Klarqvist, Mula, Lemire, "Efficient Computation of Positional Population
/// Counts Using SIMD Instructions", 2021; after Harley and Seal.)
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    planes: [u64; 32],
    /// Hashes that wait for eight to come together.
    waiting: [u64; 8],
    added: u32,
}

impl Counters {
    /// Counts one feature. The features of one text number less than 2^32, since its bytes do.
    #[inline]
    pub(super) fn add(&mut self, hash: u64) {
        let place = (self.added % 8) as usize;
        self.waiting[place] = hash;
        self.added += 1;
        if place == 7 {
            self.add_eight();
        }
    }

    #[inline]
    fn add_eight(&mut self) {
        let [a, b, c, d, e, f, g, h] = self.waiting;
        let [ones, twos, fours, ..] = self.planes;
        let (ones, twos_a) = full_adder(ones, a, b);
        let (ones, twos_b) = full_adder(ones, c, d);
        let (twos, fours_a) = full_adder(twos, twos_a, twos_b);
        let (ones, twos_a) = full_adder(ones, e, f);
        let (ones, twos_b) = full_adder(ones, g, h);
        let (twos, fours_b) = full_adder(twos, twos_a, twos_b);
        let (fours, eights) = full_adder(fours, fours_a, fours_b);
        (self.planes[0], self.planes[1], self.planes[2]) = (ones, twos, fours);
        self.ripple(3, eights);
    }

    /// Adds 2^plane to the counters of these bits.
    #[inline]
    fn ripple(&mut self, plane: usize, mut carry: u64) {
        for plane in &mut self.planes[plane..] {
            let next = *plane & carry;
            *plane ^= carry;
            carry = next;
            if carry == 0 {
                break;
            }
        }
    }

    /// The bits that more than half of the hashes have set.
    pub(super) fn majority(mut self) -> SimHash {
        for place in 0..(self.added % 8) as usize {
            self.ripple(0, self.waiting[place]);
        }
        let half = self.added / 2;
        let (mut greater, mut equal) = (0, u64::MAX);
        for (p, plane) in self.planes.iter().enumerate().rev() {
            let bit = if half >> p & 1 == 1 { u64::MAX } else { 0 };
            greater |= equal & plane & !bit;
            equal &= !(plane ^ bit);
        }
        SimHash(greater)
    }
}

/// Sum and carry of three bits, in 64 lanes.
#[inline]
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
        fn counters_agree_with_the_definition(hashes in proptest::collection::vec(any::<u64>(), 0..200)) {
            let mut counters = Counters::default();
            hashes.iter().for_each(|hash| counters.add(*hash));
            prop_assert_eq!(counters.majority(), SimHash(crate::oracle::majority(&hashes)));
        }

        #[test]
        fn digits_are_read_back(simhash in any::<u64>().prop_map(SimHash)) {
            prop_assert_eq!(simhash.to_string().parse(), Ok(simhash));
        }
    }
}
