//! Numbers, shares and times, for people.

use jiff::Timestamp;

/// A count with its thousands apart: `12,824`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in bytes, to three digits or so: `40.1 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 999.5 {
            return if unit == "B" {
                format!("{bytes} B")
            } else {
                format!("{size:.1} {unit}")
            };
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
}

/// A share of 1: `97 %`. All is only what is all, and nothing only what is nothing.
pub(crate) fn share(share: f64) -> String {
    match (share * 100.0).round() {
        percent if percent >= 100.0 && share < 1.0 => "99 %".to_owned(),
        percent if percent <= 0.0 && share > 0.0 => "<1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// As [`share`], empty where it was not measured.
pub(crate) fn optional_share(value: Option<f64>) -> String {
    value.map(share).unwrap_or_default()
}

/// A time in UTC, to the second: `2015-07-21 02:51:32`; empty if there is none.
pub(crate) fn utc(time: Option<&prost_types::Timestamp>) -> String {
    time.and_then(timestamp)
        .map(|time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}

/// A time by RFC 3339: `2015-07-21T02:51:32Z`.
pub(crate) fn rfc3339(time: Option<&prost_types::Timestamp>) -> Option<String> {
    time.and_then(timestamp).map(|time| time.to_string())
}

fn timestamp(time: &prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(time.seconds, time.nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_sizes() {
        assert_eq!(
            [0, 999, 1000, 12_824, 1_000_000].map(count),
            ["0", "999", "1,000", "12,824", "1,000,000"]
        );
        assert_eq!(
            [7, 1500, 40_123_456].map(bytes),
            ["7 B", "1.5 kB", "40.1 MB"]
        );
        assert_eq!(bytes(3_000_000_000_000), "3.0 TB");
    }

    #[test]
    fn a_share_is_all_only_if_it_is_all() {
        assert_eq!(
            [1.0, 0.999, 0.966, 0.001, 0.0].map(share),
            ["100 %", "99 %", "97 %", "<1 %", "0 %"]
        );
        assert_eq!(optional_share(None), "");
    }

    #[test]
    fn times_are_utc() {
        let time = prost_types::Timestamp {
            seconds: 1_437_447_092,
            nanos: 0,
        };
        assert_eq!(utc(Some(&time)), "2015-07-21 02:51:32");
        assert_eq!(
            rfc3339(Some(&time)).as_deref(),
            Some("2015-07-21T02:51:32Z")
        );
        assert_eq!(utc(None), "");
        assert_eq!(
            rfc3339(Some(&prost_types::Timestamp {
                seconds: i64::MAX,
                nanos: 0
            })),
            None
        );
    }
}
