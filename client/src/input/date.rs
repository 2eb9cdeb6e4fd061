//! Dates as scrapers write them.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// Reads RFC 3339, also with a space before the offset, or `YYYY-MM-DD[ HH:MM[:SS]]` as UTC.
pub(crate) fn parse(date: &str) -> Option<prost_types::Timestamp> {
    // Columns of times in a Parquet file are printed so.
    let date = date.trim().replacen(" +", "+", 1);
    let timestamp: Timestamp = date.parse().ok().or_else(|| {
        let civil: DateTime = date.parse().ok()?;
        Offset::UTC.to_timestamp(civil).ok()
    })?;
    // Protobuf counts nanoseconds forward from the second, jiff away from the epoch.
    Some(prost_types::Timestamp {
        seconds: timestamp
            .as_nanosecond()
            .div_euclid(1_000_000_000)
            .try_into()
            .ok()?,
        nanos: timestamp
            .as_nanosecond()
            .rem_euclid(1_000_000_000)
            .try_into()
            .ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms() {
        for (date, seconds) in [
            ("1970-01-02", 86_400),
            ("1970-01-01 00:01:05", 65),
            ("1970-01-01 00:01", 60),
            ("1970-01-01T03:00:00+03:00", 0),
            ("1969-12-31T23:59:59Z", -1),
            (" 1970-01-01T00:00:01Z ", 1),
            ("1970-01-01 03:00:00.000 +03:00", 0),
        ] {
            assert_eq!(
                parse(date).map(|time| time.seconds),
                Some(seconds),
                "{date}"
            );
        }
        assert_eq!(
            parse("1969-12-31T23:59:59.5Z"),
            Some(prost_types::Timestamp {
                seconds: -1,
                nanos: 500_000_000
            })
        );
    }

    #[test]
    fn anything_else_is_no_date() {
        for date in ["", "أمس", "21/07/2015", "2015-13-01", "1437387092"] {
            assert_eq!(parse(date), None, "{date}");
        }
    }
}
