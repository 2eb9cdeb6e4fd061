//! How it can fail.

use std::fmt;

/// Why commands were not done, or are not known to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A master that is wanted cannot be reached, or cannot answer now. It may have done what it was
    /// told all the same.
    Unreachable(String),
    /// It was done, but no replica says that it has it; so it may be lost.
    Unconfirmed(String),
    /// A master has no memory left.
    Full(String),
    /// A command is not understood or not allowed: a mistake here, or in the cluster's rights.
    Refused(String),
    /// The cluster is not one that this can work with. Trying again is of no use.
    Unsuitable(String),
}

impl Error {
    /// All kinds of failures.
    pub const KINDS: [&str; 5] = [
        "unreachable",
        "unconfirmed",
        "full",
        "refused",
        "unsuitable",
    ];

    /// Which of [`Error::KINDS`] it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Unconfirmed(_) => "unconfirmed",
            Self::Full(_) => "full",
            Self::Refused(_) => "refused",
            Self::Unsuitable(_) => "unsuitable",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unreachable(message)
        | Self::Unconfirmed(message)
        | Self::Full(message)
        | Self::Refused(message)
        | Self::Unsuitable(message)) = self;
        formatter.write_str(message)
    }
}

impl std::error::Error for Error {}
