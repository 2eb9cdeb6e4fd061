//! Durations as they are written on a command line.

use std::time::Duration;

use jiff::SignedDuration;

/// Longer ones are a slip of the pen, and would overflow the clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads `500ms`, `10s`, `1.5s`, `2m`, `1m 30s`; it must be longer than nothing.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let duration = text
        .parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero() && *duration <= LONGEST);
    duration
        .ok_or_else(|| "write a duration with its unit, for example 500ms, 10s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("1.5s", 1500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1m 30s", 90_000),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "10", "0s", "-1s", "soon", "9999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
