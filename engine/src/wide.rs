//! Hashing and comparing with the instructions that the processor has.
//!
//! The build runs on any x86-64, which counts the bits of a number by arithmetic and compares four numbers
//! at once. Nearly every processor of the last ten years counts them in one instruction and compares eight: a
//! lookup among a million fingerprints takes six tenths of the time with these, and hashing what a text is made of less
//! (ARCHITECTURE.md).
#![expect(
    unsafe_code,
    reason = "a function for other processors than the build's cannot be called without"
)]

/// Work that is worth it. What it calls must be inlined into it, and it itself wherever it is called: else it
/// stays compiled for any processor.
pub(crate) trait Work {
    /// Does it. To be marked `#[inline(always)]`.
    fn run(self);
}

/// Does the work, compiled for the best of the instruction sets that the processor has.
#[inline]
pub(crate) fn run_wide(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512dq")
        && std::arch::is_x86_feature_detected!("avx512vpopcntdq")
        && std::arch::is_x86_feature_detected!("avx512vl")
    {
        return unsafe { with_avx512(work) };
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("popcnt")
    {
        // SAFETY: the processor has both of the features that the function is compiled with, which is all that
        // it asks for.
        return unsafe { with_avx2(work) };
    }
    work.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512vpopcntdq,avx2,popcnt")]
fn with_avx512(work: impl Work) {
    work.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn with_avx2(work: impl Work) {
    work.run();
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count<'a>(&'a mut Vec<u32>);

    impl Work for Count<'_> {
        #[inline(always)]
        fn run(self) {
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
