//! Short forms of what cases ask and expect.

use basma_proto::v1::*;
use basma_tests::{Refusal, corpus};
use tonic::{Code, Status};

/// A span of time by this clock.
pub(crate) fn span(seconds: i64, clock: time_span::Clock) -> Option<TimeSpan> {
    let span = prost_types::Duration { seconds, nanos: 0 };
    Some(TimeSpan {
        span: Some(span),
        clock: clock.into(),
    })
}

/// The text of an article of the corpus.
pub(crate) fn text(number: u64) -> String {
    corpus().article(number).text
}

/// That a call was refused, and how.
pub(crate) fn refused<T: std::fmt::Debug>(
    answered: Result<T, Status>,
    code: Code,
    reason: &str,
    field: &str,
) {
    assert_eq!(
        basma_tests::refusal(answered),
        Refusal::new(code, reason, field)
    );
}

/// What one item of several was told: its id, and the verdict or the reason of the refusal.
pub(crate) fn item(item: &ItemResult) -> (String, String) {
    let told = match basma_tests::refusal::outcome(item) {
        Ok(answer) => format!("{:?} of {}", answer.verdict(), answer.canonical_id),
        Err(refusal) => format!("{} {}", refusal.reason, refusal.field),
    };
    (item.id.clone(), told)
}
