//! What happens to each request before and after the service that it is for.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{
    Charge, Deadline, Limits, OpenCall,
    answer::Outgoing,
    deadline::allowed,
    gate::within,
    pieces::Pieces,
    receive::{Message, Messages},
};
use crate::{
    auth::Access,
    connections::{Connection, Over},
    failure::Failure,
    methods::{Method, method},
};

/// What is asked of the health service is this long at most: its requests are of no budget.
const LONGEST_PROBE: usize = 4 << 10;

/// A response on its way.
pub(crate) type Answered = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Wraps a service in [`Limited`].
#[derive(Clone, Debug)]
pub(crate) struct LimitLayer(pub(crate) Arc<Limits>);

impl<S> Layer<S> for LimitLayer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Limited {
            inner,
            limits: Arc::clone(&self.0),
        }
    }
}

/// A service within [`Limits`].
#[derive(Clone, Debug)]
pub(crate) struct Limited<S> {
    inner: S,
    limits: Arc<Limits>,
}

impl<S> Service<Request<Body>> for Limited<S>
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
        // The one that is ready is used, and its copy made ready next.
        let copy = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, copy);
        let limits = Arc::clone(&self.limits);
        Box::pin(async move {
            let answered = limits.answer(inner, request).await;
            Ok(answered.unwrap_or_else(Status::into_http))
        })
    }
}

impl Limits {
    async fn answer<S>(
        &self,
        inner: S,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Status>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let method = method(request.uri().path());
        let over = request.extensions().get::<Over>();
        let connection = over.map(|over| Arc::clone(&over.0));
        if method.probes {
            return self.probe(inner, method, request, connection).await;
        }
        if connection
            .as_ref()
            .is_some_and(|connection| connection.spare)
        {
            let cause = "there are too many connections";
            return Err(Failure::overloaded("max_connections", cause).into());
        }
        let call = self.gate.call()?;
        if !method.takes_stream {
            self.gate.look()?;
        }
        let token = match request.extensions().get::<Access>() {
            Some(access) => access.name()?,
            None => None,
        };
        let allowance = self.rates.of(token);
        if !method.takes_stream {
            allowance.take()?;
        }
        request.extensions_mut().insert(allowance);

        let own = allowed(request.headers());
        let most = match method {
            // They may go on as long as they get on.
            Method {
                takes_stream: true, ..
            }
            | Method {
                gives_stream: true, ..
            } => own,
            _ => Some(own.map_or(self.ceilings.max_deadline, |own| {
                own.min(self.ceilings.max_deadline)
            })),
        };
        if let Some(most) = most {
            let deadline = Deadline(Instant::now() + most);
            request.extensions_mut().insert(deadline);
        }
        let work = self.work(inner, method, request, connection, call);
        match most {
            None => work.await,
            Some(most) => match tokio::time::timeout(most, work).await {
                Ok(response) => response,
                Err(_) => Err(Failure::deadline_exceeded().into()),
            },
        }
    }

    /// Health needs no place, no memory to speak of, and no allowance.
    async fn probe<S>(
        &self,
        inner: S,
        method: Method,
        request: Request<Body>,
        connection: Option<Arc<Connection>>,
    ) -> Result<Response<Body>, Status>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let (mut parts, body) = request.into_parts();
        let charge = self.budget.charge();
        let watch = method.gives_stream.then(|| self.gate.watch()).transpose()?;
        let mut messages = Messages::new(&mut parts.headers, body, charge, LONGEST_PROBE)?;
        let body = match self.receive(&mut messages).await? {
            Some(message) => messages.unpack(message)?,
            None => Pieces::default(),
        };
        let request = Request::from_parts(parts, Body::new(StreamBody::new(body.into_frames())));
        let response = serve(inner, request).await;
        Ok(match watch {
            None => response,
            Some(watch) => response.map(|body| {
                let charge = self.budget.charge();
                let body = Outgoing::new(Bytes::new(), body, connection, charge, watch);
                Body::new(body)
            }),
        })
    }

    /// The one message of a call, within the time that any may take.
    async fn receive(&self, messages: &mut Messages) -> Result<Option<Message>, Status> {
        match tokio::time::timeout(self.ceilings.max_deadline, messages.only()).await {
            Ok(received) => received,
            Err(_) => Err(Failure::deadline_exceeded().into()),
        }
    }

    async fn work<S>(
        &self,
        inner: S,
        method: Method,
        request: Request<Body>,
        connection: Option<Arc<Connection>>,
        call: OpenCall,
    ) -> Result<Response<Body>, Status>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let (mut parts, body) = request.into_parts();
        let charge = self.budget.charge();
        let mut messages = Messages::new(
            &mut parts.headers,
            body,
            charge,
            self.ceilings.max_message_bytes,
        )?;
        if method.takes_stream {
            let request = Request::from_parts(parts, messages.into_body(self.ceilings.max_idle));
            let (parts, body) = serve(inner, request).await.into_parts();
            let charge = self.budget.charge();
            let body = Outgoing::new(Bytes::new(), body, connection, charge, call);
            return Ok(Response::from_parts(parts, Body::new(body)));
        }
        let received = match method.gives_stream {
            true => self.receive(&mut messages).await?,
            // Its deadline is no later.
            false => messages.only().await?,
        };
        let length = received.as_ref().map_or(0, Message::length);
        let place = self.gate.enter(length).await?;
        let body = match received {
            Some(message) => messages.unpack(message)?,
            None => Pieces::default(),
        };
        let mut charge: Charge = messages.into_charge();
        let request = Request::from_parts(parts, Body::new(StreamBody::new(body.into_frames())));
        let (parts, mut body) = within(place, serve(inner, request)).await.into_parts();
        let mut first = Bytes::new();
        if !method.gives_stream {
            // Made now, and not when its caller has room for it.
            match body.frame().await.transpose()?.map(Frame::into_data) {
                Some(Ok(bytes)) => first = bytes,
                Some(Err(frame)) => {
                    let only = stream::once(async move { Ok::<_, Status>(frame) });
                    body = Body::new(StreamBody::new(only));
                }
                None => {}
            }
            charge.add(first.len())?;
        }
        let body = Outgoing::new(first, body, connection, charge, call);
        Ok(Response::from_parts(parts, Body::new(body)))
    }
}

async fn serve<S>(mut inner: S, request: Request<Body>) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let Ok(response) = inner.call(request).await;
    response
}
