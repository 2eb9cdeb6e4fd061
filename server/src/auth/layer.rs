//! Before every service: who calls, and may he?

use std::{
    convert::Infallible,
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use http_body::Frame;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};
use tracing::{Span, info, warn};

use super::{Access, methods, methods::Need, secret::Digest, tokens::Tokens};
use crate::{
    config::Config,
    failure::Failure,
    limits::Answered,
    reload::{Live, Reloads},
};

/// What a caller may do, and the name of his token if there is one.
type Admitted = (Access, Option<Arc<str>>);

/// Decides who is let in.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    /// `None` lets everybody in.
    tokens: Option<Live<Tokens>>,
}

impl Door {
    /// One that lets in whom the file of tokens names, or everybody if there is none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or used.
    pub(crate) fn open(config: &Config, reloads: &mut Reloads) -> Result<Self, String> {
        let Some(file) = &config.tokens else {
            return Ok(Self { tokens: None });
        };
        let read = |contents: &[Vec<u8>]| {
            let tokens = Tokens::read(contents.first().map_or(&[], Vec::as_slice))
                .map_err(|cause| format!("tokens: {cause}"))?;
            match tokens.len() {
                0 => warn!("there is no token: nobody is let in"),
                count => info!(count, "tokens"),
            }
            Ok(tokens)
        };
        let tokens = Some(reloads.open("tokens", vec![file.clone()], read)?);
        Ok(Self { tokens })
    }

    /// What a request may do, and whose token it shows; `None` if it needs nothing.
    fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Option<Admitted>, Failure> {
        let Some(need) = methods::need(path) else {
            let message =
                "there is no such method: does the client's version agree with the server's?";
            return Err(Failure::new(Code::Unimplemented, "METHOD_UNKNOWN", message));
        };
        let access = match (need, &self.tokens) {
            (Need::Nothing, _) => return Ok(None),
            (need, None) => Access::open(need),
            (need, Some(tokens)) => Access::of_holder(need, tokens.clone(), bearer(headers)?)?,
        };
        let name = access.name()?;
        Ok(Some((access, name)))
    }
}

/// The digest of the token that a request shows (RFC 6750).
fn bearer(headers: &HeaderMap) -> Result<Digest, Failure> {
    let mut shown = headers.get_all(AUTHORIZATION).into_iter();
    let Some(first) = shown.next() else {
        return Err(Failure::token_missing());
    };
    let credentials = first.to_str().ok().and_then(|text| text.split_once(' '));
    match (credentials, shown.next()) {
        (Some((scheme, token)), None) if scheme.eq_ignore_ascii_case("bearer") => {
            Digest::of(token.trim()).ok_or_else(Failure::token_unknown)
        }
        _ => Err(Failure::token_unknown()),
    }
}

/// Puts an [`Access`] into every request that needs one, and refuses it if it has no right to one.
#[derive(Clone, Debug)]
pub(crate) struct AuthLayer(pub(crate) Door);

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Auth {
            door: self.0.clone(),
            inner,
        }
    }
}

/// A service behind a [`Door`].
#[derive(Clone, Debug)]
pub(crate) struct Auth<S> {
    door: Door,
    inner: S,
}

impl<S> Service<Request<Body>> for Auth<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Answered>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let admitted = self.door.admit(request.uri().path(), request.headers());
        // Nobody behind needs the secret.
        request.headers_mut().remove(AUTHORIZATION);
        match admitted {
            Err(failure) => Box::pin(ready(Ok(Status::from(failure).into_http()))),
            Ok(None) => self.inner.call(request),
            Ok(Some((access, name))) => {
                if let Some(name) = name {
                    Span::current().record("token", &*name);
                }
                request.extensions_mut().insert(access.clone());
                let answer = self.inner.call(request);
                let Some(lost) = access.lost() else {
                    return answer;
                };
                Box::pin(async move {
                    let Ok(response) = answer.await;
                    Ok(response.map(|body| Body::new(Guarded::new(body, lost))))
                })
            }
        }
    }
}

/// An answer that ends, with why, when its caller may not have it any more. What it answered is then
/// dropped, and with that the caller's stream of requests.
struct Guarded {
    /// `None` when it is over.
    body: Option<Body>,
    lost: Pin<Box<dyn Future<Output = Failure> + Send>>,
}

impl Guarded {
    fn new(body: Body, lost: impl Future<Output = Failure> + Send + 'static) -> Self {
        Self {
            body: Some(body),
            lost: Box::pin(lost),
        }
    }
}

impl http_body::Body for Guarded {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(failure) = this.lost.as_mut().poll(context) {
            this.body = None;
            let mut trailers = HeaderMap::new();
            let written = Status::from(failure).add_header(&mut trailers);
            return Poll::Ready(Some(written.map(|()| Frame::trailers(trailers))));
        }
        Pin::new(body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(http_body::Body::is_end_stream)
    }
}
