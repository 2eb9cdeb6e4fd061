//! Which of sixteen fingerprints are near another.

/// Numbers that are compared at once.
const LANES: usize = 16;

/// The instructions that work is compiled with. By itself it compares as compilers make it of loops.
pub(crate) trait Wide: Copy {
    /// Whether any number differs from `one` in at most `most` bits.
    #[inline(always)]
    fn any_near(self, all: &[u32; LANES], one: u32, most: u32) -> bool {
        let mut any = false;
        for other in all {
            any |= (other ^ one).count_ones() <= most;
        }
        any
    }

    /// A bit for each number of 48 bits, the lower 32 and the upper 16 by themselves, that differs from `one` in at most
    /// `most`.
    #[inline(always)]
    fn near_of_48(self, (lows, highs): (&[u32; LANES], &[u16; LANES]), one: u64, most: u32) -> u32 {
        let (one_low, one_high) = (one as u32, (one >> 32) as u16);
        let mut near = 0;
        for (lane, (low, high)) in lows.iter().zip(highs).enumerate() {
            let difference = u64::from(high ^ one_high) << 32 | u64::from(low ^ one_low);
            near |= u32::from(difference.count_ones() <= most) << lane;
        }
        near
    }

    /// A bit for each number of 64 bits, by its halves, that has the upper 16 of `one` and differs from it in at most `most`
    /// of the others. (Without a branch: of fingerprints that were crafted to share what is compared first any may be.)
    #[inline(always)]
    fn near_of_64(
        self,
        (lows, highs): (&[u32; LANES], &[u32; LANES - 1]),
        one: u64,
        most: u32,
    ) -> u32 {
        let (one_low, one_high) = (one as u32, (one >> 32) as u32);
        let mut near = 0;
        for (lane, (low, high)) in lows.iter().zip(highs).enumerate() {
            let high = high ^ one_high;
            let bits = (low ^ one_low).count_ones() + high.count_ones();
            near |= u32::from((bits <= most) & (high >> 16 == 0)) << lane;
        }
        near
    }
}

/// Those that the build may use, or that a function is compiled with.
#[derive(Clone, Copy)]
pub(crate) struct Any;

impl Wide for Any {}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wide::{Work, run_wide};

    /// The same by what the processor has, and by loops.
    struct Both<'a>(
        &'a [u32; LANES],
        &'a [u16; LANES],
        u16,
        u64,
        u32,
        &'a mut Vec<[u32; 2]>,
    );

    impl Work for Both<'_> {
        #[inline(always)]
        fn run(self, wide: impl Wide) {
            let Self(lows, highs, value, one, most, found) = self;
            let ours = wide.any_near(lows, one as u32, most);
            found.push([ours, Any.any_near(lows, one as u32, most)].map(u32::from));
            let parts = (lows, highs);
            let ours = wide.near_of_48(parts, one, most);
            found.push([ours, Any.near_of_48(parts, one, most)]);
            // Some have other values before the upper bits, as neighbours in a line do.
            let other = |lane: usize| u32::from(value >> lane & 1) << 16;
            let highs = highs.iter().zip(0..);
            let highs: Vec<_> = highs
                .map(|(high, lane)| u32::from(*high) | other(lane))
                .collect();
            let parts = (lows, highs.first_chunk().expect("sixteen of them"));
            let ours = wide.near_of_64(parts, one, most);
            found.push([ours, Any.near_of_64(parts, one, most)]);
        }
    }

    proptest! {
        #[test]
        fn whatever_the_processor_has_the_same_are_near(
            one in 0..1u64 << 48,
            bits in any::<[u64; LANES]>(),
            fewer in any::<[u64; LANES]>(),
            value in any::<u16>(),
            most in 0u32..65,
        ) {
            let other = |lane: usize| one ^ (bits[lane] & fewer[lane] & bits[(lane + 1) % LANES]);
            let lows = std::array::from_fn(|lane| other(lane) as u32);
            let highs = std::array::from_fn(|lane| (other(lane) >> 32) as u16);
            let mut found = Vec::new();
            run_wide(Both(&lows, &highs, value, one, most, &mut found));
            for [ours, loops] in found {
                prop_assert_eq!(ours, loops);
            }
        }
    }
}
