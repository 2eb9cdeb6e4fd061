//! Benchmarks of Basma, and what they run on.
//!
//! - [`corpus`]: Arabic-looking articles, any number of them, with planted copies of known kind.
//! - [`of_corpus`]: one of them as it is sent.
//! - [`measure`]: quantiles, memory, and records of what was measured.

pub use basma_corpus as corpus;

mod article;
pub mod measure;

pub use article::of_corpus;
