//! A lane: one connection to a node, and what waits for it.

use std::{sync::Arc, time::Instant};

use redis::{Pipeline, Value, cmd};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Ack, Command, Endpoint, Error,
    backoff::Backoff,
    fence::{self, Verdict},
    link::{Broken, Link},
    outcome::Outcome,
    watch::Shared,
};

/// How many jobs may wait for a lane; more wait in line for that.
const QUEUE: usize = 256;
/// What goes into one job at most, and into one pipeline before its last job: commands, and their
/// bytes.
pub(crate) const MOST_COMMANDS: usize = 1_024;
const MOST_BYTES: usize = 1 << 20;
/// How often a slot for a fence is chosen anew: slots move one at a time, and there are thousands.
const FENCES: usize = 4;

/// Commands of one call that go through one lane, in this order.
pub(crate) struct Job {
    pub(crate) commands: Vec<Sent>,
    /// What became of each.
    pub(crate) outcomes: oneshot::Sender<Vec<Outcome>>,
}

/// A command on its way.
pub(crate) struct Sent {
    pub(crate) command: Command,
    /// Whether the node has yet to be given the slot.
    pub(crate) asking: bool,
}

/// Takes all that waits, sends it as one pipeline, hands out the replies, and takes what has come to
/// wait meanwhile: the more there is to do, the more goes at once, and nothing ever waits for a clock.
pub(crate) struct Lane {
    node: Endpoint,
    shared: Arc<Shared>,
    /// Whether its commands write, and are to be confirmed.
    confirmed: bool,
    link: Option<Link>,
    backoff: Backoff,
    /// A slot that the node has.
    fence: Option<u16>,
}

impl Lane {
    /// Starts a lane, which ends when nobody can send to it any more.
    pub(crate) fn start(node: Endpoint, shared: Arc<Shared>, writes: bool) -> mpsc::Sender<Job> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let confirmed = writes && shared.ack == Ack::Replica;
        let lane = Self {
            node,
            shared,
            confirmed,
            link: None,
            backoff: Backoff::new(),
            fence: None,
        };
        tokio::spawn(lane.run(receiver));
        sender
    }

    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.recv().await {
            // Whoever is about to ask, and needs a processor for it, goes with it.
            tokio::task::yield_now().await;
            let mut batch = gathered(first, &mut queue);
            if batch.length == 0 {
                continue;
            }
            let begun = Instant::now();
            match self.exchange(&mut batch).await {
                Ok((replies, verdict)) => {
                    self.shared.meter.returned(begun);
                    self.deliver(batch, replies, &verdict);
                }
                Err(error) => {
                    self.link = None;
                    self.shared.refresh.notify_one();
                    for job in batch.jobs {
                        let failed = || Outcome::Failed(error.clone());
                        let outcomes = job.commands.iter().map(|_| failed()).collect();
                        let _ = job.outcomes.send(outcomes);
                    }
                }
            }
        }
    }

    /// The replies to a batch, and whether they are confirmed.
    async fn exchange(&mut self, batch: &mut Batch) -> Result<(Vec<Value>, Verdict), Error> {
        if !self.confirmed {
            let replies = self.send(&batch.pipeline, batch.length).await?;
            return Ok((replies, Verdict::Confirmed));
        }
        let slot = self.fence_slot(batch);
        fence::add(&mut batch.pipeline, slot);
        let mut replies = self
            .send(&batch.pipeline, batch.length + fence::LENGTH)
            .await?;
        let mut verdict = Verdict::read(&replies.split_off(batch.length), &self.node);
        // It is done; another fence behind it will do, on the same connection.
        for _ in 1..FENCES {
            if !matches!(verdict, Verdict::Misplaced) {
                break;
            }
            self.fence = None;
            let mut pipeline = Pipeline::new();
            fence::add(&mut pipeline, self.fence_slot(batch));
            let Some(link) = &mut self.link else { break };
            verdict = Verdict::read(&link.send(&pipeline, fence::LENGTH).await?, &self.node);
        }
        Ok((replies, verdict))
    }

    /// Sends a pipeline; on a new connection where the old one had ended before it was used.
    async fn send(&mut self, pipeline: &Pipeline, length: usize) -> Result<Vec<Value>, Error> {
        if let Some(link) = &mut self.link {
            match link.send(pipeline, length).await {
                Ok(replies) => return Ok(replies),
                Err(Broken::Late(error)) => return Err(error),
                Err(Broken::Ended(_)) => self.link = None,
            }
        }
        if let Some(error) = self.backoff.shut() {
            return Err(error);
        }
        let opened = match Link::open(&self.shared.address, &self.node).await {
            Ok(mut link) => match link.send(pipeline, length).await {
                Ok(replies) => Ok((link, replies)),
                Err(broken) => Err(broken.into()),
            },
            Err(error) => Err(error),
        };
        match opened {
            Ok((link, replies)) => {
                self.backoff.succeeded();
                self.link = Some(link);
                Ok(replies)
            }
            Err(error) => {
                self.backoff.failed(error.clone());
                Err(error)
            }
        }
    }

    /// A slot that the node has, as far as is known, or else one of which the batch says so.
    fn fence_slot(&mut self, batch: &Batch) -> u16 {
        if self.fence.is_none() {
            self.fence = self.shared.topology.borrow().any_slot(&self.node);
        }
        self.fence.unwrap_or(batch.slot)
    }

    fn deliver(&self, batch: Batch, replies: Vec<Value>, verdict: &Verdict) {
        let mut commands = batch.pipeline.cmd_iter();
        let mut replies = replies.into_iter();
        let mut stale = false;
        for job in batch.jobs {
            let mut outcomes = Vec::with_capacity(job.commands.len());
            for sent in job.commands {
                if sent.asking {
                    commands.next();
                    replies.next();
                }
                let (Some(cmd), Some(reply)) = (commands.next(), replies.next()) else {
                    break;
                };
                let command = || sent.command.restore(cmd.clone());
                let outcome = match (reply, verdict) {
                    (reply @ Value::ServerError(_), _) | (reply, Verdict::Confirmed) => {
                        Outcome::read(reply, &self.node, command)
                    }
                    (_, Verdict::Misplaced) => Outcome::Again(command()),
                    (_, Verdict::Failed(error)) => Outcome::Failed(error.clone()),
                };
                stale |= matches!(
                    outcome,
                    Outcome::Elsewhere { asking: false, .. }
                        | Outcome::Failed(Error::Unreachable(_))
                );
                outcomes.push(outcome);
            }
            // Who asked may have gone.
            let _ = job.outcomes.send(outcomes);
        }
        if stale {
            self.shared.refresh.notify_one();
        }
    }
}

/// What goes at once.
struct Batch {
    pipeline: Pipeline,
    /// How many commands that is.
    length: usize,
    /// Whose commands these are, in order, the commands themselves taken out.
    jobs: Vec<Job>,
    /// The slot of the last command.
    slot: u16,
}

fn gathered(first: Job, queue: &mut mpsc::Receiver<Job>) -> Batch {
    let mut batch = Batch {
        pipeline: Pipeline::new(),
        length: 0,
        jobs: Vec::new(),
        slot: 0,
    };
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(mut job) = next {
        // Nobody waits any more for what was not sent yet.
        if !job.outcomes.is_closed() {
            for sent in &mut job.commands {
                if sent.asking {
                    batch.pipeline.add_command(cmd("ASKING"));
                    batch.length += 1;
                }
                bytes += sent.command.size();
                batch.slot = sent.command.slot();
                batch.pipeline.add_command(sent.command.take());
                batch.length += 1;
            }
            batch.jobs.push(job);
        }
        let room = batch.length < MOST_COMMANDS && bytes < MOST_BYTES;
        next = room.then(|| queue.try_recv().ok()).flatten();
    }
    batch
}
