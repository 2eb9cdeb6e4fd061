//! [`Wide`](super::Wide) by AVX-512, which counts the bits of sixteen numbers and compares them in two instructions. Of the loops compilers make
//! halves, thirds and single numbers, which have to be put together again.

use std::arch::x86_64::{
    __m512i, _mm256_set1_epi16, _mm256_xor_si256, _mm512_add_epi32, _mm512_cmple_epu32_mask,
    _mm512_cvtepu16_epi32, _mm512_popcnt_epi32, _mm512_set1_epi32, _mm512_xor_si512,
};

use super::processor::wide_by;

wide_by!(Avx512, "avx512f,avx512vl,avx512vpopcntdq");

#[target_feature(enable = "avx512f,avx512vpopcntdq")]
#[inline]
fn any_near(all: &[u32; 16], one: u32, most: u32) -> bool {
    near(_mm512_popcnt_epi32(difference(*all, one)), most) != 0
}

#[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq")]
#[inline]
fn near_of_48((lows, highs): (&[u32; 16], &[u16; 16]), one: u64, most: u32) -> u32 {
    let high = _mm256_set1_epi16((one >> 32) as i16);
    let highs = _mm256_xor_si256(bytemuck::cast(*highs), high);
    let of_highs = _mm512_popcnt_epi32(_mm512_cvtepu16_epi32(highs));
    let of_lows = _mm512_popcnt_epi32(difference(*lows, one as u32));
    near(_mm512_add_epi32(of_lows, of_highs), most)
}

#[target_feature(enable = "avx512f,avx512vpopcntdq")]
#[inline]
fn near_of_64((lows, highs): (&[u32; 16], &[u32; 15]), one: u64, most: u32) -> u32 {
    let mut sixteen = [u32::MAX; 16];
    sixteen[..15].copy_from_slice(highs);
    let highs = difference(sixteen, (one >> 32) as u32);
    let of_lows = _mm512_popcnt_epi32(difference(*lows, one as u32));
    let is_equal = _mm512_cmple_epu32_mask(highs, _mm512_set1_epi32(0xffff)) & 0x7fff;
    let all = _mm512_add_epi32(of_lows, _mm512_popcnt_epi32(highs));
    near(all, most) & u32::from(is_equal)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn difference(all: [u32; 16], one: u32) -> __m512i {
    let one = _mm512_set1_epi32(one.cast_signed());
    _mm512_xor_si512(bytemuck::cast(all), one)
}

/// A bit for each that is at most `most`.
#[target_feature(enable = "avx512f")]
#[inline]
fn near(bits: __m512i, most: u32) -> u32 {
    _mm512_cmple_epu32_mask(bits, _mm512_set1_epi32(most.cast_signed())).into()
}
