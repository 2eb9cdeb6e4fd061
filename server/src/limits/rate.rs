//! How much each caller may ask for: so many articles a second, and so many a day.
//!
//! Both are token buckets. One that holds anything lets a request in and may be overdrawn by it, so that
//! a batch need not fit into what is saved up; who has overdrawn waits the longer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dashmap::DashMap;
use parking_lot::Mutex;

use crate::failure::Failure;

/// What a caller may ask for. A request counts as one, a batch or a stream as many as its articles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Allowed {
    /// A second, if that is limited.
    pub(crate) per_second: Option<f64>,
    /// At once, after a rest.
    pub(crate) burst: f64,
    /// A day, if that is limited.
    pub(crate) per_day: Option<f64>,
}

const DAY: f64 = 86_400.0;

impl Allowed {
    fn buckets(self, now: Instant) -> Vec<Bucket> {
        let second = self.per_second.map(|rate| Bucket {
            kind: Kind::Rate,
            rate,
            most: self.burst.max(1.0),
            level: self.burst.max(1.0),
            filled: now,
        });
        let day = self.per_day.map(|quota| Bucket {
            kind: Kind::Quota,
            rate: quota / DAY,
            most: quota,
            level: quota,
            filled: now,
        });
        second.into_iter().chain(day).collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Rate,
    Quota,
}

#[derive(Debug)]
struct Bucket {
    kind: Kind,
    /// What comes in, a second.
    rate: f64,
    most: f64,
    level: f64,
    filled: Instant,
}

impl Bucket {
    /// How long until there is anything in it.
    fn wait(&mut self, now: Instant) -> Duration {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.level = (self.level + elapsed * self.rate).min(self.most);
        self.filled = now;
        // A whole unit; but what is left of rounding is no reason to wait.
        let missing = 1.0 - self.level;
        match missing > 1e-6 {
            true => Duration::try_from_secs_f64(missing / self.rate).unwrap_or(Duration::MAX),
            false => Duration::ZERO,
        }
    }
}

/// The buckets of every caller. There are as many callers as there are tokens.
#[derive(Debug)]
pub(crate) struct Rates {
    allowed: Allowed,
    /// By the name of his token; all who have none are one.
    callers: DashMap<Arc<str>, Arc<Mutex<Vec<Bucket>>>>,
}

impl Rates {
    pub(super) fn new(allowed: Allowed) -> Self {
        let callers = DashMap::new();
        Self { allowed, callers }
    }

    /// What the caller with a token of this name may ask for now.
    pub(super) fn of(&self, token: Option<Arc<str>>) -> Allowance {
        if self.allowed.per_second.is_none() && self.allowed.per_day.is_none() {
            return Allowance(None);
        }
        let caller = token.unwrap_or_default();
        let buckets = || Arc::new(Mutex::new(self.allowed.buckets(Instant::now())));
        let found = self.callers.entry(caller).or_insert_with(buckets);
        Allowance(Some(Arc::clone(&found)))
    }
}

/// The buckets of one caller, in the extensions of his requests.
#[derive(Clone, Debug)]
pub(crate) struct Allowance(Option<Arc<Mutex<Vec<Bucket>>>>);

impl Allowance {
    /// Counts one request, or one article of a stream.
    ///
    /// # Errors
    ///
    /// If the caller has had all that he may for now, with when there will be more; then it is not counted.
    pub(crate) fn take(&self) -> Result<(), Failure> {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> Result<(), Failure> {
        let Some(buckets) = &self.0 else {
            return Ok(());
        };
        let mut buckets = buckets.lock();
        for bucket in buckets.iter_mut() {
            let wait = bucket.wait(now);
            if wait > Duration::ZERO {
                return Err(match bucket.kind {
                    Kind::Rate => Failure::too_fast(bucket.rate, wait),
                    Kind::Quota => Failure::quota_used_up(bucket.most, wait),
                });
            }
        }
        buckets.iter_mut().for_each(|bucket| bucket.level -= 1.0);
        Ok(())
    }

    /// Counts the other articles of a batch, of which one is counted already.
    pub(crate) fn overdraw(&self, articles: usize) {
        let Some(buckets) = &self.0 else {
            return;
        };
        for bucket in buckets.lock().iter_mut() {
            bucket.level -= articles as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn allowance(per_second: Option<f64>, per_day: Option<f64>) -> (Allowance, Instant) {
        let now = Instant::now();
        let allowed = Allowed {
            per_second,
            burst: 2.0,
            per_day,
        };
        let buckets = Mutex::new(allowed.buckets(now));
        (Allowance(Some(Arc::new(buckets))), now)
    }

    fn wait(allowance: &Allowance, now: Instant) -> Duration {
        let refused = allowance.take_at(now).expect_err("it is empty");
        refused.retry().expect("a delay")
    }

    #[test]
    fn after_a_burst_there_is_one_at_a_time() {
        let (allowance, now) = allowance(Some(10.0), None);
        allowance.take_at(now).expect("one");
        allowance.take_at(now).expect("another");
        assert_eq!(wait(&allowance, now).as_millis(), 100);
        allowance
            .take_at(now + Duration::from_millis(100))
            .expect("it came in meanwhile");
        assert_eq!(wait(&allowance, now + SECOND / 10).as_millis(), 100);
        // A rest saves up no more than the burst.
        for _ in 0..2 {
            allowance.take_at(now + 60 * SECOND).expect("it rested");
        }
        wait(&allowance, now + 60 * SECOND);
    }

    #[test]
    fn a_batch_overdraws_and_is_waited_for() {
        let (allowance, now) = allowance(Some(10.0), None);
        allowance.take_at(now).expect("one");
        allowance.overdraw(99);
        assert_eq!(wait(&allowance, now).as_millis(), 9_900);
    }

    #[test]
    fn what_is_refused_by_the_one_is_not_counted_by_the_other() {
        let (allowance, now) = allowance(Some(1000.0), Some(3.0));
        for second in 0..3 {
            allowance.take_at(now + second * SECOND).expect("a few");
        }
        let third = wait(&allowance, now + 3 * SECOND);
        assert_eq!(wait(&allowance, now + 3 * SECOND), third);
        assert!(third.as_secs() > 80_000 / 3, "{third:?}");
    }

    #[test]
    fn callers_do_not_share_and_without_limits_there_is_nothing_to_count() {
        let allowed = Allowed {
            per_second: Some(1.0),
            burst: 1.0,
            per_day: None,
        };
        let rates = Rates::new(allowed);
        let caller = |name: &str| rates.of(Some(name.into()));
        caller("a").take().expect("one");
        caller("a").take().expect_err("it has had its one");
        caller("b").take().expect("one");
        let unlimited = Allowed {
            per_second: None,
            ..allowed
        };
        let rates = Rates::new(unlimited);
        for _ in 0..3 {
            rates.of(None).take().expect("no limit");
        }
        assert!(rates.callers.is_empty());
    }
}
