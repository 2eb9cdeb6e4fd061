//! What the end-to-end tests stand on: the real `basmad` on a free port, and the real `basma`.
//!
//! - [`binaries`]: where the two programs are; builds them when they are older than their sources;
//! - [`server`]: a `basmad` of the test's own, killed when it is dropped;
//! - [`scrape`]: what it tells Prometheus;
//! - [`authority`]: certificates, made as they are needed;
//! - [`grant()`]: tokens, made by `basmad token`, and their file;
//! - [`guarded`]: a server that wants them;
//! - [`dialogue`]: what was asked about a collection, and what was said, to be compared;
//! - [`cli`]: one run of `basma` and what it printed;
//! - [`article()`]: articles to send, in Arabic;
//! - [`raw`]: calls of every method there is, by its path;
//! - [`refusal()`]: what an error says, as the protocol promises it;
//! - [`wire`]: calls made by hand;
//! - [`redis`]: a cluster of the test's own; [`writers`]: callers who submit whatever happens to it;
//! - [`until()`]: waiting for something that must come true.
//!
//! Nothing sleeps for a fixed time: whatever is waited for is asked for again and again, and is a
//! failure after [`LIMIT`].

#![allow(clippy::unwrap_used)]

pub mod article;
pub mod authority;
pub mod binaries;
pub mod cli;
pub mod dialogue;
pub mod grant;
pub mod guarded;
pub mod raw;
pub mod refusal;
pub mod scrape;
pub mod server;
pub mod store;
pub mod until;
pub mod wire;
pub mod writers;

use std::time::Duration;

pub use basma_test_redis as redis;

pub use self::{
    article::{article, corpus},
    authority::Authority,
    cli::{Basma, Ended},
    dialogue::Dialogue,
    grant::{Grant, Grants, grant},
    guarded::Guarded,
    refusal::{Refusal, refusal},
    scrape::Scrape,
    server::Server,
    until::until,
    writers::Writers,
};

/// Longest wait for anything, far above what a busy machine needs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Takes the settings of whoever runs the tests away from a program that is to have its own.
fn without_settings(command: &mut tokio::process::Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BASMA_") {
            command.env_remove(name);
        }
    }
}
