//! Traces: each request is a span, with its method and id, in the trace that its caller says
//! (`traceparent`, <https://www.w3.org/TR/trace-context>).

use std::time::Duration;

use http::HeaderMap;
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator as _},
    trace::TracerProvider as _,
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt as _, LevelFilter, Targets},
    registry::LookupSpan,
};

/// A collector that does not take them in this time does not get them.
const LONGEST: Duration = Duration::from_secs(5);

/// The way to a collector.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// To a collector that speaks OTLP over gRPC at this URL. It need not be there: spans that cannot be
    /// handed over are dropped.
    pub(super) fn to(endpoint: &str) -> Result<Self, String> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(LONGEST)
            .build()
            .map_err(|error| format!("otlp_endpoint = {endpoint:?}: {error}"))?;
        let service = Resource::builder().with_service_name("basmad").build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(service)
            .build();
        Ok(Self(provider))
    }

    /// Hands over the server's own spans: not those of the transport, which the way to the collector has,
    /// too.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let layer: OpenTelemetryLayer<S, SdkTracer> =
            tracing_opentelemetry::layer().with_tracer(self.0.tracer("basmad"));
        let own = Targets::new().with_target("basma_server", LevelFilter::INFO);
        layer.with_filter(own.and(LevelFilter::INFO))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // What the collector does not take by then it does not get.
        let _ended = tokio::task::block_in_place(|| self.0.shutdown_with_timeout(LONGEST));
    }
}

/// Puts a span into the trace that a request's headers name, if they do.
pub(crate) fn follow(span: &Span, headers: &HeaderMap) {
    let context = TraceContextPropagator::new().extract(&Headers(headers));
    // A span that nobody records has no parent.
    let _set = span.set_parent(context);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
