//! Hashing and comparing with the instructions that the processor has.
//!
//! The build runs on any x86-64, which counts the bits of a number by arithmetic and compares four numbers
//! at once. Nearly every processor of the last ten years counts them in one instruction and compares eight, and
//! those of the last years sixteen, and multiply 64 bits: lookups, and hashing what a text is made of, take half of
//! the time with these (ARCHITECTURE.md).
#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "a function for other processors than the build's cannot be called without"
    )
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod near;
#[cfg(target_arch = "x86_64")]
mod processor;

#[cfg(target_arch = "x86_64")]
use std::sync::LazyLock;

#[cfg(target_arch = "x86_64")]
use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use avx512::Avx512;
pub(crate) use near::{Any, Wide};

/// Work that is worth it. What it calls must be inlined into it, and it itself wherever it is called: else it
/// stays compiled for any processor.
pub(crate) trait Work {
    /// Does it. To be marked `#[inline(always)]`.
    fn run(self, wide: impl Wide);
}

/// Does the work, compiled for the best of the instruction sets that the processor has.
#[inline]
pub(crate) fn run_wide(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    if has_avx512() {
        // SAFETY: the processor has all of the features that the function is compiled with, which is all that it
        // asks for.
        return unsafe { with_avx512(work) };
    } else if has_avx2() {
        // SAFETY: as above.
        return unsafe { with_avx2(work) };
    }
    work.run(Any);
}

/// Whether the processor has the parts of AVX-512 that are used here and in `text/blocks`, and what all that have
/// these have: Intel's from Ice Lake on, AMD's from Zen 4.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx512() -> bool {
    static HAS: LazyLock<bool> = LazyLock::new(|| {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("avx512vpopcntdq")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
    });
    *HAS
}

/// Whether the processor has AVX2, and what all that have it have: Intel's from Haswell on, AMD's from Zen on.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(
    enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,bmi1,bmi2,lzcnt,popcnt"
)]
fn with_avx512(work: impl Work) {
    work.run(Avx512::new());
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn with_avx2(work: impl Work) {
    work.run(Avx2::new());
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count<'a>(&'a mut Vec<u32>);

    impl Work for Count<'_> {
        #[inline(always)]
        fn run(self, _: impl Wide) {
            self.0.extend([0b1011, u64::MAX].map(u64::count_ones));
        }
    }

    #[test]
    fn the_work_is_done_once_whatever_the_processor() {
        let mut bits = Vec::new();
        run_wide(Count(&mut bits));
        assert_eq!(bits, [3, 64]);
    }
}
