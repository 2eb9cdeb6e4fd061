//! Not to knock all the time at a door that is shut.

use std::time::{Duration, Instant};

use crate::Error;

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_millis(250);

/// When a node that could not be reached may be tried again.
#[derive(Debug)]
pub(crate) struct Backoff {
    pause: Duration,
    shut: Option<(Instant, Error)>,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        let pause = SHORTEST;
        Self { pause, shut: None }
    }

    /// Why it was not reached, while it is too early to try again.
    pub(crate) fn shut(&self) -> Option<Error> {
        self.shut
            .as_ref()
            .filter(|(until, _)| Instant::now() < *until)
            .map(|(_, error)| error.clone())
    }

    /// It was not reached.
    pub(crate) fn failed(&mut self, error: Error) {
        self.shut = Some((Instant::now() + self.pause, error));
        self.pause = (self.pause * 2).min(LONGEST);
    }

    /// It was reached.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_longest_and_ends_with_success() {
        let mut backoff = Backoff::new();
        assert_eq!(backoff.shut(), None);
        let error = Error::Unreachable("down".into());
        backoff.failed(error.clone());
        assert_eq!(backoff.pause, SHORTEST * 2);
        for _ in 0..10 {
            backoff.failed(error.clone());
        }
        assert_eq!(backoff.pause, LONGEST);
        assert_eq!(backoff.shut(), Some(error));
        backoff.succeeded();
        assert_eq!(backoff.shut(), None);
        assert_eq!(backoff.pause, SHORTEST);
    }
}
