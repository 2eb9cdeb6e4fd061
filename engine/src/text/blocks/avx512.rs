//! With AVX-512 and VBMI2: sixty-four bytes are looked up, squeezed together and told apart by single instructions.
//!
//! (Daniel Lemire, Robert Clausecker, "Transcoding Unicode Characters with AVX-512 Instructions", 2023.)
#![expect(
    unsafe_code,
    reason = "a function for other processors than the build's cannot be called without, nor can words be written together"
)]

use std::arch::x86_64::*;

use bytemuck::{Pod, Zeroable};

use super::{
    BLOCK, INVERSES, POWERS, WINDOW, before_open, first,
    lookup::{DELETED, FIRST_ARABIC, LOOKUP, Lookup, OTHER, SPACE, ZERO},
    polynomial, starts_and_ends, window,
};
use crate::{
    padded::Padded,
    text::{
        fold::{FoldedText, Token, Word},
        words::TOGETHER,
    },
    wide::has_avx512,
};

/// See [`Fold`](super::Fold).
///
/// # Panics
///
/// If the processor has not [what this takes](has_avx512).
pub(super) fn fold(
    bytes: &[u8],
    at: usize,
    word: Option<Word>,
    out: &mut FoldedText,
) -> (usize, Option<Word>) {
    assert!(has_avx512(), "not for this processor");
    // SAFETY: the processor has all of the features that the function is compiled with, which is all that it asks for.
    unsafe { fold_blocks(bytes, at, word, out) }
}

/// The characters of a block.
struct Characters {
    /// What each becomes, at the place of its first byte.
    folded: __m512i,
    /// Where first bytes are.
    begins: u64,
    /// How many bytes they are: as far as one that is not for here, or else with the whole of the last one.
    end: usize,
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,bmi1,lzcnt")]
fn characters(window: &[u8; WINDOW], count: usize, lookup: &Lookup) -> Characters {
    let from = |place: usize| bytemuck::pod_read_unaligned(&window[place..place + BLOCK]);
    let (these, second, third): (__m512i, __m512i, __m512i) = (from(0), from(1), from(2));
    let is_ascii = !_mm512_movepi8_mask(these);
    let is_arabic = is(0xd8, _mm512_and_si512(these, all(0xfc)));
    let is_latin = is(0xc2, these);
    let is_punctuation = is(0xe2, these) & is(0x80, second);

    let [low, high]: [__m512i; 2] = bytemuck::cast(lookup.ascii);
    let ascii = _mm512_permutex2var_epi8(low, these, high);
    let lower_byte = _mm512_or_si512(
        _mm512_slli_epi16::<6>(_mm512_and_si512(these, all(3))),
        _mm512_and_si512(second, all(0x3f)),
    );
    let folded = look_up(&lookup.arabic, lower_byte);
    let folded = _mm512_mask_mov_epi8(folded, is_ascii, ascii);
    let latin = bytemuck::cast(lookup.latin);
    let folded = _mm512_mask_permutexvar_epi8(folded, is_latin, second, latin);
    let punctuation = bytemuck::cast(lookup.punctuation);
    let folded = _mm512_mask_permutexvar_epi8(folded, is_punctuation, third, punctuation);

    let begins = (is_ascii | _mm512_cmpge_epu8_mask(these, all(0xc0))) & first(count);
    let known = is_ascii | is_arabic | is_latin | is_punctuation;
    let other = begins & (!known | is(OTHER, folded));
    let end = end_of(window, begins, other);
    Characters {
        folded,
        begins: begins & first(end),
        end,
    }
}

/// How many bytes of a block are folded: as far as a character that is not for here, or else with the whole of the last one.
/// There is a bit in `begins` where a character begins, as one does where the block does, and in `other` if it is not for here.
#[inline]
fn end_of(window: &[u8; WINDOW], begins: u64, other: u64) -> usize {
    if other != 0 {
        return other.trailing_zeros() as usize;
    }
    let last = (begins | 1).ilog2() as usize;
    last + match window[last] {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        _ => 3,
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn look_up(table: &[u8; 0x100], index: __m512i) -> __m512i {
    let [a, b, c, d]: [__m512i; 4] = bytemuck::cast(*table);
    let low = _mm512_permutex2var_epi8(a, index, b);
    let high = _mm512_permutex2var_epi8(c, index, d);
    _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(index), high)
}

/// Units of UTF-16 and coefficients of folded characters.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn to_units(folded: __m512i, lookup: &Lookup) -> [[u16; BLOCK]; 2] {
    let [low, high]: [__m512i; 2] = bytemuck::cast(lookup.units);
    let below = !_mm512_movepi8_mask(folded);
    let units = _mm512_mask2_permutex2var_epi8(low, folded, below, high);
    let coefficients = look_up(&lookup.coefficients, folded);
    let is_arabic = _mm512_cmpge_epu8_mask(folded, all(FIRST_ARABIC));
    let from_zero = _mm512_sub_epi8(folded, all(ZERO));
    let is_letter = _mm512_mask_cmpge_epu8_mask(is_arabic, from_zero, all(10));
    let upper = _mm512_maskz_mov_epi8(is_letter, all(0x06));
    let in_turns = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
    let upper = _mm512_permutexvar_epi64(in_turns, upper);
    [units, coefficients].map(|lower| {
        let lower = _mm512_permutexvar_epi64(in_turns, lower);
        bytemuck::cast([
            _mm512_unpacklo_epi8(lower, upper),
            _mm512_unpackhi_epi8(lower, upper),
        ])
    })
}

/// So many 64-bit numbers are computed with at once.
const EIGHT: usize = 8;

/// So many eights are added up in any case. Ordinary Arabic text has so many in a block, in one of seven one less (July), and
/// hardly ever more: what is always the same a processor foresees.
const ORDINARY: usize = 5;

/// The sums of the coefficients of a block up to each, each times a power of the base's inverse, behind eight zeros.
struct Sums(Padded<[u64; EIGHT + BLOCK]>);

impl Sums {
    fn zero() -> Self {
        Self(Padded([0; EIGHT + BLOCK]))
    }

    /// Of the first `count`.
    fn of_first(&self, count: usize) -> u64 {
        self.0.0[EIGHT - 1 + count]
    }

    /// Of those up to each.
    fn up_to(&self) -> &[u64; BLOCK] {
        self.0.0.last_chunk().expect("it has more")
    }
}

/// Adds up the first coefficients, at least `count`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn add_up(coefficients: &[u16; BLOCK], count: usize, sums: &mut Sums) {
    let zero = _mm512_setzero_si512();
    let mut sum = zero;
    let eights = coefficients.as_chunks::<EIGHT>().0.iter();
    let powers = INVERSES.0.as_chunks::<EIGHT>().0;
    let sums = sums.0.0[EIGHT..].as_chunks_mut::<EIGHT>().0;
    for ((eight, powers), sums) in eights
        .zip(powers)
        .zip(sums)
        .take(count.div_ceil(EIGHT).max(ORDINARY))
    {
        let eight = _mm512_cvtepu16_epi64(bytemuck::cast(*eight));
        let of_one = _mm512_mullo_epi64(eight, bytemuck::cast(*powers));
        let of_two = _mm512_add_epi64(of_one, _mm512_alignr_epi64::<7>(of_one, zero));
        let of_four = _mm512_add_epi64(of_two, _mm512_alignr_epi64::<6>(of_two, zero));
        let of_eight = _mm512_add_epi64(of_four, _mm512_alignr_epi64::<4>(of_four, zero));
        let all = _mm512_add_epi64(of_eight, sum);
        *sums = bytemuck::cast(all);
        sum = _mm512_permutexvar_epi64(_mm512_set1_epi64(7), all);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn all(byte: u8) -> __m512i {
    _mm512_set1_epi8(byte.cast_signed())
}

/// Which bytes are this one.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn is(byte: u8, bytes: __m512i) -> u64 {
    _mm512_cmpeq_epi8_mask(bytes, all(byte))
}

// SAFETY: four numbers one after the other, which may be any.
unsafe impl Zeroable for Token {}
// SAFETY: likewise; and no room between them.
unsafe impl Pod for Token {}

/// Bytes by their number.
static PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut n = 0;
    while n < BLOCK {
        places[n] = n as u8;
        n += 1;
    }
    places
};

/// Where words start and end in turns, a byte each, from bits at these places; behind one that says nothing where the first
/// word is open already.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2")]
fn bounds(starts: u64, ends: u64, was_open: bool) -> __m512i {
    let places = bytemuck::cast(PLACES);
    let bounds = _mm512_maskz_compress_epi8(starts | ends, places);
    let before = _mm512_sub_epi8(places, all(u8::from(was_open)));
    _mm512_permutexvar_epi8(before, bounds)
}

/// The bounds behind those of the words that are put together at once.
#[inline]
#[target_feature(enable = "avx512f")]
fn next_bounds(bounds: __m512i) -> __m512i {
    _mm512_alignr_epi64::<{ 2 * TOGETHER as i32 / 8 }>(_mm512_setzero_si512(), bounds)
}

/// The first words of these bounds in the original behind `at`, and in the folded text behind `place`.
#[inline]
#[target_feature(enable = "avx512f")]
fn tokens(in_bytes: __m512i, at: usize, in_units: __m512i, place: usize) -> [Token; TOGETHER] {
    let behind = |bounds: __m512i, from: usize| {
        let bounds = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bounds));
        _mm512_add_epi32(bounds, _mm512_set1_epi32((from as u32).cast_signed()))
    };
    let (in_original, in_folded) = (behind(in_bytes, at), behind(in_units, place));
    let low = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
    let high = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
    bytemuck::cast([low, high].map(|half| _mm512_permutex2var_epi64(in_original, half, in_folded)))
}

/// The polynomials of the first words of these bounds, and the sums up to where each ends. Where one starts the sum is what it was
/// at the end of the one before, since the space between adds nothing; where the first does it is the last of `before`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn polynomials(in_units: __m512i, sums: &Sums, before: __m512i) -> ([u64; TOGETHER], __m512i) {
    let pairs = _mm512_cvtepu16_epi64(_mm512_castsi512_si128(in_units));
    let ends = _mm512_srli_epi64::<8>(pairs);
    let powers = POWERS
        .0
        .first_chunk()
        .expect("one more than there are places");
    let sums = pick(sums.up_to(), ends);
    let letters = _mm512_sub_epi64(sums, _mm512_alignr_epi64::<7>(sums, before));
    let polynomials = _mm512_mullo_epi64(letters, pick(powers, ends));
    (bytemuck::cast(polynomials), sums)
}

/// Those at eight places, of which the lowest bits count. (Who gathers them takes longer.)
#[inline]
#[target_feature(enable = "avx512f")]
fn pick(numbers: &[u64; BLOCK], places: __m512i) -> __m512i {
    let (all, _) = numbers.as_chunks::<16>();
    let sixteenth = |n: usize| {
        let [low, high]: [__m512i; 2] = bytemuck::cast(all[n]);
        _mm512_permutex2var_epi64(low, places, high)
    };
    let has_bit = |bit: i64| _mm512_test_epi64_mask(places, _mm512_set1_epi64(bit));
    let (second, upper) = (has_bit(16), has_bit(32));
    let of_lower = _mm512_mask_mov_epi64(sixteenth(0), second, sixteenth(1));
    let of_upper = _mm512_mask_mov_epi64(sixteenth(2), second, sixteenth(3));
    _mm512_mask_mov_epi64(of_lower, upper, of_upper)
}

#[target_feature(
    enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt"
)]
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
    let mut sums = Sums::zero();
    let mut last_window = [0; WINDOW];
    while at < bytes.len() {
        let left = &bytes[at..];
        let window = window(left, &mut last_window);
        let Characters {
            folded,
            begins,
            end,
        } = characters(window, left.len(), lookup);
        if end == 0 {
            break;
        }
        // From here on a bit for each character.
        let all_characters = first(begins.count_ones() as usize);
        let deleted = _pext_u64(is(DELETED, folded), begins);
        let spaces = _pext_u64(is(SPACE, folded), begins);
        let letters = all_characters & !(deleted | spaces);
        let was_open = is_open;
        let (starts, ends);
        (starts, ends, is_open) = starts_and_ends(letters, spaces, was_open);

        // The words, and a space behind each.
        let kept = letters | ends;
        let size = kept.count_ones() as usize;
        let written = _mm512_maskz_compress_epi8(_pdep_u64(kept, begins), folded);
        if units.len() < place + BLOCK {
            units.resize(place + BLOCK + bytes.len() - at, 0);
        }
        let [all_units, coefficients] = to_units(written, lookup);
        if let Some(room) = units[place..].first_chunk_mut::<BLOCK>() {
            *room = all_units;
        }
        add_up(&coefficients, size, &mut sums);

        let (start_bytes, start_units) = (_pdep_u64(starts, begins), _pext_u64(starts, kept));
        let (end_bytes, end_units) = (_pdep_u64(ends, begins), _pext_u64(ends, kept));
        let mut in_bytes = bounds(start_bytes, end_bytes, was_open);
        let mut in_units = bounds(start_units, end_units, was_open);
        let first_word = words.len();
        if !was_open {
            word.start = at + start_bytes.trailing_zeros() as usize;
            word.folded_start = place + start_units.trailing_zeros() as usize;
        }
        // (A branch, and not a choice between two values: with that folding takes 1.12 times as long.)
        let mut sum_before = 0;
        if was_open {
            sum_before = before_open(&word);
        }
        let mut before = _mm512_set1_epi64(sum_before.cast_signed());
        // There are hardly ever more than are written at once. (How many there are is chance, so it is no branch.)
        let mut left = ends.count_ones() as usize;
        loop {
            words.push_first(left.min(TOGETHER), |all_tokens, all_polynomials| {
                *all_tokens = tokens(in_bytes, at, in_units, place);
                (*all_polynomials, before) = polynomials(in_units, &sums, before);
            });
            if left <= TOGETHER {
                break;
            }
            left -= TOGETHER;
            (in_bytes, in_units) = (next_bounds(in_bytes), next_bounds(in_units));
        }
        words.set_start(first_word, word.start, word.folded_start);
        if starts != 0 {
            let unit = (u64::BITS - 1 - start_units.leading_zeros()) as usize;
            sum_before = sums.of_first(unit);
            word.start = at + (u64::BITS - 1 - start_bytes.leading_zeros()) as usize;
            word.folded_start = place + unit;
        }
        word.polynomial = polynomial(size, sums.of_first(size), sum_before);
        place += size;
        at += end;
    }
    // The next word will bring the space before it.
    *len = place - usize::from(!is_open && place > 0);
    (at, is_open.then_some(word))
}
