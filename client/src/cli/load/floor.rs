//! The floor: a bare server that reads no more of an article than its length, in a program of its own as
//! `basmad` is. What it takes is what the transport, the messages and this client take; no server can be
//! faster.

use std::{
    env,
    io::{self, Read, Write},
    pin::Pin,
};

use basma_proto::v1::{self, article::Body, dedup_service_server::DedupService, item_result};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};

use super::super::failure::{Exit, Failure};

/// The floor's server. It ends when this is dropped, and when this program ends.
#[derive(Debug)]
pub(super) struct Floor {
    /// Where it listens.
    pub(super) address: String,
    _server: Child,
}

impl Floor {
    /// Starts it on a port of the loopback interface.
    pub(super) async fn start() -> Result<Self, Failure> {
        let mut server = Command::new(env::current_exe()?)
            .args(["load", "--serve-floor"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut address = String::new();
        if let Some(out) = server.stdout.take() {
            BufReader::new(out).read_line(&mut address).await?;
        }
        Ok(Self {
            address: address.trim().to_owned(),
            _server: server,
        })
    }
}

/// Serves the floor, and prints where, until stdin ends: it does so when the program that started it does.
pub(super) async fn serve() -> Result<Exit, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    io::stdout().flush()?;
    let service = v1::dedup_service_server::DedupServiceServer::new(Echo)
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let serving = Server::builder()
        .add_service(service)
        .serve_with_incoming(incoming);
    let orphaned = tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
    tokio::select! {
        ended = serving => ended.map_err(|error| Failure::Other(error.to_string()))?,
        _ = orphaned => {}
    }
    Ok(Exit::DONE)
}

#[derive(Debug)]
struct Echo;

fn echo(article: Option<v1::Article>) -> v1::Answer {
    let article = article.unwrap_or_default();
    let length = match &article.body {
        Some(Body::Text(text)) => text.len(),
        _ => 0,
    };
    v1::Answer {
        id: article.id,
        revision: length as u32,
        ..v1::Answer::default()
    }
}

fn item(article: Option<v1::Article>) -> v1::ItemResult {
    let answer = echo(article);
    v1::ItemResult {
        id: answer.id.clone(),
        result: Some(item_result::Result::Answer(answer)),
    }
}

fn items(articles: Vec<v1::Article>) -> Vec<v1::ItemResult> {
    articles.into_iter().map(Some).map(item).collect()
}

fn nothing<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("the floor only echoes"))
}

#[tonic::async_trait]
impl DedupService for Echo {
    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        let answer = Some(echo(request.into_inner().article));
        Ok(Response::new(v1::SubmitResponse { answer }))
    }

    async fn check(
        &self,
        request: Request<v1::CheckRequest>,
    ) -> Result<Response<v1::CheckResponse>, Status> {
        let answer = Some(echo(request.into_inner().article));
        Ok(Response::new(v1::CheckResponse { answer }))
    }

    async fn batch_submit(
        &self,
        request: Request<v1::BatchSubmitRequest>,
    ) -> Result<Response<v1::BatchSubmitResponse>, Status> {
        let results = items(request.into_inner().articles);
        Ok(Response::new(v1::BatchSubmitResponse { results }))
    }

    async fn batch_check(
        &self,
        request: Request<v1::BatchCheckRequest>,
    ) -> Result<Response<v1::BatchCheckResponse>, Status> {
        let results = items(request.into_inner().articles);
        Ok(Response::new(v1::BatchCheckResponse { results }))
    }

    type SubmitStreamStream =
        Pin<Box<dyn Stream<Item = Result<v1::SubmitStreamResponse, Status>> + Send>>;

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let answers = request.into_inner().map(|request| {
            request.map(|request| v1::SubmitStreamResponse {
                request_number: request.request_number,
                result: Some(item(request.article)),
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn find_duplicates(
        &self,
        _: Request<v1::FindDuplicatesRequest>,
    ) -> Result<Response<v1::FindDuplicatesResponse>, Status> {
        nothing()
    }

    async fn compare(
        &self,
        _: Request<v1::CompareRequest>,
    ) -> Result<Response<v1::CompareResponse>, Status> {
        nothing()
    }

    async fn fingerprint(
        &self,
        _: Request<v1::FingerprintRequest>,
    ) -> Result<Response<v1::FingerprintResponse>, Status> {
        nothing()
    }
}
