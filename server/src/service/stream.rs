//! `SubmitStream`: articles as they come, answers in the same order.

use std::{pin::Pin, sync::Arc};

use basma_proto::v1;
use futures_util::{Stream, StreamExt as _, stream};
use prost::Message as _;
use tokio::time::Instant;
use tonic::{Request, Status, Streaming};

use super::{Service, batch::item, scope};
use crate::{
    auth::Access,
    failure::Failure,
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
        // What was charged for an answer is given back when it has left for its caller.
        let answers = durable
            .buffered(UNDER_WAY)
            .map(|answer: Result<_, Status>| {
                let (answer, _charge): (_, Charge) = answer?;
                Ok(answer)
            });
        Ok(answers.boxed())
    }

    fn answer_request(
        &self,
        access: &Access,
        request: &v1::SubmitStreamRequest,
    ) -> Result<v1::Answer, Failure> {
        let named = self.registry.get(access, &request.collection)?;
        self.registry.writable()?;
        let scope = scope(&named, request.max_matches, request.window.as_ref())?;
        self.submit_one(&named, request.article.as_ref(), scope)
    }
}

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
    async fn next(&mut self) -> Option<Result<(v1::SubmitStreamResponse, Charge), Status>> {
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

    async fn answer(&mut self) -> Result<Option<(v1::SubmitStreamResponse, Charge)>, Status> {
        let request = self.requests.message().await;
        let request = request.map_err(|status| explained(&status).map_or(status, Status::from))?;
        let Some(request) = request else {
            return Ok(None);
        };
        self.allowed().await?;
        let turn = self.service.limits.gate.turn().await?;
        let id = request.article.as_ref().map_or("", |article| &article.id);
        let result = item(id, self.service.answer_request(&self.access, &request));
        drop(turn);
        let answer = v1::SubmitStreamResponse {
            request_number: request.request_number,
            result: Some(result),
        };
        let mut charge = self.service.limits.budget.charge();
        charge.add(answer.encoded_len())?;
        Ok(Some((answer, charge)))
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
