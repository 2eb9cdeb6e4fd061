//! The sequences of articles: unique without asking anybody, and nearly in the order of time.

use std::sync::atomic::{AtomicU64, Ordering};

use basma_engine::Timestamp;

use crate::registry::now;

/// Bits of the server's number.
const SERVER_BITS: u32 = 10;

/// Bits below the milliseconds: a count, and the server's number.
const LOW_BITS: u32 = 22;

/// Gives out sequences: milliseconds since 1970, a count, and a number that no other server has that runs.
#[derive(Debug)]
pub(super) struct Stamps {
    server: u64,
    last: AtomicU64,
}

impl Stamps {
    /// For the server that has drawn this number.
    pub(super) fn new(number: u64) -> Self {
        Self {
            server: number % (1 << SERVER_BITS),
            last: AtomicU64::new(0),
        }
    }

    /// The next sequence, greater than all that this gave out.
    pub(super) fn next(&self) -> u64 {
        let now = (now().unsigned_abs() << LOW_BITS) | self.server;
        // The clock may stand still, or go back.
        let after = |last: u64| now.max(last.saturating_add(1 << SERVER_BITS));
        let last = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                Some(after(last))
            });
        after(last.unwrap_or_default())
    }
}

/// When a sequence was given out, in milliseconds since 1970.
pub(super) fn time(sequence: u64) -> Timestamp {
    (sequence >> LOW_BITS) as Timestamp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_rise_and_tell_their_time() {
        let before = now();
        let stamps = [Stamps::new(7), Stamps::new(8)];
        let all = stamps
            .each_ref()
            .map(|stamps| (0..10_000).map(|_| stamps.next()).collect::<Vec<_>>());
        for given in &all {
            assert!(given.is_sorted_by(|a, b| a < b));
            assert!(
                given
                    .iter()
                    .all(|sequence| (before..now() + 1000).contains(&time(*sequence)))
            );
        }
        assert!(all[0].iter().all(|sequence| !all[1].contains(sequence)));
    }
}
