//! Answers as they go out, in pieces, as fast as the caller takes them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::{Status, body::Body};

use super::{budget::Charge, gate::OpenCall};
use crate::connections::{Connection, Untaken};

/// The transport takes a piece when there is room for some of it, and keeps what there is no room for: so
/// much of an answer is beyond what is counted here.
const PIECE: usize = 16 << 10;

/// The body of an answer. While a piece of it waits for its caller to have room for it the connection knows.
#[derive(Debug)]
pub(super) struct Outgoing {
    rest: Bytes,
    body: Body,
    connection: Option<Arc<Connection>>,
    untaken: Option<Untaken>,
    // Given back when the answer has been taken.
    _charge: Charge,
    _call: OpenCall,
}

impl Outgoing {
    /// `first`, then `body`.
    pub(super) fn new(
        first: Bytes,
        body: Body,
        connection: Option<Arc<Connection>>,
        charge: Charge,
        call: OpenCall,
    ) -> Self {
        Self {
            rest: first,
            body,
            connection,
            untaken: None,
            _charge: charge,
            _call: call,
        }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        // It is asked for more when the piece before is on its way.
        self.untaken = None;
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => self.rest = bytes,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.untaken = self.connection.as_ref().map(Connection::untaken);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
