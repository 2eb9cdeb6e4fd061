//! That a collector of OpenTelemetry gets a span of a request: `cargo test -p basma-server --features otlp
//! --test otlp`.

use std::{process::Stdio, time::Duration};

use basma_proto::v1::{CheckRequest, dedup_service_client::DedupServiceClient};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::Span,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::Command,
    sync::mpsc,
};
use tonic::{Request, Response, Status, transport::Server, transport::server::TcpIncoming};

/// A collector that hands on what it gets.
struct Collector(mpsc::UnboundedSender<Span>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        for span in scopes.flat_map(|scope| scope.spans) {
            // The test may have seen enough.
            let _ = self.0.send(span);
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|found| found.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn a_request_is_a_span_of_its_callers_trace() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let collector = format!("http://{}", listener.local_addr().expect("an address"));
    let (spans, mut received) = mpsc::unbounded_channel();
    let service = Server::builder().add_service(TraceServiceServer::new(Collector(spans)));
    tokio::spawn(service.serve_with_incoming(TcpIncoming::from(listener)));

    let mut basmad = Command::new(env!("CARGO_BIN_EXE_basmad"))
        .args([
            "--in-memory",
            "--listen",
            "127.0.0.1:0",
            "--otlp-endpoint",
            &collector,
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("basmad starts");
    let said = BufReader::new(basmad.stdout.take().expect("a pipe"))
        .lines()
        .next_line()
        .await;
    let said = said.expect("text").expect("a line");
    let address = said.rsplit_once(' ').expect("an address").1.to_owned();

    let mut dedup = DedupServiceClient::connect(address)
        .await
        .expect("a connection");
    let mut request = Request::new(CheckRequest::default());
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01").parse();
    request
        .metadata_mut()
        .insert("traceparent", parent.expect("ASCII"));
    request
        .metadata_mut()
        .insert("x-request-id", "mine".parse().expect("ASCII"));
    dedup.check(request).await.expect_err("there is no article");

    let span = tokio::time::timeout(Duration::from_secs(60), received.recv()).await;
    let span = span.expect("in time").expect("a span");
    assert_eq!(span.name, "rpc");
    assert_eq!(
        attribute(&span, "method").as_deref(),
        Some("DedupService/Check")
    );
    assert_eq!(attribute(&span, "request_id").as_deref(), Some("mine"));
    let hex: String = span
        .trace_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hex, trace);
}
