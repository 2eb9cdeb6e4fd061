//! How a call ended, whoever ended it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt as _;
use tracing::{Span, debug, warn};

use crate::{methods::Method, metrics::Traffic};

/// A call that is counted when it has ended: as CANCELLED if it is dropped before that is known.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) traffic: Traffic,
    pub(super) method: Method,
    pub(super) started: Instant,
    pub(super) ended: bool,
}

impl Call {
    /// Counts and logs an end: quietly unless the fault is the server's. What a caller said is not logged.
    pub(super) fn end(&mut self, headers: &HeaderMap) {
        self.ended = true;
        let elapsed = self.started.elapsed();
        let status = Status::from_header_map(headers);
        let code = status.as_ref().map_or(Code::Ok, Status::code);
        self.traffic.ended(self.method.name, code);
        let Some(status) = status.filter(|_| code != Code::Ok) else {
            debug!(?elapsed, "answered");
            return;
        };
        let details = status.get_error_details();
        let info = details.error_info();
        let reason = info.map_or("", |info| info.reason.as_str());
        let limit = info.and_then(|info| info.metadata.get("limit"));
        let limit = limit.map_or("", String::as_str);
        self.traffic.refused(reason, limit);
        match code {
            Code::Internal | Code::Unknown | Code::DataLoss => {
                warn!(
                    ?code,
                    reason,
                    message = status.message(),
                    ?elapsed,
                    "failed"
                );
            }
            _ => debug!(?code, reason, limit, ?elapsed, "refused"),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.traffic.ended(self.method.name, Code::Cancelled);
            debug!(elapsed = ?self.started.elapsed(), "the caller went away");
        }
    }
}

/// The body of a stream's answers: what happens while it is made belongs to the call, and so does its end.
#[derive(Debug)]
pub(super) struct Ending {
    body: Body,
    call: Call,
    span: Span,
}

impl Ending {
    pub(super) fn new(body: Body, call: Call) -> Self {
        let span = Span::current();
        Self { body, call, span }
    }
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let _entered = this.span.enter();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        let trailers = match &frame {
            Some(Ok(frame)) => frame.trailers_ref(),
            _ => None,
        };
        if let Some(trailers) = trailers {
            this.call.end(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
