//! Folding sixty-four bytes at once, on processors that have the instructions for it.
//!
//! What an ordinary Arabic text is made of is folded here: ASCII, the Arabic block, the spaces and quotation marks of
//! Latin-1 and of the general punctuation. A block is looked up in tables of bytes, and squeezed together without what is
//! to be left out of it. Where words begin and end is told by shifts and carries over bits; and the polynomials of its
//! words follow from one sum over all of its letters: where the base has an inverse, a run's polynomial is the difference
//! of two such sums.
//!
//! (Of bits a character: Geoff Langdale, Daniel Lemire, "Parsing Gigabytes of JSON per Second", 2019.)

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod lookup;

use super::fold::{FoldedText, Word};
#[cfg(target_arch = "x86_64")]
use crate::{
    padded::Padded,
    shingle::{BASE, INVERSE},
    wide::{has_avx2, has_avx512},
};

/// Folds the text from a place on, where a character begins, as long as nothing stands in the way that has to be looked at
/// by itself. Given the word that is being written there, returns where it stopped, and the word that is being written there.
pub(super) type Fold = fn(&[u8], usize, Option<Word>, &mut FoldedText) -> (usize, Option<Word>);

/// The ways for which the processor has what they take, the fastest first.
pub(super) fn ways() -> impl Iterator<Item = Fold> {
    #[cfg(target_arch = "x86_64")]
    let ways = [
        (has_avx512(), avx512::fold as Fold),
        (has_avx2(), avx2::fold),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let ways: [(bool, Fold); 0] = [];
    ways.into_iter().filter_map(|(has, way)| has.then_some(way))
}

/// Bytes in a block.
#[cfg(target_arch = "x86_64")]
const BLOCK: usize = 64;
/// A block and what may be left over of its last character.
#[cfg(target_arch = "x86_64")]
const WINDOW: usize = BLOCK + 2;

/// The powers of the base from -1 on.
#[cfg(target_arch = "x86_64")]
static POWERS: Padded<[u64; BLOCK + 1]> = Padded(powers(INVERSE, BASE));
/// The powers of its inverse from 0 on.
#[cfg(target_arch = "x86_64")]
static INVERSES: Padded<[u64; BLOCK]> = Padded(powers(1, INVERSE));

#[cfg(target_arch = "x86_64")]
const fn powers<const N: usize>(first: u64, base: u64) -> [u64; N] {
    let mut powers = [first; N];
    let mut n = 1;
    while n < N {
        powers[n] = powers[n - 1].wrapping_mul(base);
        n += 1;
    }
    powers
}

/// What a block's sums begin at for a word that is open: it has letters already, and begins lower by these.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn before_open(word: &Word) -> u64 {
    word.polynomial.wrapping_mul(BASE).wrapping_neg()
}

/// The polynomial of a word, of the sums of a block up to where it ends, behind so many letters, and before it.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn polynomial(count: usize, sum: u64, before: u64) -> u64 {
    sum.wrapping_sub(before).wrapping_mul(POWERS.0[count])
}

/// The first of these bytes, with what no character begins with behind if they are few.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn window<'a>(left: &'a [u8], last: &'a mut [u8; WINDOW]) -> &'a [u8; WINDOW] {
    if let Some(window) = left.first_chunk() {
        return window;
    }
    *last = [0x80; WINDOW];
    last[..left.len()].copy_from_slice(left);
    last
}

/// The first `count` bits.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn first(count: usize) -> u64 {
    if count < 64 {
        (1 << count) - 1
    } else {
        u64::MAX
    }
}

/// Which letters words start with, the space behind each word, and whether the last word goes on: of bits for letters and
/// spaces, where what is neither of the two is as if it was not there.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn starts_and_ends(letters: u64, spaces: u64, is_open: bool) -> (u64, u64, bool) {
    // What stands behind a letter, but for what is neither between: that is what a carry runs over.
    let between = !(letters | spaces);
    let behind = letters << 1 | u64::from(is_open);
    let behind = (behind | (behind & between).wrapping_add(between)) & !between;
    let goes_on = match letters | spaces {
        0 => is_open,
        _ => letters > spaces,
    };
    (letters & !behind, spaces & behind, goes_on)
}
