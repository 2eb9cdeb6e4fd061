//! Benchmarks of Basma, and what they run on.
//!
//! - [`corpus`]: Arabic-looking articles, any number of them, with planted copies of known kind.

pub mod corpus;
pub mod measure;
