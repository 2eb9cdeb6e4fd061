//! A server that answers by rote, to see how the client bears what a real one seldom does.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use basma_proto::v1::{
    dedup_service_server::{DedupService, DedupServiceServer},
    *,
};
use tokio::net::TcpListener;
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status, Streaming, transport::Server};

/// How the server behaves, and what it saw.
#[derive(Clone, Debug)]
pub(crate) struct Fake {
    /// After so many answers a stream breaks; `usize::MAX` for never.
    pub(crate) break_after: usize,
    /// Streams that were opened.
    pub(crate) streams: Arc<AtomicUsize>,
    /// Articles that came.
    pub(crate) articles: Arc<AtomicUsize>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self {
            break_after: usize::MAX,
            streams: Arc::default(),
            articles: Arc::default(),
        }
    }

    /// Serves on a free port; returns its address.
    pub(crate) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = DedupServiceServer::new(self.clone());
        let server = Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        format!("http://{address}")
    }

    fn result(&self, article: Article) -> ItemResult {
        self.articles.fetch_add(1, SeqCst);
        let id = article.id;
        let result = if id.starts_with("bad") {
            item_result::Result::Error(ItemError {
                code: 3,
                ..ItemError::default()
            })
        } else {
            let verdict = Verdict::New.into();
            item_result::Result::Answer(Answer {
                id: id.clone(),
                verdict,
                ..Answer::default()
            })
        };
        ItemResult {
            id,
            result: Some(result),
        }
    }
}

fn unused<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not part of this server"))
}

type Answers = Pin<Box<dyn Stream<Item = Result<SubmitStreamResponse, Status>> + Send>>;

#[tonic::async_trait]
impl DedupService for Fake {
    type SubmitStreamStream = Answers;

    async fn submit_stream(
        &self,
        request: Request<Streaming<SubmitStreamRequest>>,
    ) -> Result<Response<Answers>, Status> {
        self.streams.fetch_add(1, SeqCst);
        let fake = self.clone();
        let mut answered = 0;
        let answers = request.into_inner().map(move |request| {
            let request = request?;
            if answered == fake.break_after {
                return Err(Status::unavailable("draining"));
            }
            answered += 1;
            Ok(SubmitStreamResponse {
                request_number: request.request_number,
                result: Some(fake.result(request.article.unwrap_or_default())),
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn batch_check(
        &self,
        request: Request<BatchCheckRequest>,
    ) -> Result<Response<BatchCheckResponse>, Status> {
        let articles = request.into_inner().articles;
        let results = articles
            .into_iter()
            .map(|article| self.result(article))
            .collect();
        Ok(Response::new(BatchCheckResponse { results }))
    }

    async fn submit(&self, _: Request<SubmitRequest>) -> Result<Response<SubmitResponse>, Status> {
        unused()
    }

    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        unused()
    }

    async fn batch_submit(
        &self,
        _: Request<BatchSubmitRequest>,
    ) -> Result<Response<BatchSubmitResponse>, Status> {
        unused()
    }

    async fn find_duplicates(
        &self,
        _: Request<FindDuplicatesRequest>,
    ) -> Result<Response<FindDuplicatesResponse>, Status> {
        unused()
    }

    async fn compare(
        &self,
        _: Request<CompareRequest>,
    ) -> Result<Response<CompareResponse>, Status> {
        unused()
    }

    async fn fingerprint(
        &self,
        _: Request<FingerprintRequest>,
    ) -> Result<Response<FingerprintResponse>, Status> {
        unused()
    }
}
