//! `SubmitStream`: articles as they come, answers in the same order.

use std::{pin::Pin, sync::Arc};

use basma_proto::v1;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::Instant;
use tonic::{Request, Status, Streaming};

use super::{Service, Turns, batch::item, scope};
use crate::{
    failure::Failure,
    observe::{Deadline, explained},
};

/// So many articles of a stream are submitted, and their answers wait until they are on the disk.
const UNDER_WAY: usize = 64;

/// The answers of one stream.
pub(super) type Answers =
    Pin<Box<dyn Stream<Item = Result<v1::SubmitStreamResponse, Status>> + Send>>;

impl Service {
    /// Answers one request after another, the first ones while more are read, each when the caller has
    /// room for the answer: a caller that does not read its answers is soon not read from, and holds up
    /// little memory.
    ///
    /// The stream ends with the caller's, at its deadline, at a message that cannot be decoded, and
    /// with UNAVAILABLE when the server stops; what was answered before that was done.
    pub(super) fn answer_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Answers {
        let deadline = request
            .extensions()
            .get::<Deadline>()
            .map(|deadline| Instant::from(deadline.0));
        let state = Open {
            service: self.clone(),
            requests: request.into_inner(),
            deadline,
            turns: Turns::new(),
            ended: false,
        };
        let answers = stream::unfold(state, |mut open| async move {
            if open.ended {
                return None;
            }
            let answer = open.next().await?;
            open.ended = answer.is_err();
            let mark = open.service.registry.mark();
            Some(((answer, mark), open))
        });
        let registry = Arc::clone(&self.registry);
        let durable = answers.map(move |(answer, mark)| {
            let registry = Arc::clone(&registry);
            async move {
                registry.durable(mark).await?;
                answer
            }
        });
        durable.buffered(UNDER_WAY).boxed()
    }

    fn answer_request(&self, request: &v1::SubmitStreamRequest) -> Result<v1::Answer, Failure> {
        self.registry.writable()?;
        let named = self.registry.get(&request.collection)?;
        let scope = scope(&named, request.max_matches, request.window.as_ref())?;
        self.submit_one(&named, request.article.as_ref(), scope)
    }
}

/// A stream under way.
struct Open {
    service: Service,
    requests: Streaming<v1::SubmitStreamRequest>,
    deadline: Option<Instant>,
    turns: Turns,
    ended: bool,
}

impl Open {
    /// The answer to the next request; `None` when there is none.
    async fn next(&mut self) -> Option<Result<v1::SubmitStreamResponse, Status>> {
        self.turns.give_way().await;
        let deadline = self.deadline;
        let late = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let request = tokio::select! {
            biased;
            () = late => return Some(Err(Failure::deadline_exceeded().into())),
            () = self.service.stop.cancelled() => return Some(Err(Failure::draining().into())),
            request = self.requests.message() => request,
        };
        match request {
            Ok(Some(request)) => {
                let id = request.article.as_ref().map_or("", |article| &article.id);
                let result = item(id, self.service.answer_request(&request));
                let request_number = request.request_number;
                Some(Ok(v1::SubmitStreamResponse {
                    request_number,
                    result: Some(result),
                }))
            }
            Ok(None) => None,
            Err(status) => Some(Err(explained(&status).map_or(status, Status::from))),
        }
    }
}
