//! Around every request: its id, in a span of the log and in the answer; what is counted of it; and an
//! error that says what to do when the transport refused it before any service saw it.

mod ending;
mod request_id;

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Instant,
};

use http::{Request, Response};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument as _, error_span, field::Empty};

use self::{
    ending::{Call, Ending},
    request_id::{HEADER, RequestId},
};
use crate::{failure::Failure, limits::Answered, methods::method, metrics::Traffic};

/// Wraps a service in [`Observe`].
#[derive(Clone, Debug)]
pub(crate) struct ObserveLayer(pub(crate) Traffic);

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let traffic = self.0.clone();
        Observe { inner, traffic }
    }
}

/// A service with what this module adds.
#[derive(Clone, Debug)]
pub(crate) struct Observe<S> {
    inner: S,
    traffic: Traffic,
}

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
    type Future = Answered;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = method(request.uri().path());
        let mut call = Call {
            traffic: self.traffic.clone(),
            method,
            started: Instant::now(),
            ended: false,
        };
        let id = RequestId::of(request.headers());
        // Of the highest level, so that whatever is logged at all has it.
        let span = error_span!("rpc", method = method.name, request_id = %id, token = Empty);
        #[cfg(feature = "otlp")]
        crate::logs::follow(&span, request.headers());
        let answer = span.in_scope(|| self.inner.call(request));
        let observed = async move {
            let Ok(response) = answer.await;
            let mut response = explain(response);
            let flows = method.takes_stream || method.gives_stream;
            if !flows {
                call.traffic.took(method.name, call.started.elapsed());
            }
            // An error has no body; of an answer that is not a stream there is nothing to wait for.
            if !flows || response.headers().contains_key("grpc-status") {
                call.end(response.headers());
            } else {
                response = response.map(|body| Body::new(Ending::new(body, call)));
            }
            response.headers_mut().insert(HEADER, id.into_header());
            Ok(response)
        };
        Box::pin(observed.instrument(span))
    }
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
