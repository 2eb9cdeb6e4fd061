//! `SubmitStream`: articles as they come, answers in the same order.

use std::pin::Pin;

use basma_proto::v1;
use futures_util::{FutureExt as _, Stream, StreamExt as _, future::BoxFuture, stream};
use prost::Message as _;
use tokio::time::Instant;
use tonic::{Request, Status, Streaming};

use super::{Service, batch::item, beside, scope};
use crate::{
    auth::Access,
    failure::Failure,
    index::Answering,
    limits::{Allowance, Charge, Deadline},
    observe::explained,
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
    ) -> Result<Answers, Failure> {
        let extensions = request.extensions();
        let deadline = extensions.get::<Deadline>();
        let state = Open {
            service: self.clone(),
            access: Access::of(&request)?.clone(),
            deadline: deadline.map(|deadline| Instant::from(deadline.0)),
            allowance: extensions.get::<Allowance>().cloned(),
            requests: request.into_inner(),
            ended: false,
        };
        let answers = stream::unfold(state, |mut open| async move {
            if open.ended {
                return None;
            }
            let answer = open.next().await?;
            open.ended = answer.is_err();
            Some((answer, open))
        });
        let answers = answers.map(|answer| async move { answer?.await });
        // What was charged for an answer is given back when it has left for its caller.
        let answers = answers
            .buffered(UNDER_WAY)
            .map(|answer: Result<_, Status>| {
                let (answer, _charge): (_, Charge) = answer?;
                Ok(answer)
            });
        Ok(answers.boxed())
    }

    async fn answer_request(
        &self,
        access: &Access,
        request: &v1::SubmitStreamRequest,
    ) -> Result<Answering<v1::Answer>, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let scope = scope(&*index, request.max_matches, request.window.as_ref())?;
        let answer = self.submit_one(&*index, request.article.as_ref(), scope);
        Ok(beside(&*index, answer))
    }
}

/// An answer that is on its way, and what it is charged for.
type Responding = BoxFuture<'static, Result<(v1::SubmitStreamResponse, Charge), Status>>;

/// A stream under way.
struct Open {
    service: Service,
    access: Access,
    requests: Streaming<v1::SubmitStreamRequest>,
    deadline: Option<Instant>,
    allowance: Option<Allowance>,
    ended: bool,
}

impl Open {
    /// The answer to the next request; `None` when there is none.
    async fn next(&mut self) -> Option<Result<Responding, Status>> {
        let deadline = self.deadline;
        let late = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let stop = self.service.stop.clone();
        tokio::select! {
            biased;
            () = late => Some(Err(Failure::deadline_exceeded().into())),
            () = stop.cancelled() => Some(Err(Failure::draining().into())),
            answer = self.answer() => answer.transpose(),
        }
    }

    async fn answer(&mut self) -> Result<Option<Responding>, Status> {
        let request = self.requests.message().await;
        let request = request.map_err(|status| explained(&status).map_or(status, Status::from))?;
        let Some(request) = request else {
            return Ok(None);
        };
        self.allowed().await?;
        let turn = self.service.limits.gate.turn().await?;
        let answering = self.service.answer_request(&self.access, &request).await;
        drop(turn);
        let article = request.article.as_ref();
        let id = article.map_or_else(String::new, |article| article.id.clone());
        let request_number = request.request_number;
        let mut charge = self.service.limits.budget.charge();
        let responding = async move {
            let answer = match answering {
                Ok(answering) => answering.await,
                Err(failure) => Err(failure),
            };
            let answer = v1::SubmitStreamResponse {
                request_number,
                result: Some(item(&id, answer)),
            };
            charge.add(answer.encoded_len())?;
            Ok((answer, charge))
        };
        Ok(Some(responding.boxed()))
    }

    /// Waits until the caller may have another answer, if that is soon.
    async fn allowed(&self) -> Result<(), Failure> {
        let Some(allowance) = &self.allowance else {
            return Ok(());
        };
        while let Err(refused) = allowance.take() {
            match refused.retry() {
                Some(wait) if wait <= self.service.limits.longest_idle() => {
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(refused),
            }
        }
        Ok(())
    }
}
