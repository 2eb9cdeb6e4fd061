//! The configuration. A setting is declared once, as a field of [`Config`] or of a group that it is made
//! of: the field's name is the key in the file, with `BASMA_` and in capitals the variable, with hyphens
//! the flag; its doc comment is the help; its attribute says the default and what is valid. A setting of
//! a type `bool` is off by default. A file that is to be there has `value_hint = FilePath`, a folder
//! to be made `DirPath`. No setting is a secret: secrets are in files that settings name.
//!
//! [`read`] lays default, file, environment and flags over each other.

mod ceilings;
mod check;
mod file;
mod invocation;
mod layers;
mod print;
mod task;

use std::{path::PathBuf, time::Duration};

use clap::{
    FromArgMatches as _, Parser, ValueHint,
    builder::{RangedU64ValueParser, TypedValueParser},
};
use tracing_subscriber::EnvFilter;

use crate::store::Durability;
pub use ceilings::Ceilings;
pub(crate) use ceilings::processors;
pub use invocation::{Asked, Invocation, Refused, read};
pub use task::{MethodArg, Task};

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", value_parser = address, default_value = "127.0.0.1:50051")]
    pub listen: String,
    /// Where Prometheus asks for figures: GET /metrics. Whoever may ask learns the names of all collections.
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    pub metrics_listen: Option<String>,
    /// Let others ask for those figures.
    #[arg(long)]
    pub metrics_insecure: bool,
    /// The server's certificate and those between it and its CA, in PEM: clients are then to use TLS. It is
    /// read again when it changes, as are key, client CA and tokens.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_key: Option<PathBuf>,
    /// Whose certificates clients must have, in PEM: mutual TLS.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tls_client_ca: Option<PathBuf>,
    /// Who may do what: a file of tokens that `basmad token` made. Without it everybody may do everything.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tokens: Option<PathBuf>,
    /// Listen where others can reach it, even without TLS and tokens.
    #[arg(long)]
    pub insecure: bool,
    /// Where the index is kept; by default basma in the platform's folder for data.
    // `None` for in memory only.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, global = true)]
    pub data_dir: Option<PathBuf>,
    /// Keep the index in memory only: it ends with the process.
    #[arg(long)]
    pub in_memory: bool,
    /// When a change is acknowledged: when it is on the disk (sync), when it is written and to be synced
    /// soon (interval), or when it is in the index (memory).
    #[arg(long, value_name = "MODE", value_enum, default_value = "sync")]
    pub durability: Mode,
    /// With durability interval: milliseconds within which what was written is synced.
    #[arg(id = "sync_interval_ms", long = "sync-interval-ms", value_name = "MS", value_parser = milliseconds(), default_value = "100")]
    pub sync_interval: Duration,
    /// With a data folder: of each collection so many of the latest articles stay in memory whole. Of older ones there is
    /// only what finds them, a third of it, and the rest is read from a file in the folder.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub resident_articles: usize,
    /// Keep the index in a Redis or Valkey cluster, which other servers may use, too:
    /// redis://HOST:PORT,HOST:PORT… or rediss:// for TLS. Any of its nodes will do.
    #[arg(long, value_name = "URL", value_parser = store)]
    pub store: Option<String>,
    /// With store: a file with USER:PASSWORD, as they stand in a URL.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub store_account: Option<PathBuf>,
    /// With store: whose certificates its nodes have, in PEM; the system's authorities without it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub store_ca: Option<PathBuf>,
    /// With store: when a change is acknowledged: when a replica has it, too, or when the master has it.
    #[arg(long, value_name = "WHO", value_enum, default_value = "replica")]
    pub store_ack: Confirmation,
    /// How much may be asked for at once, and held.
    #[command(flatten)]
    pub ceilings: Ceilings,
    /// Seconds that requests may go on after a signal to stop.
    #[arg(id = "drain_seconds", long = "drain-seconds", value_name = "SECONDS", value_parser = seconds(), default_value = "10")]
    pub drain: Duration,
    /// What to log: error, warn, info, debug, trace, or a filter such as basma_server=debug.
    #[arg(long, value_name = "FILTER", value_parser = filter, default_value = "info")]
    pub log: String,
    /// How to log: lines of text, or of JSON.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// Where traces go: the URL of a collector that speaks OTLP over gRPC.
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// Whether what cannot be read of the store is done without. No setting: nobody should forget it in a
    /// file.
    #[arg(skip)]
    pub accept_loss: bool,
}

/// See [`Durability`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// On the disk.
    Sync,
    /// On the disk within [`Config::sync_interval`].
    Interval,
    /// In the index.
    Memory,
}

/// Who must have a change for it to be acknowledged: see [`basma_redis::Ack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Confirmation {
    /// The master and a replica.
    Replica,
    /// The master: what it has not passed on when it goes is lost.
    Master,
}

/// What a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text, for people.
    Text,
    /// An object of JSON.
    Json,
}

impl Config {
    /// When a change is acknowledged.
    pub fn durability(&self) -> Durability {
        match self.durability {
            Mode::Sync => Durability::Sync,
            Mode::Interval => Durability::Interval(self.sync_interval),
            Mode::Memory => Durability::Memory,
        }
    }
}

/// What is said of each setting where it is declared, and no data folder: in memory only.
impl Default for Config {
    fn default() -> Self {
        let matches = layers::settings().try_get_matches_from([""]);
        let config = matches.and_then(|matches| Self::from_arg_matches(&matches));
        config.expect("defaults are valid")
    }
}

/// The Basma server: tells whether an Arabic text was seen before, and if not, which one it is nearly.
///
/// Every setting can stand in the file given by --config or BASMA_CONFIG (TOML: max_batch = 500), in the
/// environment (BASMA_MAX_BATCH=500), or here; the later of these wins.
#[derive(Debug, Parser)]
#[command(name = "basmad", version)]
struct Flags {
    /// A TOML file with any of the settings below.
    #[arg(long = "config", value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    file: Option<PathBuf>,
    /// Read the configuration and look at the files that it names; print "ok" or every error, and end.
    #[arg(long, conflicts_with = "print_config")]
    check_config: bool,
    /// Print the settings in force as TOML, with where each comes from, and end.
    #[arg(long)]
    print_config: bool,
    /// Go on with what can be read of a damaged store; what cannot is lost for good.
    #[arg(long)]
    accept_loss: bool,
    #[command(flatten, next_help_heading = "Settings")]
    config: Config,
    /// What to do instead of serving.
    #[command(subcommand)]
    task: Option<Task>,
}

/// Positions in a text are 32 bits wide; a gigabyte is far from where that could matter.
fn size() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1 << 30)
}

/// At most a day.
fn seconds() -> impl TypedValueParser<Value = Duration> {
    RangedU64ValueParser::<u64>::new()
        .range(..=86_400)
        .map(Duration::from_secs)
}

/// At least one, at most a minute.
fn milliseconds() -> impl TypedValueParser<Value = Duration> {
    RangedU64ValueParser::<u64>::new()
        .range(1..=60_000)
        .map(Duration::from_millis)
}

fn address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(text.to_owned())
        }
        _ => Err("must be HOST:PORT".to_owned()),
    }
}

fn store(text: &str) -> Result<String, String> {
    let read: Result<basma_redis::Address, _> = text.parse();
    match read {
        // It would be printed with the other settings.
        Ok(_) if text.contains('@') => Err("must not say who asks: use store_account".to_owned()),
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("is not a filter: {error}")),
    }
}

#[cfg(test)]
mod tests;
