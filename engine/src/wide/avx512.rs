//! [`Wide`] by AVX-512, which counts the bits of sixteen numbers and compares them in two instructions. Of the loops compilers make
//! halves, thirds and single numbers, which have to be put together again.
#![expect(
    unsafe_code,
    reason = "a function for other processors than the build's cannot be called without"
)]

use std::arch::x86_64::{
    __m512i, _mm256_set1_epi16, _mm256_xor_si256, _mm512_add_epi32, _mm512_cmple_epu32_mask,
    _mm512_cvtepu16_epi32, _mm512_mask_cmple_epu32_mask, _mm512_popcnt_epi32, _mm512_set1_epi32,
    _mm512_xor_si512,
};

use super::Wide;

/// Says that the processor has [what is used here](super::has_avx512): who has one got it where that is known.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    /// To be called by processors that have it.
    #[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq")]
    pub(super) fn new() -> Self {
        Self(())
    }
}

impl Wide for Avx512 {
    #[inline(always)]
    fn any_near(self, all: &[u32; 16], one: u32, most: u32) -> bool {
        // SAFETY: the processor has what `self` says, and that is all that the function asks for.
        unsafe { any_near(all, one, most) }
    }

    #[inline(always)]
    fn near_of_48(self, parts: (&[u32; 16], &[u16; 16]), one: u64, most: u32) -> u32 {
        // SAFETY: as above.
        unsafe { near_of_48(parts, one, most) }
    }

    #[inline(always)]
    fn near_of_64(self, parts: (&[u32; 16], &[u32; 15]), one: u64, most: u32) -> u32 {
        // SAFETY: as above.
        unsafe { near_of_64(parts, one, most) }
    }
}

#[target_feature(enable = "avx512f,avx512vpopcntdq")]
#[inline]
fn any_near(all: &[u32; 16], one: u32, most: u32) -> bool {
    near(bits(difference(*all, one)), most) != 0
}

#[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq")]
#[inline]
fn near_of_48((lows, highs): (&[u32; 16], &[u16; 16]), one: u64, most: u32) -> u32 {
    let high = _mm256_set1_epi16((one >> 32) as i16);
    let highs = _mm256_xor_si256(bytemuck::cast(*highs), high);
    let of_highs = bits(_mm512_cvtepu16_epi32(highs));
    let of_lows = bits(difference(*lows, one as u32));
    near(_mm512_add_epi32(of_lows, of_highs), most)
}

#[target_feature(enable = "avx512f,avx512vpopcntdq")]
#[inline]
fn near_of_64((lows, highs): (&[u32; 16], &[u32; 15]), one: u64, most: u32) -> u32 {
    let mut sixteen = [u32::MAX; 16];
    sixteen[..15].copy_from_slice(highs);
    let highs = difference(sixteen, (one >> 32) as u32);
    let of_lows = bits(difference(*lows, one as u32));
    let is_equal = _mm512_cmple_epu32_mask(highs, _mm512_set1_epi32(0xffff)) & 0x7fff;
    let all = _mm512_add_epi32(of_lows, bits(highs));
    let most = _mm512_set1_epi32(most.cast_signed());
    _mm512_mask_cmple_epu32_mask(is_equal, all, most).into()
}

#[target_feature(enable = "avx512f")]
#[inline]
fn difference(all: [u32; 16], one: u32) -> __m512i {
    let one = _mm512_set1_epi32(one.cast_signed());
    _mm512_xor_si512(bytemuck::cast(all), one)
}

/// How many bits are set in each number.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
#[inline]
fn bits(numbers: __m512i) -> __m512i {
    _mm512_popcnt_epi32(numbers)
}

/// A bit for each that is at most `most`.
#[target_feature(enable = "avx512f")]
#[inline]
fn near(bits: __m512i, most: u32) -> u32 {
    _mm512_cmple_epu32_mask(bits, _mm512_set1_epi32(most.cast_signed())).into()
}
