//! What makes `WAIT` wait for all that came before.
//!
//! `WAIT` counts the replicas that have what *its own connection wrote last*. A command that finds its
//! work done already, since it was sent before and its answer got lost, writes nothing; Valkey, and
//! Redis from 7.2, would then confirm at once what no replica has (Redis 7.0 takes any command for a
//! write). So every pipeline that is to be confirmed ends with a small write of its own, the fence:
//! behind it in the stream of replication is all that the master has done before, for anyone.

use redis::{Pipeline, ServerErrorKind, Value, cmd};

use crate::{Endpoint, Error, outcome, slot};

/// How many milliseconds a replica has to say that it has a write.
const CONFIRM: u64 = 1_000;
/// How many seconds a fence is kept: it holds nothing.
const KEPT: u64 = 60;

/// How many commands [`add`] adds.
pub(crate) const LENGTH: usize = 3;

/// Ends a pipeline that writes. The slot is one of the node's own, or one that it is being given.
pub(crate) fn add(pipeline: &mut Pipeline, slot: u16) {
    let key = format!("basma:fence:{{{}}}", slot::tag(slot));
    let mut write = cmd("SET");
    write.arg(key).arg("").arg("EX").arg(KEPT);
    let mut wait = cmd("WAIT");
    wait.arg(1).arg(CONFIRM);
    for command in [cmd("ASKING"), write, wait] {
        pipeline.add_command(command);
    }
}

/// What the replies to a fence say of all that was before it.
pub(crate) enum Verdict {
    /// At least one replica has it.
    Confirmed,
    /// Nothing: the fence was in a slot that the node does not have, or not all of.
    Misplaced,
    /// No replica is known to have it.
    Failed(Error),
}

impl Verdict {
    /// `replies` are the last [`LENGTH`] of a pipeline.
    pub(crate) fn read(replies: &[Value], node: &Endpoint) -> Self {
        let [_, write, wait] = replies else {
            return Self::Misplaced;
        };
        if let Value::ServerError(error) = write {
            return match error.kind() {
                Some(ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::TryAgain) => {
                    Self::Misplaced
                }
                _ => Self::Failed(outcome::failure(error, node)),
            };
        }
        match wait {
            Value::Int(replicas) if *replicas > 0 => Self::Confirmed,
            Value::ServerError(error) => Self::Failed(Error::Unconfirmed(
                outcome::failure(error, node).to_string(),
            )),
            _ => Self::Failed(Error::Unconfirmed(format!(
                "no replica of {node} has said within {CONFIRM} ms that it has the write"
            ))),
        }
    }
}
