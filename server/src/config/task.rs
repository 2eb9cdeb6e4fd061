//! What `basmad` can be asked to do instead of serving.

use std::path::PathBuf;

use basma_engine::Shingling;

/// What to do to a data folder that nobody uses, without one, or to a server that runs.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Task {
    /// Make a store of a backup that `basma backup` wrote, in a folder that holds none
    Restore {
        // Not called `file`: that is the id of --config, which every task has, too.
        /// The backup.
        #[arg(value_name = "FILE")]
        backup: PathBuf,
    },
    /// Make a token: prints its entry for the file of tokens, and on stderr the token itself, which is kept
    /// nowhere
    Token {
        /// Whose it is, or what for: stands in the log.
        name: String,
        /// Collections in which it may ask; * for all.
        #[arg(long, value_name = "COLLECTION", value_delimiter = ',')]
        read: Vec<String>,
        /// Collections in which it may also submit and delete articles; * for all.
        #[arg(long, value_name = "COLLECTION", value_delimiter = ',')]
        write: Vec<String>,
        /// Collections that it may also create, change and delete; * for all, which allows backups.
        #[arg(long, value_name = "COLLECTION", value_delimiter = ',')]
        admin: Vec<String>,
    },
    /// Ask the server of this configuration whether it serves; exit status 0 if it does, 1 if not
    Healthcheck {
        /// A certificate for servers that ask for one (tls_client_ca), in PEM.
        #[arg(long, value_name = "FILE", requires = "client_key")]
        client_cert: Option<PathBuf>,
        /// The key of that certificate, in PEM.
        #[arg(long, value_name = "FILE", requires = "client_cert")]
        client_key: Option<PathBuf>,
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
