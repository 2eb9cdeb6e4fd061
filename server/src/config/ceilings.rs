//! How much may be asked for at once, and held.

use std::{num::NonZero, thread, time::Duration};

use clap::builder::{RangedU64ValueParser, TypedValueParser};

use super::size;

/// Limits. What becomes of a request beyond one of them is said in `limits` and `connections`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Ceilings {
    /// Longest text of one article, in bytes of UTF-8.
    #[arg(long, value_name = "BYTES", value_parser = size(), default_value = "1048576")]
    pub max_text_bytes: usize,
    /// Longest id of an article, in bytes.
    #[arg(long, value_name = "BYTES", value_parser = id_bytes(), default_value = "2048")]
    pub max_id_bytes: usize,
    /// Most articles in one batch.
    #[arg(long, value_name = "N", value_parser = size(), default_value = "1000")]
    pub max_batch: usize,
    /// Longest message, in bytes, unpacked if it is compressed.
    #[arg(long, value_name = "BYTES", value_parser = size(), default_value = "16777216")]
    pub max_message_bytes: usize,
    /// Most collections, "default" among them.
    #[arg(long, value_name = "N", value_parser = size(), default_value = "1000")]
    pub max_collections: usize,
    /// Most requests that have a processor or wait for one; by default 32 for each. Of large ones, from
    /// 8 KiB on, each processor has one, and half as many as these may wait for one, a second at most. Those that
    /// wait for the disk are not among them.
    #[arg(long, value_name = "N", value_parser = number())]
    pub max_requests: Option<usize>,
    /// Most calls that are open at once, streams that idle and requests that are not yet received among
    /// them.
    #[arg(long, value_name = "N", value_parser = number(), default_value = "10000")]
    pub max_open_calls: usize,
    /// Bytes of messages that are held at once: being received, worked on, and waiting for their callers.
    #[arg(long, value_name = "BYTES", value_parser = held_bytes(), default_value = "268435456")]
    pub max_buffered_bytes: usize,
    /// Most connections.
    #[arg(long, value_name = "N", value_parser = number(), default_value = "10000")]
    pub max_connections: usize,
    /// Most calls that are open at once on one connection.
    #[arg(long, value_name = "N", value_parser = streams(), default_value = "200")]
    pub max_streams_per_connection: u32,
    /// Seconds that a connection may be silent before it is asked whether it is still there; it has 20 to
    /// answer.
    #[arg(id = "keepalive_seconds", long = "keepalive-seconds", value_name = "SECONDS", value_parser = some_seconds(), default_value = "60")]
    pub keepalive: Duration,
    /// Seconds that a request may take, even if its caller would wait longer.
    #[arg(id = "max_deadline_seconds", long = "max-deadline-seconds", value_name = "SECONDS", value_parser = some_seconds(), default_value = "60")]
    pub max_deadline: Duration,
    /// Seconds that a stream may go without a message, and an answer without its caller taking more of it.
    #[arg(id = "max_idle_seconds", long = "max-idle-seconds", value_name = "SECONDS", value_parser = some_seconds(), default_value = "300")]
    pub max_idle: Duration,
    /// Most articles of one caller in a second; a request without articles counts as one. By default as
    /// many as he likes.
    #[arg(long, value_name = "N")]
    pub max_rate: Option<NonZero<u32>>,
    /// Most articles of one caller at once after a rest; by default those of a second.
    #[arg(long, value_name = "N")]
    pub max_burst: Option<NonZero<u32>>,
    /// Most articles of one caller in a day; they come back evenly. By default as many as he likes.
    #[arg(long, value_name = "N")]
    pub max_per_day: Option<NonZero<u32>>,
}

impl Ceilings {
    /// Requests that are worked on at once.
    pub fn max_requests(&self) -> usize {
        self.max_requests.unwrap_or_else(|| 32 * processors())
    }
}

/// Processors that the server may use.
pub(crate) fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn number() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1_000_000)
}

fn streams() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(1..=1_000_000)
}

/// Ids are kept in memory, several to a match.
fn id_bytes() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=65_536)
}

fn held_bytes() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1 << 40)
}

/// At least one, at most a day.
fn some_seconds() -> impl TypedValueParser<Value = Duration> {
    RangedU64ValueParser::<u64>::new()
        .range(1..=86_400)
        .map(Duration::from_secs)
}
