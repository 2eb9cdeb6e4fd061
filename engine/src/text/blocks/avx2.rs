//! With AVX2: thirty-two bytes are looked up at once, sixteen entries of a table at a time, and squeezed together by eights.
//! A bit stands for a byte, also where a character has several, so that no block has to wait for where the one before ends.
#![expect(
    unsafe_code,
    reason = "a function for other processors than the build's cannot be called without"
)]

mod characters;

use std::arch::x86_64::*;

use super::{BLOCK, INVERSES, WINDOW, first, lookup::LOOKUP, starts_and_ends, window};
use crate::{
    text::{
        fold::{FoldedText, Token, Word},
        words::{TOGETHER, Words},
    },
    wide::has_avx2,
};
use characters::{characters, squeeze};

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

/// A block whose units have been written.
struct Block {
    /// Where it began in the original, and in the folded text.
    at: usize,
    place: usize,
    /// A bit for each byte of it: those that became units, where words start, and the spaces behind words.
    kept: u64,
    starts: u64,
    ends: u64,
    /// Whether it began within a word.
    was_open: bool,
}

impl Block {
    /// How many of its units stand before a byte.
    #[inline]
    #[target_feature(enable = "bmi2,popcnt")]
    fn before(&self, byte: u32) -> usize {
        _bzhi_u64(self.kept, byte).count_ones() as usize
    }
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
    let mut coefficients = [0; BLOCK];
    let mut sums = [0; 1 + BLOCK];
    let mut last_window = [0; WINDOW];
    let mut end = BLOCK;
    // A block may begin within a character, which the one before has seen the whole of.
    while at < bytes.len() && end == BLOCK {
        let window = window(&bytes[at..], &mut last_window);
        let found = characters(window, lookup);
        end = found.other.trailing_zeros() as usize;
        let (letters, spaces) = (found.letters & first(end), found.spaces & first(end));
        let (starts, ends, goes_on) = starts_and_ends(letters, spaces, is_open);
        let block = Block {
            at,
            place,
            kept: letters | ends,
            starts,
            ends,
            was_open: is_open,
        };
        is_open = goes_on;

        let size = block.kept.count_ones() as usize;
        if units.len() < place + BLOCK {
            units.resize(place + BLOCK + bytes.len() - at, 0);
        }
        if let Some(room) = units[place..].first_chunk_mut() {
            squeeze(found.folded, block.kept, lookup, room, &mut coefficients);
            add_up(&coefficients, size, &mut sums);
        }
        write_words(&block, &sums, &mut word, words);
        place += size;
        at += end;
    }
    // The next word will bring the space before it.
    *len = place - usize::from(!is_open && place > 0);
    (at.min(bytes.len()), is_open.then_some(word))
}

/// Writes behind a zero the sums of the first coefficients, at least `count`, each times a power of the base's
/// inverse.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn add_up(coefficients: &[u16; BLOCK], count: usize, sums: &mut [u64; 1 + BLOCK]) {
    let mut sum = _mm256_setzero_si256();
    let fours = (coefficients.as_chunks::<4>().0.iter())
        .zip(INVERSES.0.as_chunks::<4>().0)
        .zip(sums[1..].as_chunks_mut::<4>().0);
    for ((four, powers), sums) in fours.take(count.div_ceil(4)) {
        let four = _mm256_cvtepu16_epi64(_mm_cvtsi64_si128(bytemuck::cast(*four)));
        let powers = bytemuck::cast(*powers);
        // As two products of 32 bits.
        let upper = _mm256_mul_epu32(four, _mm256_srli_epi64::<32>(powers));
        let lower = _mm256_mul_epu32(four, powers);
        let of_one = _mm256_add_epi64(lower, _mm256_slli_epi64::<32>(upper));
        let of_two = _mm256_add_epi64(of_one, _mm256_slli_si256::<8>(of_one));
        let low_half = _mm256_permute4x64_epi64::<0b01_01_00_00>(of_two);
        let low_half = _mm256_blend_epi32::<0b1111_0000>(_mm256_setzero_si256(), low_half);
        let of_four = _mm256_add_epi64(of_two, low_half);
        *sums = bytemuck::cast(_mm256_add_epi64(sum, of_four));
        sum = _mm256_add_epi64(sum, _mm256_permute4x64_epi64::<0xff>(of_four));
    }
}

/// Writes the words that end in a block. `word` is the one that is being written.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn write_words(block: &Block, sums: &[u64; 1 + BLOCK], word: &mut Word, words: &mut Words) {
    let &Block {
        at,
        place,
        mut starts,
        mut ends,
        ..
    } = block;
    let mut sum_before = 0;
    if block.was_open {
        sum_before = super::before_open(word);
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
                let count = block.before(end);
                *token = Token {
                    start: start as u32,
                    end: (at + end as usize) as u32,
                    folded_start: folded_start as u32,
                    folded_end: (place + count) as u32,
                };
                *polynomial = super::polynomial(count, sums[count], sum);
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
    if block.starts != 0 {
        let last = block.starts.ilog2();
        let count = block.before(last);
        (word.start, word.folded_start) = (at + last as usize, place + count);
        sum_before = sums[count];
    }
    let size = block.kept.count_ones() as usize;
    word.polynomial = super::polynomial(size, sums[size], sum_before);
}
