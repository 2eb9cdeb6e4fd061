//! Benchmarks of Basma, and what they run on.
//!
//! - [`corpus`]: Arabic-looking articles, any number of them, with planted copies of known kind.
//! - [`measure`]: quantiles, memory, and records of what was measured.

pub use basma_corpus as corpus;

pub mod measure;
