//! From an article's text to its folded words.
//!
//! `rule` says what becomes of one character, `tables` has it for the usual ones; [`FoldedText`] applies the rules to a
//! text in one pass and remembers where in the original each word stood. `blocks` does the same to sixty-four bytes at once
//! where the processor can; `normalize` to what depends on its neighbours; `rasm` takes the dots off;
//! `words` are what all of them write.

mod blocks;
mod fold;
mod normalize;
mod rasm;
mod rule;
mod tables;
mod words;

pub use fold::{FoldedText, Token};
pub(crate) use rasm::rasm;
#[cfg(any(test, fuzzing))]
pub(crate) use rule::PHRASES;

/// Version of the folding, stored beside every fingerprint: fingerprints of texts that were folded
/// by different versions cannot be compared. To be raised with every change of what a text folds to.
pub const FOLD_VERSION: u32 = 1;

#[cfg(test)]
mod tests;
