//! What is to be started.

use std::{path::PathBuf, time::Duration};

/// The files of a certificate for 127.0.0.1, which all nodes share.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate, for servers and clients.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The certificate of who issued it.
    pub authority: PathBuf,
}

/// What is to be started.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many masters, at least three.
    pub masters: usize,
    /// How many replicas each of them has.
    pub replicas: usize,
    /// How long a node may be silent before it is taken for lost.
    pub node_timeout: Duration,
    /// `appendfsync`. With `everysec` a node that is killed may lose what it did in the last two
    /// seconds: it puts off writing to its file while that is being synced.
    pub fsync: &'static str,
    /// Whether nodes can be parted from each other, for which one must be root.
    pub partitions: bool,
    /// Whether callers and nodes are to encrypt.
    pub tls: Option<Tls>,
    /// A user and his password. Without them one may do all, too.
    pub user: Option<(&'static str, &'static str)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            masters: 3,
            replicas: 1,
            node_timeout: Duration::from_secs(2),
            fsync: "everysec",
            partitions: false,
            tls: None,
            user: None,
        }
    }
}
