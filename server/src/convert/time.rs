//! Points in time: `google.protobuf.Timestamp` and the engine's milliseconds.

use basma_engine::Timestamp;

use crate::failure::Failure;

/// Milliseconds, cut off below; refused outside of the years 1 to 9999 that the message allows.
pub(crate) fn read(time: &prost_types::Timestamp, field: &str) -> Result<Timestamp, Failure> {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    if (FIRST..=LAST).contains(&time.seconds) && (0..1_000_000_000).contains(&time.nanos) {
        return Ok(time.seconds * 1000 + i64::from(time.nanos / 1_000_000));
    }
    Err(Failure::invalid(
        "TIME_OUT_OF_RANGE",
        field,
        "must be within the years 1 to 9999",
    ))
}

pub(crate) fn write(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.div_euclid(1000),
        nanos: time.rem_euclid(1000) as i32 * 1_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_back() {
        for time in [0, 1, -1, 1_437_447_092_000, -62_135_596_800_000] {
            assert_eq!(read(&write(time), "t"), Ok(time));
        }
        let nonsense = prost_types::Timestamp {
            seconds: 0,
            nanos: -1,
        };
        assert!(read(&nonsense, "t").is_err());
    }
}
