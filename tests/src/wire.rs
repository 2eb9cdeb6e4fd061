//! Calls made by hand, over HTTP/2: for what a well-behaved client of gRPC would not do.

use std::{convert::Infallible, time::Duration};

use http::{HeaderMap, Request, Response, request};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::{
    body::{Bytes, Frame, Incoming},
    client::conn::http2::{self, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::{net::TcpStream, sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::{LIMIT, Server};

type Body = StreamBody<ReceiverStream<Result<Frame<Bytes>, Infallible>>>;

/// A connection whose caller says exactly what he is told to.
#[derive(Debug)]
pub struct Wire {
    sender: SendRequest<Body>,
    authority: String,
}

/// What is still to be said of a request. Dropped, it is complete.
pub type Rest = mpsc::Sender<Result<Frame<Bytes>, Infallible>>;

impl Wire {
    /// Connects.
    pub async fn to(server: &Server) -> Self {
        Self::with_room(server, 1 << 20).await
    }

    /// Connects, and takes so many bytes of an answer before he has read any.
    pub async fn with_room(server: &Server, bytes: u32) -> Self {
        let socket = TcpStream::connect(server.authority())
            .await
            .expect("a connection");
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(bytes)
            .handshake(TokioIo::new(socket))
            .await
            .expect("HTTP/2");
        tokio::spawn(connection);
        let authority = server.authority().to_owned();
        Self { sender, authority }
    }

    /// Begins a request; what it is answered with, and what is still to be said.
    pub fn begin(
        &self,
        method: &str,
        headers: &[(&str, &str)],
    ) -> (
        impl Future<Output = hyper::Result<Response<Incoming>>> + use<>,
        Rest,
    ) {
        let (rest, frames) = mpsc::channel(16);
        let body = StreamBody::new(ReceiverStream::new(frames));
        let uri = format!("http://{}/{method}", self.authority);
        let request = headers.iter().fold(
            Request::post(uri)
                .header("content-type", "application/grpc")
                .header("te", "trailers"),
            |request: request::Builder, (name, value)| request.header(*name, *value),
        );
        let request = request.body(body).expect("a request");
        let mut sender = self.sender.clone();
        (sender.send_request(request), rest)
    }

    /// Sends one message, as it is, and returns how that ended.
    pub async fn send(&self, method: &str, headers: &[(&str, &str)], message: Vec<u8>) -> Status {
        let (answer, rest) = self.begin(method, headers);
        // A server that refuses need not read to the end.
        let _ = rest.send(Ok(Frame::data(message.into()))).await;
        drop(rest);
        end(answer.await.expect("an answer")).await
    }

    /// Whether the connection is closed.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

/// How an answer ends; what it says is not read.
pub async fn end(answer: Response<Incoming>) -> Status {
    let (parts, body) = answer.into_parts();
    if let Some(status) = Status::from_header_map(&parts.headers) {
        return status;
    }
    let collected = timeout(LIMIT, body.collect())
        .await
        .expect("it ends in time");
    let collected = collected.expect("all of it");
    let none = HeaderMap::new();
    Status::from_header_map(collected.trailers().unwrap_or(&none)).expect("a status")
}

/// A message as it stands on the wire: whether it is compressed, its length, and itself.
pub fn framed(compressed: bool, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    let mut frame = vec![u8::from(compressed)];
    frame.extend(length.to_be_bytes());
    frame.extend(message);
    frame
}

/// The same of a message of the protocol.
pub fn encoded(message: &impl Message) -> Vec<u8> {
    framed(false, &message.encode_to_vec())
}

/// What a refusal tells about trying again: the limit behind it, and when.
///
/// # Panics
///
/// If it tells neither.
pub fn retry(status: &Status) -> (String, Duration) {
    use tonic_types::StatusExt as _;
    let details = status.get_error_details();
    let info = details.error_info().expect("an ErrorInfo");
    let limit = info.metadata.get("limit").expect("a limit").clone();
    let retry = details.retry_info().expect("a RetryInfo");
    (limit, retry.retry_delay.expect("a delay"))
}
