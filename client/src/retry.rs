//! When and how long to wait before a call is tried again: after UNAVAILABLE (AIP-194), and where the server
//! says when.

use std::time::Duration;

use crate::error::Error;

/// Exponential backoff with jitter, and a bound on the number of attempts.
///
/// Every RPC of Basma may be repeated: a submission that did arrive is told its first answer again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// How often a call is tried in all; 1 means that it is never repeated.
    pub attempts: u32,
    /// Wait before the second attempt; each further wait is twice as long.
    pub first_delay: Duration,
    /// No wait that the policy chooses by itself is longer.
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_secs(5),
        }
    }
}

impl RetryPolicy {
    /// Every call is tried once.
    pub const NEVER: Self = Self {
        attempts: 1,
        first_delay: Duration::ZERO,
        longest_delay: Duration::ZERO,
    };

    /// How long to wait after attempt number `attempt` (from 1) failed with `error`; `None` if it
    /// is not to be repeated.
    pub fn wait(&self, attempt: u32, error: &Error) -> Option<Duration> {
        if attempt >= self.attempts || !error.is_passing() {
            return None;
        }
        Some(self.delay(attempt, error.retry_delay(), fastrand::f64()))
    }

    /// Between half of the step and the whole of it, as `jitter` (0 to 1) says, so that clients
    /// which failed together do not come back together; never less than the server asked for.
    fn delay(&self, attempt: u32, asked: Option<Duration>, jitter: f64) -> Duration {
        let doubling = 2u32.saturating_pow(attempt.saturating_sub(1));
        let step = self
            .first_delay
            .saturating_mul(doubling)
            .min(self.longest_delay);
        match asked {
            Some(asked) => asked + step.mul_f64(jitter / 2.0),
            None => step.mul_f64(0.5 + jitter / 2.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Refusal;
    use tonic::Code;

    fn refused(code: Code, retry_delay: Option<Duration>) -> Error {
        Error::Refused(Box::new(Refusal {
            code,
            reason: String::new(),
            field: String::new(),
            message: String::new(),
            retry_delay,
        }))
    }

    #[test]
    fn doubles_up_to_the_longest_delay() {
        let policy = RetryPolicy {
            attempts: 10,
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_millis(350),
        };
        let whole: Vec<_> = (1..=4)
            .map(|n| policy.delay(n, None, 1.0).as_millis())
            .collect();
        assert_eq!(whole, [100, 200, 350, 350]);
        assert_eq!(policy.delay(1, None, 0.0), Duration::from_millis(50));
        assert_eq!(policy.delay(u32::MAX, None, 1.0), policy.longest_delay);
    }

    #[test]
    fn waits_at_least_what_the_server_asks() {
        let asked = Duration::from_secs(2);
        let error = refused(Code::Unavailable, Some(asked));
        let wait = RetryPolicy::default().wait(1, &error);
        assert!(wait.is_some_and(|wait| wait >= asked && wait < asked * 2));
    }

    #[test]
    fn what_has_a_time_is_repeated_whatever_its_code() {
        let asked = Duration::from_secs(2);
        let error = refused(Code::ResourceExhausted, Some(asked));
        assert!(RetryPolicy::default().wait(1, &error) >= Some(asked));
    }

    #[test]
    fn only_unavailable_is_repeated_and_not_for_ever() {
        let policy = RetryPolicy::default();
        assert!(policy.wait(3, &refused(Code::Unavailable, None)).is_some());
        assert!(policy.wait(4, &refused(Code::Unavailable, None)).is_none());
        for code in [Code::ResourceExhausted, Code::Aborted, Code::Internal] {
            assert!(policy.wait(1, &refused(code, None)).is_none());
        }
        assert!(
            RetryPolicy::NEVER
                .wait(1, &refused(Code::Unavailable, None))
                .is_none()
        );
    }
}
