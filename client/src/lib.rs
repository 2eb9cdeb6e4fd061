//! The client of Basma: a typed client, and the command line `basma` on it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`client`] | [`Client`]: every RPC as a method, with deadline and retry |
//! | [`retry`] | when and how long to wait before a call is repeated |
//! | [`error`] | why a call failed, in words that say what to do next |
//! | `input` | files of articles: JSON lines, plain, gzip or zstd |
//! | `output` | JSON lines for machines, tables and marked texts for people |
//! | [`cli`] | the command line, one command a file |

pub mod cli;
pub mod client;
pub mod error;
pub mod retry;

mod input;
mod output;

pub use crate::{client::Client, error::Error};
