//! Sends each command where it belongs.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use redis::{Cmd, Value};
use tokio::{
    sync::{Notify, oneshot, watch},
    time::{sleep, timeout},
};

use crate::{
    Address, Command, Endpoint, Error, Meter, calls, inspect,
    lane::{Job, MOST_COMMANDS, Sent},
    nodes::{Nodes, Purpose},
    outcome::Outcome,
    watch::{Shared, watch as keep_watch},
};

/// How long a call may take in all: its own pipeline, the one before it, and slots that move.
const LIMIT: Duration = Duration::from_secs(5);
/// How often a command is sent on at once: by an old topology, into a slot that moves.
const AT_ONCE: u32 = 4;
/// How long to wait then, or until keys that are on two nodes may be on one; the next time twice as
/// long.
const PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// When a write is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ack {
    /// When at least one replica has it, too.
    #[default]
    Replica,
    /// When its master has it; it may be lost with the master.
    Master,
}

/// A cluster.
pub struct Redis {
    shared: Arc<Shared>,
    nodes: Arc<Nodes>,
}

/// Where it is reached is no secret, all else is.
impl std::fmt::Debug for Redis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Redis")
            .field("masters", &self.masters())
            .finish_non_exhaustive()
    }
}

/// A command that has no reply yet.
struct Attempt {
    /// Its place in the call.
    place: usize,
    command: Command,
    /// Where it goes, if not to the master of its slot.
    to: Option<Endpoint>,
    asking: bool,
}

impl Redis {
    /// Finds the cluster and sees whether it is fit: Redis 7 or later, or Valkey, in cluster mode,
    /// with replicas if they are to confirm.
    ///
    /// # Errors
    ///
    /// [`Error::Unsuitable`] where trying again is of no use; [`Error::Unconfirmed`] if no master has a replica,
    /// which a cluster that was made a moment ago may still get.
    pub async fn connect(address: &Address, ack: Ack) -> Result<Arc<Self>, Error> {
        let topology = inspect::inspect(address, ack).await?;
        let shared = Arc::new(Shared {
            address: address.clone(),
            ack,
            meter: Meter::new(),
            topology: watch::Sender::new(Arc::new(topology)),
            refresh: Notify::new(),
        });
        let nodes = Arc::new(Nodes::new(Arc::clone(&shared)));
        tokio::spawn(keep_watch(Arc::clone(&shared), Arc::downgrade(&nodes)));
        Ok(Arc::new(Self { shared, nodes }))
    }

    /// Sends commands that only read. The replies are in the order of the commands.
    ///
    /// Those of one slot are done in their order, those of different slots in any.
    ///
    /// # Errors
    ///
    /// Where one of them fails; the others may be done.
    pub async fn read(&self, commands: Vec<Command>) -> Result<Vec<Value>, Error> {
        self.call(commands, Purpose::Read).await
    }

    /// Sends commands that write, like [`read`](Self::read); they may be sent twice. Returns when
    /// each is done in the sense of [`Ack`]; so is then all that a command found.
    ///
    /// # Errors
    ///
    /// [`Error::Unconfirmed`] where no replica says that it has them. They may be done all the same.
    pub async fn write(&self, commands: Vec<Command>) -> Result<Vec<Value>, Error> {
        self.call(commands, Purpose::Write).await
    }

    /// What was measured so far.
    pub fn meter(&self) -> &Meter {
        &self.shared.meter
    }

    /// The masters, as far as is known.
    pub fn masters(&self) -> Vec<Endpoint> {
        self.shared.topology.borrow().masters()
    }

    /// Sends a command that only reads to one node, whatever its keys.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn on(&self, node: &Endpoint, cmd: Cmd) -> Result<Value, Error> {
        let attempt = Attempt {
            place: 0,
            command: Command::anywhere(cmd),
            to: Some(node.clone()),
            asking: false,
        };
        let replies = self.within(vec![attempt], Purpose::Read).await?;
        Ok(replies.into_iter().next().unwrap_or_default())
    }

    /// Sends a command that only reads to each master.
    ///
    /// # Errors
    ///
    /// Where one of them fails.
    pub async fn on_each_master(&self, cmd: &Cmd) -> Result<Vec<(Endpoint, Value)>, Error> {
        let asked = self.masters().into_iter().map(async |master| {
            let reply = self.on(&master, cmd.clone()).await?;
            Ok((master, reply))
        });
        join_all(asked).await.into_iter().collect()
    }

    async fn call(&self, commands: Vec<Command>, purpose: Purpose) -> Result<Vec<Value>, Error> {
        calls::tell(&commands, purpose);
        let attempts = commands
            .into_iter()
            .enumerate()
            .map(|(place, command)| Attempt {
                place,
                command,
                to: None,
                asking: false,
            })
            .collect();
        self.within(attempts, purpose).await
    }

    async fn within(&self, attempts: Vec<Attempt>, purpose: Purpose) -> Result<Vec<Value>, Error> {
        let meter = self.meter();
        meter.asked(attempts.len());
        let replies = match timeout(LIMIT, self.pursue(attempts, purpose)).await {
            Ok(replies) => replies,
            Err(_) => Err(Error::Unreachable(format!(
                "the cluster has not done within {LIMIT:?} what it was told"
            ))),
        };
        replies.inspect_err(|error| meter.failed(error))
    }

    /// Sends commands, and sends on those that belong elsewhere, until each has its reply.
    async fn pursue(
        &self,
        mut attempts: Vec<Attempt>,
        purpose: Purpose,
    ) -> Result<Vec<Value>, Error> {
        let mut replies = vec![Value::Nil; attempts.len()];
        let mut pause = PAUSE;
        for tries in 1_u32.. {
            let round = self.round(attempts, purpose).await?;
            attempts = Vec::new();
            let mut wait = tries >= AT_ONCE;
            for (place, outcome) in round {
                let mut again = |command, to, asking| {
                    attempts.push(Attempt {
                        place,
                        command,
                        to,
                        asking,
                    });
                };
                match outcome {
                    Outcome::Done(reply) => replies[place] = reply,
                    Outcome::Elsewhere {
                        command,
                        node,
                        asking,
                    } => again(command, Some(node), asking),
                    Outcome::Whole(command) => again(command.whole(), None, false),
                    Outcome::Again(command) => {
                        wait = true;
                        again(command, None, false);
                    }
                    Outcome::Failed(error) => return Err(error),
                }
            }
            if attempts.is_empty() {
                return Ok(replies);
            }
            attempts.sort_unstable_by_key(|attempt| attempt.place);
            if wait {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        unreachable!("it tries until there is no time left")
    }

    /// Sends each once, and says what became of it.
    async fn round(
        &self,
        attempts: Vec<Attempt>,
        purpose: Purpose,
    ) -> Result<Vec<(usize, Outcome)>, Error> {
        let mut groups: Vec<Group> = Vec::new();
        let topology = Arc::clone(&self.shared.topology.borrow());
        for attempt in attempts {
            let slot = attempt.command.slot();
            let node = match attempt.to.as_ref().or_else(|| topology.master(slot)) {
                Some(node) => node,
                None => {
                    self.shared.refresh.notify_one();
                    let message = format!("slot {slot} of the cluster has no master");
                    return Err(Error::Unreachable(message));
                }
            };
            let last = groups
                .iter()
                .rposition(|group| group.node == *node)
                .filter(|last| groups[*last].commands.len() < MOST_COMMANDS);
            let last = last.unwrap_or_else(|| {
                groups.push(Group::new(node.clone()));
                groups.len() - 1
            });
            let group = &mut groups[last];
            group.places.push(attempt.place);
            group.commands.push(Sent {
                command: attempt.command,
                asking: attempt.asking,
            });
        }
        let mut answers = Vec::with_capacity(groups.len());
        for group in groups {
            let lane = self.nodes.lane(&group.node, purpose);
            let (outcomes, answer) = oneshot::channel();
            let job = Job {
                commands: group.commands,
                outcomes,
            };
            let node = group.node;
            let gone = move || Error::Unreachable(format!("{node} is no longer asked"));
            lane.send(job).await.map_err(|_| gone())?;
            answers.push(async move {
                let outcomes = answer.await.map_err(|_| gone())?;
                Ok::<_, Error>((group.places, outcomes))
            });
        }
        let mut round = Vec::new();
        for answer in join_all(answers).await {
            let (places, outcomes) = answer?;
            round.extend(places.into_iter().zip(outcomes));
        }
        Ok(round)
    }
}

/// Commands for one lane.
struct Group {
    node: Endpoint,
    places: Vec<usize>,
    commands: Vec<Sent>,
}

impl Group {
    fn new(node: Endpoint) -> Self {
        Self {
            node,
            places: Vec::new(),
            commands: Vec::new(),
        }
    }
}

impl Drop for Redis {
    /// Lets the watch see that nobody is left.
    fn drop(&mut self) {
        self.nodes.keep(&[]);
        self.shared.refresh.notify_one();
    }
}
