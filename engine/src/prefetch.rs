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
pub(crate) fn prefetch<T>(begin: &T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: it reads and writes nothing that a program could see, and may be given any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(begin).cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = begin;
}
