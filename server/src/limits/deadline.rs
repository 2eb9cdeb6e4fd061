//! When a request must be done.

use std::time::{Duration, Instant};

use http::HeaderMap;

/// A request's deadline, in its extensions: streams and batches look at it between two articles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Instant);

/// How long a request may take: its `grpc-timeout`, less a little.
///
/// The transport has a clock for the same header, and when that rings first the caller is told
/// CANCELLED. So this one rings earlier, by a hundredth and at least one millisecond if there is one.
pub(super) fn allowed(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let amount: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    let timeout = match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    };
    Some(timeout.saturating_sub((timeout / 100).max(Duration::from_millis(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeout(value: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", http::HeaderValue::from_static(value));
        allowed(&headers)
    }

    #[test]
    fn the_deadline_is_a_little_before_the_transports() {
        assert_eq!(timeout("1S"), Some(Duration::from_millis(990)));
        assert_eq!(timeout("5m"), Some(Duration::from_millis(4)));
        assert_eq!(timeout("1m"), Some(Duration::ZERO));
        assert_eq!(
            timeout("99999999H").map(|long| long.as_secs() > 3600),
            Some(true)
        );
        for malformed in ["", "S", "1", "1X", "999999999S", "-1S"] {
            assert_eq!(timeout(malformed), None, "{malformed}");
        }
    }
}
