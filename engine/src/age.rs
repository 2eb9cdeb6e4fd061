//! Ages: how far apart in time two articles may be.

use crate::index::articles::{Metadata, Timestamp};

/// Which of an article's times counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// When its id was first submitted.
    FirstSeen,
    /// When it was published; if nobody said, when its id was first submitted.
    Published,
}

/// A greatest age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// What it is measured by.
    pub clock: Clock,
    /// Milliseconds, more than 0.
    pub most: i64,
}

impl Age {
    /// The time of an article that counts.
    pub fn time(&self, metadata: &Metadata, first_seen: Timestamp) -> Timestamp {
        match self.clock {
            Clock::FirstSeen => first_seen,
            Clock::Published => metadata.published.unwrap_or(first_seen),
        }
    }
}
