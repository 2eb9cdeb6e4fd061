//! Tells whoever listens what is asked of the cluster.

use tracing::{Level, enabled, trace};

use crate::{Command, nodes::Purpose};

/// The target of the events, of level TRACE, that tell of each call of [`Redis::read`](crate::Redis::read)
/// and [`Redis::write`](crate::Redis::write), in the span of the caller: whether it `writes`, and the
/// `sent` bytes of all its commands, in the protocol of Redis, texts and all.
///
/// A call is a round trip: what is sent again since a slot moved is not told of again.
pub const CALLS: &str = "basma_redis::calls";

pub(crate) fn tell(commands: &[Command], purpose: Purpose) {
    // A call of nothing is no round trip.
    if commands.is_empty() || !enabled!(target: CALLS, Level::TRACE) {
        return;
    }
    let sent: Vec<u8> = commands.iter().flat_map(Command::packed).collect();
    trace!(target: CALLS, writes = purpose == Purpose::Write, sent = &*sent, "call");
}
