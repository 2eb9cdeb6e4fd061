//! Far memory, asked for before it is needed.
//!
//! A processor that reads goes on with other work until some two hundred instructions wait for what it reads; asking for
//! memory takes no place among these, so a lookup in a hundred places has them all come at once (ARCHITECTURE.md).
#![cfg_attr(
    all(target_arch = "x86_64", not(miri)),
    expect(unsafe_code, reason = "the instruction is not to be had otherwise")
)]

/// Asks for the line of memory where this begins, for reading soon.
#[inline(always)]
pub(crate) fn prefetch<T>(begin: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: it reads and writes nothing that a program could see, and may be given any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(begin.cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = begin;
}

/// Asks for the line of memory where this begins, for writing soon, or for a lock that is soon to be taken: from whichever
/// processor has written it. One that takes a lock waits for its line before it does anything else, so of several locks the
/// lines are asked for first, and come together.
#[inline(always)]
pub(crate) fn prefetch_mut<T>(begin: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: it reads and writes nothing that a program could see, and may be given any address. Every processor with
        // AVX2 knows it, if only as one that does nothing. (Not `has_avx2`: that asks for five features, each time.)
        unsafe {
            std::arch::asm!(
                "prefetchw [{}]",
                in(reg) begin,
                options(nostack, preserves_flags)
            );
        }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = begin;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_may_be_asked_for_and_nothing_changes() {
        let numbers: Vec<u64> = (0..1000).collect();
        for number in &numbers {
            prefetch(number);
            prefetch_mut(number);
        }
        for nowhere in [
            std::ptr::null::<u64>(),
            std::ptr::dangling(),
            usize::MAX as *const u64,
        ] {
            prefetch(nowhere);
            prefetch_mut(nowhere);
        }
        assert!(numbers.iter().copied().eq(0..1000));
    }
}
