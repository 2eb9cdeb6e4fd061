//! Around every request: a span, its deadline, and an error that says what to do when the transport
//! refused it before any service saw it.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::{HeaderMap, Request, Response};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument as _, debug, field::Empty, info_span, warn};

use crate::failure::Failure;

/// A request's deadline, in its extensions: streams and batches look at it between two articles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Instant);

/// Wraps a service in [`Observe`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObserveLayer;

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Observe { inner }
    }
}

/// A service with what this module adds.
#[derive(Clone, Debug)]
pub(crate) struct Observe<S> {
    inner: S,
}

/// Requests that came without an id of their own are numbered.
static REQUESTS: AtomicU64 = AtomicU64::new(1);

impl<S> Service<Request<Body>> for Observe<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let started = Instant::now();
        let span = info_span!("rpc", method = request.uri().path(), request_id = Empty);
        match request
            .headers()
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
        {
            // Bounded, since it is the client's to choose and goes into the log.
            Some(id) => span.record("request_id", id.get(..128).unwrap_or(id)),
            None => span.record("request_id", REQUESTS.fetch_add(1, Ordering::Relaxed)),
        };
        let allowed = allowed(request.headers());
        if let Some(allowed) = allowed {
            request.extensions_mut().insert(Deadline(started + allowed));
        }
        let answer = self.inner.call(request);
        let observed = async move {
            let response = match allowed {
                None => answer.await,
                Some(allowed) => match tokio::time::timeout(allowed, answer).await {
                    Ok(response) => response,
                    Err(_) => Ok(Status::from(Failure::deadline_exceeded()).into_http()),
                },
            };
            let Ok(response) = response;
            Ok(report(explain(response), started))
        };
        Box::pin(observed.instrument(span))
    }
}

/// How long a request may take: its `grpc-timeout`, less a little.
///
/// The transport has a clock for the same header, and when that rings first the caller is told
/// CANCELLED. So this one rings earlier, by a hundredth and at least one millisecond if there is one.
fn allowed(headers: &HeaderMap) -> Option<Duration> {
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

/// Turns what the transport says of a message that it could not read into an error with a reason.
fn explain(response: Response<Body>) -> Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(status) => match explained(&status) {
            Some(failure) => Status::from(failure).into_http(),
            None => response,
        },
        None => response,
    }
}

/// The failure behind a status of the transport's own; `None` if it is one of ours.
pub(crate) fn explained(status: &Status) -> Option<Failure> {
    if !status.details().is_empty() {
        return None;
    }
    match status.code() {
        Code::Internal if status.message().contains("decode") => {
            Some(Failure::malformed(status.message()))
        }
        Code::OutOfRange => Some(Failure::too_large(status.message())),
        _ => None,
    }
}

/// Logs how a request ended: quietly unless the fault is the server's.
fn report(response: Response<Body>, started: Instant) -> Response<Body> {
    let elapsed = started.elapsed();
    match Status::from_header_map(response.headers()) {
        Some(status)
            if matches!(
                status.code(),
                Code::Internal | Code::Unknown | Code::DataLoss
            ) =>
        {
            warn!(code = ?status.code(), message = status.message(), ?elapsed, "failed");
        }
        Some(status) if status.code() != Code::Ok => {
            debug!(code = ?status.code(), message = status.message(), ?elapsed, "refused");
        }
        _ => debug!(?elapsed, "answered"),
    }
    response
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
