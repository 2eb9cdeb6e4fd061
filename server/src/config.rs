//! The configuration: built-in defaults, a file, the environment, flags, each over the one before.

use std::{fs, path::PathBuf, time::Duration};

use basma_engine::Shingling;
use clap::Parser;
use serde::Deserialize;

use crate::store::{Durability, default_folder};

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: String,
    /// Where the index is kept; `None` for in memory only.
    pub data_dir: Option<PathBuf>,
    /// When a change is acknowledged.
    pub durability: Durability,
    /// Whether what cannot be read of the store is done without.
    pub accept_loss: bool,
    /// Longest text of one article, in bytes of UTF-8.
    pub max_text_bytes: usize,
    /// Most articles in one batch.
    pub max_batch: usize,
    /// Longest message, in bytes.
    pub max_message_bytes: usize,
    /// Most collections, "default" among them.
    pub max_collections: usize,
    /// How long requests may go on after a signal to stop.
    pub drain: Duration,
    /// What to log, as `tracing` filters say it: `info`, `basma_server=debug`.
    pub log: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:50051".to_owned(),
            data_dir: None,
            durability: Durability::Sync,
            accept_loss: false,
            max_text_bytes: 1 << 20,
            max_batch: 1000,
            max_message_bytes: 16 << 20,
            max_collections: 1000,
            drain: Duration::from_secs(10),
            log: "info".to_owned(),
        }
    }
}

/// The Basma server: tells whether an Arabic text was seen before, and if not, which one it is nearly.
///
/// Every setting can stand in the file given by --config (TOML, names with underscores), in the
/// environment, or here; the later of these wins.
#[derive(Debug, Default, Parser)]
#[command(name = "basmad", version)]
pub struct Flags {
    /// A TOML file with any of the settings below.
    #[arg(long, env = "BASMA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep the index in memory only: it ends with the process.
    #[arg(long, env = "BASMA_IN_MEMORY", conflicts_with = "data_dir")]
    in_memory: bool,
    /// Go on with what can be read of a damaged store; what cannot is lost for good.
    #[arg(long, conflicts_with = "in_memory")]
    accept_loss: bool,
    #[command(flatten)]
    settings: Settings,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub task: Option<Task>,
}

/// What to do to a data folder that nobody uses.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Task {
    /// Make a store of a backup that `basma backup` wrote, in a folder that holds none
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Make the fingerprints anew from kept texts: after an upgrade that asks for it, or with other settings
    Refingerprint {
        /// Of this collection alone.
        #[arg(long)]
        collection: Option<String>,
        /// What is kept of each article from now on.
        #[arg(long, value_enum)]
        method: Option<MethodArg>,
        /// What the SimHash counts from now on, for example words:3 or characters:5.
        #[arg(long, value_name = "KIND:SIZE", value_parser = features)]
        features: Option<Shingling>,
        /// How far apart candidates may be from now on, 0 to 12.
        #[arg(long, value_name = "K")]
        distance: Option<u32>,
    },
}

/// See [`basma_engine::Method`].
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum MethodArg {
    /// SimHash and shingle sketch.
    Full,
    /// SimHash only.
    SimhashOnly,
}

fn features(text: &str) -> Result<Shingling, String> {
    let parts = text.split_once(':');
    let parts = parts.and_then(|(kind, size)| Some((kind, size.parse().ok()?)));
    match parts {
        Some(("words", size)) => Ok(Shingling::Words(size)),
        Some(("characters", size)) => Ok(Shingling::Characters(size)),
        _ => Err("write words:N or characters:N".to_owned()),
    }
}

/// What a file or the flags set, and what they leave to others.
#[derive(Debug, Default, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:50051].
    #[arg(long, env = "BASMA_LISTEN", value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Where the index is kept [default: basma in the platform's folder for data, on Linux
    /// $XDG_DATA_HOME or ~/.local/share].
    #[arg(long, env = "BASMA_DATA_DIR", value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// When a change is acknowledged: when it is on the disk (sync), when it is written and to be synced
    /// soon (interval), or when it is in the index (memory) [default: sync].
    #[arg(long, env = "BASMA_DURABILITY", value_name = "MODE")]
    durability: Option<Mode>,
    /// With --durability interval: milliseconds within which what was written is synced
    /// [default: 100].
    #[arg(long, env = "BASMA_SYNC_INTERVAL_MS", value_name = "MS")]
    sync_interval_ms: Option<u64>,
    /// Longest text of one article, in bytes of UTF-8 [default: 1048576].
    #[arg(long, env = "BASMA_MAX_TEXT_BYTES", value_name = "BYTES")]
    max_text_bytes: Option<usize>,
    /// Most articles in one batch [default: 1000].
    #[arg(long, env = "BASMA_MAX_BATCH", value_name = "N")]
    max_batch: Option<usize>,
    /// Longest message, in bytes [default: 16777216].
    #[arg(long, env = "BASMA_MAX_MESSAGE_BYTES", value_name = "BYTES")]
    max_message_bytes: Option<usize>,
    /// Most collections, "default" among them [default: 1000].
    #[arg(long, env = "BASMA_MAX_COLLECTIONS", value_name = "N")]
    max_collections: Option<usize>,
    /// Seconds that requests may go on after a signal to stop [default: 10].
    #[arg(long, env = "BASMA_DRAIN_SECONDS", value_name = "SECONDS")]
    drain_seconds: Option<u64>,
    /// What to log: error, warn, info, debug, trace, or a filter such as basma_server=debug
    /// [default: info].
    #[arg(long, env = "BASMA_LOG", value_name = "FILTER")]
    log: Option<String>,
}

/// See [`Durability`].
#[derive(Clone, Copy, Debug, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Sync,
    Interval,
    Memory,
}

/// How `before` is changed; a period alone changes only that of an interval.
fn durability(before: Durability, mode: Option<Mode>, period: Option<u64>) -> Durability {
    let usual = match before {
        Durability::Interval(period) => period,
        Durability::Sync | Durability::Memory => Duration::from_millis(100),
    };
    let period = period.map_or(usual, |period| Duration::from_millis(period.max(1)));
    match (mode, before) {
        (Some(Mode::Sync), _) => Durability::Sync,
        (Some(Mode::Memory), _) => Durability::Memory,
        (Some(Mode::Interval), _) | (None, Durability::Interval(_)) => Durability::Interval(period),
        (None, _) => before,
    }
}

impl Config {
    /// The settings in force under these flags and the file that they name.
    ///
    /// # Errors
    ///
    /// A sentence that names the file, key or value at fault.
    pub fn load(flags: Flags) -> Result<Self, String> {
        let file = match &flags.config {
            Some(path) => {
                let text = fs::read_to_string(path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?
            }
            None => Settings::default(),
        };
        let config = Self::default().with(file).with(flags.settings);
        config.validate()?;
        if flags.in_memory && config.data_dir.is_some() {
            return Err("--in-memory and data_dir exclude each other".to_owned());
        }
        let data_dir = match (flags.in_memory, config.data_dir) {
            (true, _) => None,
            (false, Some(given)) => Some(given),
            (false, None) => Some(default_folder().ok_or(
                "there is no home folder to keep data in: give --data-dir DIR or --in-memory",
            )?),
        };
        Ok(Self {
            data_dir,
            accept_loss: flags.accept_loss,
            ..config
        })
    }

    fn with(self, settings: Settings) -> Self {
        Self {
            listen: settings.listen.unwrap_or(self.listen),
            data_dir: settings.data_dir.or(self.data_dir),
            accept_loss: self.accept_loss,
            durability: durability(
                self.durability,
                settings.durability,
                settings.sync_interval_ms,
            ),
            max_text_bytes: settings.max_text_bytes.unwrap_or(self.max_text_bytes),
            max_batch: settings.max_batch.unwrap_or(self.max_batch),
            max_message_bytes: settings.max_message_bytes.unwrap_or(self.max_message_bytes),
            max_collections: settings.max_collections.unwrap_or(self.max_collections),
            drain: settings
                .drain_seconds
                .map_or(self.drain, Duration::from_secs),
            log: settings.log.unwrap_or(self.log),
        }
    }

    fn validate(&self) -> Result<(), String> {
        // Positions in a text are 32 bits wide; a gigabyte is far from where that could matter.
        let most = 1 << 30;
        let sizes = [
            ("max_text_bytes", self.max_text_bytes),
            ("max_message_bytes", self.max_message_bytes),
            ("max_batch", self.max_batch),
            ("max_collections", self.max_collections),
        ];
        match sizes.iter().find(|(_, size)| !(1..=most).contains(size)) {
            Some((name, size)) => Err(format!("{name} = {size}: must be 1 to {most}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn load(flags: &[&str], file: &str) -> Result<Config, String> {
        let path =
            std::env::temp_dir().join(format!("basmad-{}-{}.toml", std::process::id(), file.len()));
        fs::File::create(&path)
            .and_then(|mut out| out.write_all(file.as_bytes()))
            .expect("a file");
        let arguments = ["basmad", "--config", path.to_str().expect("a path")];
        let loaded = Config::load(Flags::parse_from(arguments.iter().chain(flags)));
        fs::remove_file(&path).expect("a file");
        loaded
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let config =
            load(&["--max-batch", "7"], "max_batch = 5\ndrain_seconds = 3").expect("valid");
        assert_eq!(config.max_batch, 7);
        assert_eq!(config.drain, Duration::from_secs(3));
        assert_eq!(config.max_text_bytes, Config::default().max_text_bytes);
    }

    #[test]
    fn a_wrong_key_or_value_is_named() {
        assert!(
            load(&[], "max_bach = 5")
                .expect_err("unknown")
                .contains("max_bach")
        );
        assert!(
            load(&["--max-text-bytes", "0"], "")
                .expect_err("zero")
                .contains("max_text_bytes")
        );
    }
}
