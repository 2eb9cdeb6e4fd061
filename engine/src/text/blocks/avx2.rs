//! With AVX2: thirty-two bytes are looked up at once, sixteen entries of a table at a time, and squeezed together by eights.
#![expect(
    unsafe_code,
    reason = "a function for other processors than the build's cannot be called without"
)]

use std::arch::x86_64::*;

use super::{
    BLOCK, INVERSES, POWERS, WINDOW, first,
    lookup::{DELETED, FIRST_LATIN, LOOKUP, Lookup, OTHER, SPACE, ZERO},
    window,
};
use crate::{
    shingle::BASE,
    text::{
        fold::{FoldedText, Token, Word},
        words::TOGETHER,
    },
    wide::has_avx2,
};

/// See [`Fold`](super::Fold).
///
/// # Panics
///
/// If the processor has not [what this takes](has_avx2).
pub(super) fn fold(
    bytes: &[u8],
    at: usize,
    word: Option<Word>,
    out: &mut FoldedText,
) -> (usize, Option<Word>) {
    assert!(has_avx2(), "not for this processor");
    // SAFETY: the processor has all of the features that the function is compiled with, which is all that it asks for.
    unsafe { fold_blocks(bytes, at, word, out) }
}

/// Bytes that are looked up at once.
const HALF: usize = BLOCK / 2;

/// What becomes of the characters of some bytes.
struct Characters<F, B> {
    /// At the place of its first byte, what each becomes.
    folded: F,
    /// A bit for each byte where a letter, a space, or what is not for here begins.
    letters: B,
    spaces: B,
    other: B,
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
    let mut folded = _mm256_blendv_epi8(
        look_up_128(&lookup.ascii, these),
        look_up_128(arabic, of_128),
        these,
    );
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
fn characters(window: &[u8; WINDOW], lookup: &Lookup) -> Characters<[__m256i; 2], u64> {
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
    let table: [__m128i; 4] = bytemuck::cast(*table);
    let [a, b, c, d] = table.map(|entries| {
        let entries = _mm256_broadcastsi128_si256(entries);
        _mm256_shuffle_epi8(entries, index)
    });
    // A byte is chosen by its highest bit.
    let is_odd = _mm256_slli_epi16::<3>(index);
    _mm256_blendv_epi8(
        _mm256_blendv_epi8(a, b, is_odd),
        _mm256_blendv_epi8(c, d, is_odd),
        _mm256_slli_epi16::<2>(index),
    )
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

/// Of eight bytes, the places of those whose bits are set, one after the other.
static SQUEEZED: [[u8; 8]; 0x100] = {
    let mut squeezed = [[0; 8]; 0x100];
    let mut bits = 0;
    while bits < 0x100 {
        let (mut place, mut count) = (0, 0);
        while place < 8 {
            if bits >> place & 1 == 1 {
                squeezed[bits][count] = place as u8;
                count += 1;
            }
            place += 1;
        }
        bits += 1;
    }
    squeezed
};

/// Writes the characters of a block whose bits are set, and the units that they are, one after the other, and anything behind.
#[inline]
#[target_feature(enable = "avx2,popcnt")]
fn squeeze(block: [__m256i; 2], kept: u64, squeezed: &mut [u8; BLOCK], units: &mut [u16; BLOCK]) {
    let eights: [u64; BLOCK / 8] = bytemuck::cast(block);
    let mut place = 0;
    for (eight, kept) in eights.into_iter().zip(kept.to_le_bytes()) {
        let order = u64::from_le_bytes(SQUEEZED[usize::from(kept)]);
        let [eight, order] = [eight, order].map(|eight| _mm_cvtsi64_si128(eight.cast_signed()));
        let eight = _mm_shuffle_epi8(eight, order);
        if let Some(room) = squeezed[place..].first_chunk_mut() {
            *room = _mm_cvtsi128_si64(eight).to_le_bytes();
        }
        if let Some(room) = units[place..].first_chunk_mut::<8>() {
            *room = bytemuck::cast(to_units(eight));
        }
        place += kept.count_ones() as usize;
    }
}

/// Units of UTF-16 of the first eight characters.
#[inline]
#[target_feature(enable = "avx2")]
fn to_units(folded: __m128i) -> __m128i {
    let one = |byte: u8| _mm_set1_epi8(byte.cast_signed());
    // By the upper half of a byte.
    const LATIN: i8 = (b'a' - FIRST_LATIN) as i8;
    const DIGIT: i8 = b'0'.wrapping_sub(ZERO) as i8;
    let offsets = _mm_setr_epi8(LATIN, LATIN, 0, 0, 0, 0, DIGIT, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    let uppers = _mm_setr_epi8(0, 0, 6, 6, 6, 6, 0, 6, 6, 6, 6, 6, 6, 6, 6, 6);
    let upper_half = _mm_and_si128(_mm_srli_epi16::<4>(folded), one(0x0f));
    let lower = _mm_add_epi8(folded, _mm_shuffle_epi8(offsets, upper_half));
    let is_space = _mm_cmpeq_epi8(folded, one(SPACE));
    let lower = _mm_blendv_epi8(lower, one(b' '), is_space);
    _mm_unpacklo_epi8(lower, _mm_shuffle_epi8(uppers, upper_half))
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn fold_blocks(
    bytes: &[u8],
    mut at: usize,
    open: Option<Word>,
    out: &mut FoldedText,
) -> (usize, Option<Word>) {
    let lookup = &*LOOKUP;
    let mut is_open = open.is_some();
    if !is_open && out.len > 0 {
        out.push(u16::from(b' '));
    }
    let FoldedText { units, len, words } = out;
    let mut place = *len;
    let mut word = open.unwrap_or_default();
    let mut squeezed = [0; BLOCK];
    let mut sums = [0; 1 + BLOCK];
    let mut last_window = [0; WINDOW];
    let mut end = 0;
    // A block may begin within a character, which the one before has seen the whole of.
    let mut next = characters(window(&bytes[at..], &mut last_window), lookup);
    while at < bytes.len() {
        let Characters {
            folded,
            letters,
            spaces,
            other,
        } = next;
        end = other.trailing_zeros() as usize;
        let (letters, spaces) = (letters & first(end), spaces & first(end));
        // What stands behind a letter, but for what is neither letter nor space between: that is what a carry runs over.
        let was_open = is_open;
        let between = !(letters | spaces);
        let behind = letters << 1 | u64::from(was_open);
        let behind = (behind | (behind & between).wrapping_add(between)) & !between;
        let (mut starts, mut ends) = (letters & !behind, spaces & behind);
        if letters | spaces != 0 {
            is_open = letters > spaces;
        }

        // The words, and a space behind each.
        let kept = letters | ends;
        let size = kept.count_ones() as usize;
        if units.len() < place + BLOCK {
            units.resize(place + BLOCK + bytes.len() - at, 0);
        }
        if let Some(room) = units[place..].first_chunk_mut() {
            squeeze(folded, kept, &mut squeezed, room);
        }
        // Looked up while the processor waits for what is done with this one.
        let behind = bytes.get(at + BLOCK..).unwrap_or_default();
        next = characters(window(behind, &mut last_window), lookup);
        let mut sum = 0u64;
        let eights = (squeezed.as_chunks::<8>().0.iter())
            .zip(INVERSES.as_chunks::<8>().0)
            .zip(sums[1..].as_chunks_mut::<8>().0);
        for ((letters, powers), sums) in eights.take(size.div_ceil(8)) {
            for n in 0..8 {
                let coefficient = lookup.whole_coefficients[usize::from(letters[n])];
                sum = sum.wrapping_add(u64::from(coefficient).wrapping_mul(powers[n]));
                sums[n] = sum;
            }
        }

        // How many units stand before a byte.
        let before = |byte: u32| _bzhi_u64(kept, byte).count_ones() as usize;
        let last_start = starts;
        // Of what stands before the word.
        let mut sum_before = 0;
        if was_open {
            sum_before = word.polynomial.wrapping_mul(BASE).wrapping_neg();
        } else {
            (word.start, word.folded_start) = (at + starts.trailing_zeros() as usize, place);
            starts = _blsr_u64(starts);
        }
        let (mut start, mut folded_start, mut sum) = (word.start, word.folded_start, sum_before);
        // There are hardly ever more than are written at once. (How many there are is chance, so it is no branch.)
        let mut left = ends.count_ones() as usize;
        loop {
            words.push_first(left.min(TOGETHER), |tokens, polynomials| {
                for (token, polynomial) in tokens.iter_mut().zip(polynomials) {
                    let end = ends.trailing_zeros();
                    let count = before(end);
                    *token = Token {
                        start: start as u32,
                        end: (at + end as usize) as u32,
                        folded_start: folded_start as u32,
                        folded_end: (place + count) as u32,
                    };
                    *polynomial = sums[count].wrapping_sub(sum).wrapping_mul(POWERS[count]);
                    // Behind the space, which adds nothing.
                    start = at + starts.trailing_zeros() as usize;
                    (folded_start, sum) = (place + count + 1, sums[count]);
                    (starts, ends) = (_blsr_u64(starts), _blsr_u64(ends));
                }
            });
            if left <= TOGETHER {
                break;
            }
            left -= TOGETHER;
        }
        if last_start != 0 {
            let last = last_start.ilog2();
            let count = before(last);
            (word.start, word.folded_start) = (at + last as usize, place + count);
            sum_before = sums[count];
        }
        word.polynomial = sums[size]
            .wrapping_sub(sum_before)
            .wrapping_mul(POWERS[size]);
        place += size;
        if end < BLOCK {
            break;
        }
        at += BLOCK;
    }
    // The next word will bring the space before it.
    *len = place - usize::from(!is_open && place > 0);
    ((at + end % BLOCK).min(bytes.len()), is_open.then_some(word))
}
