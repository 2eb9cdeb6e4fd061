//! What becomes of the characters of a block, and of these the units and coefficients of those that are kept.

use std::arch::x86_64::*;

use crate::text::blocks::{
    BLOCK, WINDOW,
    lookup::{DELETED, FIRST_LATIN, Lookup, OTHER, SPACE, ZERO},
};

/// Bytes that are looked up at once.
const HALF: usize = BLOCK / 2;

/// What becomes of the characters of some bytes.
pub(super) struct Characters<F, B> {
    /// At the place of its first byte, what each becomes.
    pub(super) folded: F,
    /// A bit for each byte where a letter, a space, or what is not for here begins.
    pub(super) letters: B,
    pub(super) spaces: B,
    pub(super) other: B,
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn half(window: &[u8; WINDOW], from: usize, lookup: &Lookup) -> Characters<__m256i, u32> {
    let bytes = |place: usize| -> __m256i {
        bytemuck::pod_read_unaligned(&window[from + place..from + place + HALF])
    };
    let (these, second) = (bytes(0), bytes(1));
    let lead = _mm256_and_si256(these, all(0xfe));
    let lower = _mm256_and_si256(second, all(0x3f));
    let upper = _mm256_slli_epi16::<6>(_mm256_and_si256(these, all(1)));
    let of_128 = _mm256_or_si256(upper, lower);
    let [arabic, more_arabic]: &[[u8; 0x80]; 2] = bytemuck::cast_ref(&lookup.arabic);
    let ascii = ascii(&lookup.ascii, these);
    let mut folded = _mm256_blendv_epi8(ascii, look_up_128(arabic, of_128), these);
    // As signed numbers: what follows a first byte is below all that are one.
    let begins = bits(_mm256_cmpgt_epi8(these, all(0xbf)));
    let mut known = bits(is(0xd8, lead)) | !bits(these);
    if begins & !known != 0 {
        let third = _mm256_and_si256(bytes(2), all(0x3f));
        let is_punctuation = _mm256_and_si256(is(0xe2, these), is(0x80, second));
        let rest = [
            (is(0xda, lead), look_up_128(more_arabic, of_128)),
            (is(0xc2, these), look_up_64(&lookup.latin, lower)),
            (is_punctuation, look_up_64(&lookup.punctuation, third)),
        ];
        for (is_one, becomes) in rest {
            folded = _mm256_blendv_epi8(folded, becomes, is_one);
            known |= bits(is_one);
        }
    }
    let spaces = bits(is(SPACE, folded));
    Characters {
        folded,
        letters: begins & !(spaces | bits(is(DELETED, folded))),
        spaces: begins & spaces,
        other: begins & (bits(is(OTHER, folded)) | !known),
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn characters(window: &[u8; WINDOW], lookup: &Lookup) -> Characters<[__m256i; 2], u64> {
    let mut both = Characters {
        folded: [_mm256_setzero_si256(); 2],
        letters: 0,
        spaces: 0,
        other: 0,
    };
    for (folded, from) in both.folded.iter_mut().zip([0, HALF]) {
        let half = half(window, from, lookup);
        *folded = half.folded;
        both.letters |= u64::from(half.letters) << from;
        both.spaces |= u64::from(half.spaces) << from;
        both.other |= u64::from(half.other) << from;
    }
    both
}

/// What becomes of these bytes, as far as they are ASCII: below the digits all are spaces, and letters become what those
/// thirty-two places behind them do.
#[inline]
#[target_feature(enable = "avx2")]
fn ascii(table: &[u8; 0x80], these: __m256i) -> __m256i {
    let rows: &[[u8; 16]; 8] = bytemuck::cast_ref(table);
    let digits = _mm256_shuffle_epi8(row(&rows[3]), these);
    let first_letters = _mm256_shuffle_epi8(row(&rows[4]), these);
    let last_letters = _mm256_shuffle_epi8(row(&rows[5]), these);
    let (by_16, by_32) = (_mm256_slli_epi16::<3>(these), _mm256_slli_epi16::<2>(these));
    let digits = _mm256_blendv_epi8(all(SPACE), digits, _mm256_and_si256(by_16, by_32));
    let letters = _mm256_blendv_epi8(first_letters, last_letters, by_16);
    _mm256_blendv_epi8(digits, letters, _mm256_slli_epi16::<1>(these))
}

/// Entries of a table at these places.
#[inline]
#[target_feature(enable = "avx2")]
fn look_up_128(table: &[u8; 0x80], index: __m256i) -> __m256i {
    let [low, high]: &[[u8; 0x40]; 2] = bytemuck::cast_ref(table);
    let (low, high) = (look_up_64(low, index), look_up_64(high, index));
    _mm256_blendv_epi8(low, high, _mm256_slli_epi16::<1>(index))
}

/// Entries of a table at places of which the lowest bits count, and the highest is not set.
#[inline]
#[target_feature(enable = "avx2")]
fn look_up_64(table: &[u8; 0x40], index: __m256i) -> __m256i {
    let rows: &[[u8; 16]; 4] = bytemuck::cast_ref(table);
    let a = _mm256_shuffle_epi8(row(&rows[0]), index);
    let b = _mm256_shuffle_epi8(row(&rows[1]), index);
    let c = _mm256_shuffle_epi8(row(&rows[2]), index);
    let d = _mm256_shuffle_epi8(row(&rows[3]), index);
    // A byte is chosen by its highest bit.
    let is_odd = _mm256_slli_epi16::<3>(index);
    _mm256_blendv_epi8(
        _mm256_blendv_epi8(a, b, is_odd),
        _mm256_blendv_epi8(c, d, is_odd),
        _mm256_slli_epi16::<2>(index),
    )
}

/// Sixteen entries of a table, for either half of a register.
#[inline]
#[target_feature(enable = "avx2")]
fn row(entries: &[u8; 16]) -> __m256i {
    _mm256_broadcastsi128_si256(bytemuck::cast(*entries))
}

#[inline]
#[target_feature(enable = "avx2")]
fn all(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}

/// Which bytes are this one.
#[inline]
#[target_feature(enable = "avx2")]
fn is(byte: u8, bytes: __m256i) -> __m256i {
    _mm256_cmpeq_epi8(bytes, all(byte))
}

/// The highest bit of each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn bits(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(bytes).cast_unsigned()
}

/// Of eight units, the places of the bytes of those whose bits are set, one after the other.
static SQUEEZED: [[u8; 16]; 0x100] = {
    let mut squeezed = [[0; 16]; 0x100];
    let mut bits = 0;
    while bits < 0x100 {
        let (mut place, mut count) = (0, 0);
        while place < 8 {
            if bits >> place & 1 == 1 {
                squeezed[bits][2 * count] = 2 * place as u8;
                squeezed[bits][2 * count + 1] = 2 * place as u8 + 1;
                count += 1;
            }
            place += 1;
        }
        bits += 1;
    }
    squeezed
};

/// Writes the units of a block whose bits are set, and their coefficients, one after the other, and anything behind.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn squeeze(
    folded: [__m256i; 2],
    kept: u64,
    lookup: &Lookup,
    units: &mut [u16; BLOCK],
    coefficients: &mut [u16; BLOCK],
) {
    let [low, high] = [to_units(folded[0], lookup), to_units(folded[1], lookup)];
    let eights = low.into_iter().chain(high).zip(kept.to_le_bytes());
    let mut place = 0;
    for (eight, kept) in eights {
        let order = bytemuck::cast(SQUEEZED[usize::from(kept)]);
        if let Some(room) = units[place..].first_chunk_mut::<8>() {
            *room = bytemuck::cast(_mm_shuffle_epi8(eight[0], order));
        }
        if let Some(room) = coefficients[place..].first_chunk_mut::<8>() {
            *room = bytemuck::cast(_mm_shuffle_epi8(eight[1], order));
        }
        place += kept.count_ones() as usize;
    }
}

/// Units of UTF-16 and coefficients of folded characters, eight of each at a time.
#[inline]
#[target_feature(enable = "avx2")]
fn to_units(folded: __m256i, lookup: &Lookup) -> [[__m128i; 2]; 4] {
    // By the upper half of a byte.
    const LATIN: u8 = b'a' - FIRST_LATIN;
    const DIGIT: u8 = b'0'.wrapping_sub(ZERO);
    const OFFSETS: [u8; 16] = [LATIN, LATIN, 0, 0, 0, 0, DIGIT, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const UPPERS: [u8; 16] = [0, 0, 6, 6, 6, 6, 0, 6, 6, 6, 6, 6, 6, 6, 6, 6];
    let upper_half = _mm256_and_si256(_mm256_srli_epi16::<4>(folded), all(0x0f));
    let upper = _mm256_shuffle_epi8(row(&UPPERS), upper_half);
    let lower = _mm256_add_epi8(folded, _mm256_shuffle_epi8(row(&OFFSETS), upper_half));
    let is_space = is(SPACE, folded);
    let units = _mm256_blendv_epi8(lower, all(b' '), is_space);
    // A letter before U+0650, as they are in Arabic; else its unit.
    let [_, _, two, three, four, ..]: &[[u8; 16]; 16] = bytemuck::cast_ref(&lookup.coefficients);
    let two = _mm256_shuffle_epi8(row(two), folded);
    let three = _mm256_shuffle_epi8(row(three), folded);
    let four = _mm256_shuffle_epi8(row(four), folded);
    let is_four = is(0x40, _mm256_and_si256(folded, all(0x70)));
    let is_before = is(0x20, _mm256_and_si256(folded, all(0x60)));
    let before = _mm256_blendv_epi8(two, three, _mm256_slli_epi16::<3>(folded));
    let mut coefficients = _mm256_blendv_epi8(lower, four, is_four);
    coefficients = _mm256_blendv_epi8(coefficients, before, is_before);
    coefficients = _mm256_andnot_si256(is_space, coefficients);
    // Those of letters from U+0670 on, which Arabic has none of, only where there may be one.
    if bits(_mm256_adds_epu8(folded, all(0x80 - 0x70))) != 0 {
        let [low, high]: &[[u8; 0x80]; 2] = bytemuck::cast_ref(&lookup.coefficients);
        let low_bits = _mm256_and_si256(folded, all(0x7f));
        let (low, high) = (look_up_128(low, low_bits), look_up_128(high, low_bits));
        coefficients = _mm256_blendv_epi8(low, high, folded);
    }
    let low =
        |lower: __m256i| -> [__m128i; 2] { bytemuck::cast(_mm256_unpacklo_epi8(lower, upper)) };
    let high =
        |lower: __m256i| -> [__m128i; 2] { bytemuck::cast(_mm256_unpackhi_epi8(lower, upper)) };
    let ([a, c], [b, d]) = (low(units), high(units));
    let ([e, g], [f, h]) = (low(coefficients), high(coefficients));
    [[a, e], [b, f], [c, g], [d, h]]
}
