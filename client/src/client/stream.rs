//! Many submissions over one stream: a bounded window in flight, answers in order, and a new
//! stream when one breaks.

use std::{collections::VecDeque, time::Duration};

use basma_proto::v1::{
    Article, ItemResult, SubmitStreamRequest, SubmitStreamResponse, article::Body,
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_stream::{
    Stream, StreamExt,
    wrappers::{ReceiverStream, UnboundedReceiverStream},
};
use tonic::{Request, Streaming};

use super::{Client, dedup::stub};
use crate::error::Error;

/// The answers to a stream of submissions, in the order of the articles. After an error, the last.
pub type Answers = ReceiverStream<Result<ItemResult, Error>>;

/// How much may be under way before an answer must come: this bounds the client's memory.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Articles.
    pub articles: usize,
    /// Bytes of their texts; one article is let through however large it is.
    pub bytes: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            articles: 512,
            bytes: 8 << 20,
        }
    }
}

impl Client {
    /// Submits articles as they come, over one stream.
    ///
    /// A bad article gets an error of its own. A stream that breaks is opened again, as the retry
    /// policy says, and what had no answer yet is sent again: submitting is idempotent by id.
    /// The deadline is for the wait for each next answer.
    pub fn submit_stream(
        &self,
        articles: impl Stream<Item = Article> + Send + 'static,
        max_matches: u32,
        window: Window,
    ) -> Answers {
        let (answers, receiver) = mpsc::channel(64);
        let submission = Submission {
            client: self.clone(),
            articles: Box::pin(articles),
            more: true,
            max_matches,
            window,
            unanswered: VecDeque::new(),
            unanswered_bytes: 0,
            next_number: 1,
            answers,
        };
        tokio::spawn(submission.run());
        ReceiverStream::new(receiver)
    }
}

/// A stream of submissions under way, over however many streams of the transport it takes.
struct Submission<S> {
    client: Client,
    articles: S,
    /// Whether `articles` may have more.
    more: bool,
    max_matches: u32,
    window: Window,
    /// Sent or to be sent, the oldest first; what a new stream begins with.
    unanswered: VecDeque<SubmitStreamRequest>,
    unanswered_bytes: usize,
    next_number: u64,
    answers: mpsc::Sender<Result<ItemResult, Error>>,
}

/// Why a stream ended.
enum End {
    /// Every article has its answer, or nobody wants them any more.
    Done,
    /// The stream failed, after so many answers.
    Failed { error: Error, answered: usize },
}

impl<S: Stream<Item = Article> + Unpin> Submission<S> {
    async fn run(mut self) {
        let mut attempt = 1;
        while let End::Failed { error, answered } = self.stream().await {
            // A stream that got on is not the fault of the one before it.
            attempt = if answered > 0 { 1 } else { attempt };
            match self.client.retry.wait(attempt, &error) {
                Some(wait) => sleep(wait).await,
                None => {
                    // If nobody listens, nobody is left to be told.
                    let _ = self.answers.send(Err(error)).await;
                    return;
                }
            }
            attempt += 1;
        }
    }

    /// Opens a stream and stays with it to its end.
    async fn stream(&mut self) -> End {
        if self.unanswered.is_empty() {
            // A server may wait for the first article before it accepts the stream.
            match self.articles.next().await {
                Some(article) => self.enqueue(article),
                None => return End::Done,
            };
        }
        // The window bounds what is in this channel.
        let (requests, receiver) = mpsc::unbounded_channel();
        let mut requests = Some(requests);
        for request in &self.unanswered {
            send(requests.as_ref(), request.clone());
        }
        let mut answered = 0;
        let opening = Request::new(UnboundedReceiverStream::new(receiver));
        let mut service = stub(self.client.channel.clone());
        let mut responses =
            match timeout(self.client.deadline, service.submit_stream(opening)).await {
                Ok(Ok(response)) => response.into_inner(),
                Ok(Err(status)) => {
                    return End::Failed {
                        error: self.client.error(&status),
                        answered,
                    };
                }
                Err(_) => {
                    return End::Failed {
                        error: self.client.overdue(),
                        answered,
                    };
                }
            };
        loop {
            if !self.more {
                // Half-closes the stream: the server ends it after the last answer.
                requests = None;
            }
            tokio::select! {
                biased;
                response = receive(&mut responses, self.client.deadline), if !self.unanswered.is_empty() => {
                    let result = match response {
                        Some(Ok(Some(response))) => self.settle(response),
                        Some(Ok(None)) => Err(Error::Unreachable {
                            server: self.client.server.to_string(),
                            cause: "the stream ended before its last answer".to_owned(),
                        }),
                        Some(Err(status)) => Err(self.client.error(&status)),
                        None => Err(self.client.overdue()),
                    };
                    match result {
                        Ok(result) => {
                            answered += 1;
                            if self.answers.send(Ok(result)).await.is_err() {
                                return End::Done;
                            }
                        }
                        Err(error) => return End::Failed { error, answered },
                    }
                }
                article = self.articles.next(), if self.more && self.has_room() => match article {
                    Some(article) => {
                        let request = self.enqueue(article).clone();
                        send(requests.as_ref(), request);
                    }
                    None => self.more = false,
                },
                else => {
                    // Leaving before the server has ended the stream would look like an abandoned one.
                    let _ = receive(&mut responses, self.client.deadline).await;
                    return End::Done;
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        self.unanswered.len() < self.window.articles
            && (self.unanswered.is_empty() || self.unanswered_bytes < self.window.bytes)
    }

    fn enqueue(&mut self, article: Article) -> &SubmitStreamRequest {
        self.unanswered_bytes += body_bytes(&article);
        let number = self.next_number;
        self.next_number += 1;
        self.unanswered.push_back(SubmitStreamRequest {
            collection: self.client.collection.to_string(),
            article: Some(article),
            max_matches: self.max_matches,
            request_number: number,
        });
        &self.unanswered[self.unanswered.len() - 1]
    }

    /// Takes the article that `response` answers off the window.
    fn settle(&mut self, response: SubmitStreamResponse) -> Result<ItemResult, Error> {
        let request = self
            .unanswered
            .pop_front()
            .ok_or(Error::Protocol("an answer to nothing"))?;
        if request.request_number != response.request_number {
            return Err(Error::Protocol("answers of a stream out of order"));
        }
        self.unanswered_bytes -= request.article.as_ref().map_or(0, body_bytes);
        response
            .result
            .ok_or(Error::Protocol("a stream's answer without a result"))
    }
}

/// `None` if nothing came in time.
async fn receive(
    responses: &mut Streaming<SubmitStreamResponse>,
    deadline: Duration,
) -> Option<Result<Option<SubmitStreamResponse>, tonic::Status>> {
    timeout(deadline, responses.message()).await.ok()
}

fn send(
    requests: Option<&mpsc::UnboundedSender<SubmitStreamRequest>>,
    request: SubmitStreamRequest,
) {
    // A stream that no longer takes requests has failed, and says why with its next answer.
    if let Some(requests) = requests {
        let _ = requests.send(request);
    }
}

pub(super) fn body_bytes(article: &Article) -> usize {
    match &article.body {
        Some(Body::Text(text)) => text.len(),
        Some(Body::EncodedText(text)) => text.content.len(),
        None => 0,
    }
}
