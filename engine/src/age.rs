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
        self.choose(metadata.published, first_seen)
    }

    fn choose(&self, published: Option<Timestamp>, first_seen: Timestamp) -> Timestamp {
        match self.clock {
            Clock::FirstSeen => first_seen,
            Clock::Published => published.unwrap_or(first_seen),
        }
    }
}

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// At most so many matches are returned.
    pub limit: usize,
    /// Only articles no further away in time match; `None` for all.
    pub window: Option<Age>,
}

/// Over all time.
impl From<usize> for Scope {
    fn from(limit: usize) -> Self {
        Self {
            limit,
            window: None,
        }
    }
}

/// A window around the time of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    age: Age,
    centre: Timestamp,
}

impl Window {
    pub(crate) fn around(age: Age, metadata: &Metadata, now: Timestamp) -> Self {
        Self {
            age,
            centre: age.time(metadata, now),
        }
    }

    /// Whether an article of these times is in it.
    pub(crate) fn holds(&self, published: Option<Timestamp>, first_seen: Timestamp) -> bool {
        let time = self.age.choose(published, first_seen);
        time.abs_diff(self.centre) <= self.age.most.unsigned_abs()
    }
}
