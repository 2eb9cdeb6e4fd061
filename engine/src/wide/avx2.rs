//! [`Wide`](super::Wide) by AVX2, which has no instruction that counts bits. Compilers make several times as many instructions of the loops:
//! they count in each of eight numbers by itself, where sixteen can be added up side by side.
//!
//! Bits are counted by looking up both halves of each byte (Mula, Kurz, Lemire, "Faster Population Counts Using AVX2
//! Instructions", 2018).

use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_add_epi16, _mm256_and_si256, _mm256_cmpgt_epi16,
    _mm256_hadd_epi16, _mm256_maddubs_epi16, _mm256_movemask_epi8, _mm256_packs_epi16,
    _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
    _mm256_xor_si256,
};

use super::{Any, Wide as _, processor::wide_by};

wide_by!(Avx2, "avx2,popcnt");

#[target_feature(enable = "avx2")]
#[inline]
fn any_near(all: &[u32; 16], one: u32, most: u32) -> bool {
    _mm256_movemask_epi8(above(sums(all, one), most)) != -1
}

#[target_feature(enable = "avx2")]
#[inline]
fn near_of_48((lows, highs): (&[u32; 16], &[u16; 16]), one: u64, most: u32) -> u32 {
    let high = _mm256_set1_epi16((one >> 32) as i16);
    let of_highs = in_bytes(_mm256_xor_si256(bytemuck::cast(*highs), high));
    let sums = _mm256_add_epi16(sums(lows, one as u32), of_pairs(of_highs));
    // A byte for each, with a gap behind eight.
    let above = _mm256_packs_epi16(above(sums, most), _mm256_setzero_si256());
    let near = !_mm256_movemask_epi8(above) as u32;
    near & 0xff | near >> 8 & 0xff00
}

/// By loops, and not where it is called: what it needs would be made ready there for each line, and it is seldom asked.
#[target_feature(enable = "avx2,popcnt")]
#[inline(never)]
fn near_of_64(parts: (&[u32; 16], &[u32; 15]), one: u64, most: u32) -> u32 {
    Any.near_of_64(parts, one, most)
}

/// In how many bits each of these differs from `one`, in order.
#[target_feature(enable = "avx2")]
#[inline]
fn sums(all: &[u32; 16], one: u32) -> __m256i {
    let one = _mm256_set1_epi32(one as i32);
    let halves: [__m256i; 2] = bytemuck::cast(*all);
    let [first, last] = halves.map(|half| of_pairs(in_bytes(_mm256_xor_si256(half, one))));
    // Four of the first half, four of the last, and again.
    let mixed = _mm256_hadd_epi16(first, last);
    _mm256_permute4x64_epi64::<0b11_01_10_00>(mixed)
}

/// How many bits are set in each byte.
#[target_feature(enable = "avx2")]
#[inline]
fn in_bytes(bits: __m256i) -> __m256i {
    let counts = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, //
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
    );
    let lower = _mm256_set1_epi8(0xf);
    let low = _mm256_and_si256(bits, lower);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bits), lower);
    _mm256_add_epi8(
        _mm256_shuffle_epi8(counts, low),
        _mm256_shuffle_epi8(counts, high),
    )
}

/// The sum of each two bytes, none of which is more than a bit of these has.
#[target_feature(enable = "avx2")]
#[inline]
fn of_pairs(bytes: __m256i) -> __m256i {
    _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1))
}

/// All bits of each sum that is above `most`, which is no more than these can be.
#[target_feature(enable = "avx2")]
#[inline]
fn above(sums: __m256i, most: u32) -> __m256i {
    _mm256_cmpgt_epi16(sums, _mm256_set1_epi16(most as i16))
}
