//! A Lua script.

use std::sync::OnceLock;

/// A Lua script. It is sent by its hash, and whole where a node does not know it yet.
///
/// ```
/// static TAKE: basma_redis::Script =
///     basma_redis::Script::new("return redis.call('GETDEL', KEYS[1])");
/// ```
#[derive(Debug)]
pub struct Script {
    source: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    /// A script of this text.
    pub const fn new(source: &'static str) -> Self {
        let hash = OnceLock::new();
        Self { source, hash }
    }

    pub(crate) fn source(&self) -> &'static str {
        self.source
    }

    pub(crate) fn hash(&self) -> &str {
        self.hash
            .get_or_init(|| redis::Script::new(self.source).get_hash().to_owned())
    }
}
