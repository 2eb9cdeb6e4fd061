//! What is counted while requests are answered.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use tonic::Code;

/// Upper bounds in seconds, from a tenth of a millisecond to the longest deadline.
const SECONDS: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
    15.0, 60.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    method: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    reason: String,
    limit: String,
}

/// Requests and refusals. A clone counts for the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic(Arc<Families>);

#[derive(Debug)]
struct Families {
    requests: Family<Ended, Counter>,
    seconds: Family<Asked, Histogram, fn() -> Histogram>,
    refusals: Family<Refused, Counter>,
}

impl Default for Families {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            refusals: Family::default(),
        }
    }
}

impl Traffic {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "basma_requests",
            "Calls that ended, by method and status code",
            self.0.requests.clone(),
        );
        registry.register(
            "basma_request_seconds",
            "How long requests took until their answer was ready, streams not among them",
            self.0.seconds.clone(),
        );
        registry.register(
            "basma_refusals",
            "Calls that ended with an error, by its reason and the limit behind it, if any",
            self.0.refusals.clone(),
        );
    }

    /// A call of this method ended with this code.
    pub(crate) fn ended(&self, method: &'static str, code: Code) {
        let code = name(code);
        self.0.requests.get_or_create(&Ended { method, code }).inc();
    }

    /// An answer, or a refusal, was ready.
    pub(crate) fn took(&self, method: &'static str, elapsed: Duration) {
        let seconds = self.0.seconds.get_or_create(&Asked { method });
        seconds.observe(elapsed.as_secs_f64());
    }

    /// A call was refused, for a reason of the server's own.
    pub(crate) fn refused(&self, reason: &str, limit: &str) {
        let refused = Refused {
            reason: reason.to_owned(),
            limit: limit.to_owned(),
        };
        self.0.refusals.get_or_create(&refused).inc();
    }
}

/// As the protocol writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
