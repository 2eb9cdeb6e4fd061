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

type Requests = mpsc::UnboundedSender<SubmitStreamRequest>;

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
            got_on: false,
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
    /// Whether the stream under way has brought an answer.
    got_on: bool,
    answers: mpsc::Sender<Result<ItemResult, Error>>,
}

impl<S: Stream<Item = Article> + Unpin> Submission<S> {
    async fn run(mut self) {
        let mut attempt = 1;
        while let Err(error) = self.stream().await {
            // A stream that got on is not the fault of the one before it, and one that ended while
            // it had nothing to answer is no fault at all.
            if std::mem::take(&mut self.got_on) || self.unanswered.is_empty() {
                attempt = 1;
            }
            match self.client.retry.wait(attempt, &error) {
                Some(wait) if wait <= self.client.deadline => sleep(wait).await,
                _ => {
                    // If nobody listens, nobody is left to be told.
                    let _ = self.answers.send(Err(error)).await;
                    return;
                }
            }
            attempt += 1;
        }
    }

    /// Opens a stream and stays with it, until every article has its answer or nobody wants them.
    async fn stream(&mut self) -> Result<(), Error> {
        if self.unanswered.is_empty() {
            if !self.more {
                return Ok(());
            }
            // A server may wait for the first article before it accepts the stream.
            match self.articles.next().await {
                Some(article) => self.enqueue(article),
                None => return Ok(()),
            };
        }
        let (requests, mut responses) = self.open().await?;
        let mut requests = Some(requests);
        loop {
            if !self.more {
                // Half-closes the stream: the server ends it after the last answer.
                requests = None;
            }
            let waiting = !self.unanswered.is_empty();
            let deadline = if waiting || !self.more {
                self.client.deadline
            } else {
                Duration::MAX
            };
            tokio::select! {
                biased;
                response = timeout(deadline, responses.message()) => match response {
                    Ok(Ok(Some(response))) => {
                        let result = self.settle(response)?;
                        self.got_on = true;
                        if self.answers.send(Ok(result)).await.is_err() {
                            return Ok(());
                        }
                    }
                    Ok(Ok(None)) if !waiting && !self.more => return Ok(()),
                    Ok(Ok(None)) => return Err(self.client.broken("the stream ended too early")),
                    Ok(Err(status)) => return Err(self.client.error(&status)),
                    Err(_) => return Err(self.client.overdue()),
                },
                article = self.articles.next(), if self.more && self.has_room() => match article {
                    Some(article) => {
                        let request = self.enqueue(article).clone();
                        // A stream that takes no more requests has failed, and its answer says why.
                        if let Some(requests) = &requests {
                            let _ = requests.send(request);
                        }
                    }
                    None => self.more = false,
                },
                () = self.answers.closed() => return Ok(()),
            }
        }
    }

    /// Opens a stream that begins with what has no answer yet.
    async fn open(&mut self) -> Result<(Requests, Streaming<SubmitStreamResponse>), Error> {
        // The window bounds what is in this channel.
        let (requests, receiver) = mpsc::unbounded_channel();
        for request in &self.unanswered {
            // The receiver is right here.
            let _ = requests.send(request.clone());
        }
        let mut service = stub(self.client.calls());
        let opening = service.submit_stream(Request::new(UnboundedReceiverStream::new(receiver)));
        match timeout(self.client.deadline, opening).await {
            Ok(Ok(response)) => Ok((requests, response.into_inner())),
            Ok(Err(status)) => Err(self.client.error(&status)),
            Err(_) => Err(self.client.overdue()),
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
            window: self.client.window,
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

/// Bytes of the text of an article.
pub(super) fn body_bytes(article: &Article) -> usize {
    match &article.body {
        Some(Body::Text(text)) => text.len(),
        Some(Body::EncodedText(text)) => text.content.len(),
        None => 0,
    }
}
