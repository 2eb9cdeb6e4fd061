//! Where the figures are asked for: `GET /metrics`, and nothing else. Whoever may ask learns the names of
//! all collections, so this listens apart from the services, and where the operator says.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::Metrics;

/// Scrapers come one at a time; so many may be here at once, the others wait in the system's queue.
const AT_ONCE: usize = 8;

/// A scraper that has been here so long is not one.
const LONGEST: Duration = Duration::from_secs(10);

/// Between two attempts to accept a connection.
const PAUSE: Duration = Duration::from_millis(50);

type Answer = Response<Full<bytes::Bytes>>;

/// Answers until told to stop.
pub(crate) async fn listen(listener: TcpListener, metrics: Metrics, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let metrics = metrics.clone();
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let answer = answer(&request, &metrics);
                async { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(LONGEST)
                // One scrape a connection: nobody holds a place for longer than that.
                .keep_alive(false)
                .serve_connection(TokioIo::new(socket), answer);
            if !matches!(tokio::time::timeout(LONGEST, connection).await, Ok(Ok(()))) {
                debug!("a scrape was broken off");
            }
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Answer {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            // Counting what the collections hold takes a while.
            let text = tokio::task::block_in_place(|| metrics.text());
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            response(StatusCode::OK, kind, text)
        }
        (_, "/metrics") => response(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain",
            "only GET\n".to_owned(),
        ),
        _ => response(
            StatusCode::NOT_FOUND,
            "text/plain",
            "only /metrics\n".to_owned(),
        ),
    }
}

fn response(status: StatusCode, kind: &'static str, text: String) -> Answer {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static(kind);
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    response
}
