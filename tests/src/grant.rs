//! Tokens, made by `basmad token`, and their file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::time::timeout;

use crate::{LIMIT, server::basmad};

/// A token, and its entry in the file.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The token itself.
    pub secret: String,
    /// What `basmad` is told of it.
    pub entry: String,
}

/// Makes a token with these arguments, for example `["--read", "news"]`.
///
/// # Panics
///
/// If `basmad token` does not make one.
pub async fn grant(name: &str, rights: &[&str]) -> Grant {
    let mut command = basmad(&["token", name]);
    let made = timeout(LIMIT, command.args(rights).output()).await;
    let made = made.expect("it ends").expect("basmad starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (entry, secret) = (text(made.stdout), text(made.stderr));
    assert!(made.status.success(), "{secret}");
    Grant {
        secret: secret.trim().to_owned(),
        entry,
    }
}

/// The file of tokens.
#[derive(Debug)]
pub struct Grants(PathBuf);

impl Grants {
    /// Writes a file with these tokens.
    pub fn new(folder: &Path, grants: &[&Grant]) -> Self {
        let file = Self(folder.join("tokens.toml"));
        file.replace(grants);
        file
    }

    /// Writes these tokens in place of those before.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    pub fn replace(&self, grants: &[&Grant]) {
        let entries: String = grants.iter().map(|grant| grant.entry.as_str()).collect();
        fs::write(&self.0, entries).expect("a file");
    }

    /// As arguments of `basmad`.
    pub fn arguments(&self) -> [&str; 2] {
        ["--tokens", crate::authority::path(&self.0)]
    }
}
