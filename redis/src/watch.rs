//! Asks the cluster again which master has which slot: every few seconds, and whenever something
//! shows that it is no longer so.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use redis::{Pipeline, Value, cmd};
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use crate::{Ack, Address, Endpoint, Error, Meter, link::Link, nodes::Nodes, topology::Topology};

/// How often to ask where nothing happens.
const PERIOD: Duration = Duration::from_secs(5);
/// How often at most.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a node may take to be reached and to answer, before another is asked.
const PATIENCE: Duration = Duration::from_millis(500);

/// What all lanes know.
pub(crate) struct Shared {
    pub(crate) address: Address,
    pub(crate) ack: Ack,
    pub(crate) meter: Meter,
    pub(crate) topology: watch::Sender<Arc<Topology>>,
    /// The topology is no longer so.
    pub(crate) refresh: Notify,
}

/// Asks until nobody is left who wants to know.
pub(crate) async fn watch(shared: Arc<Shared>, nodes: Weak<Nodes>) {
    let mut well = true;
    loop {
        let _ = timeout(PERIOD, shared.refresh.notified()).await;
        if nodes.strong_count() == 0 {
            return;
        }
        let found = found(&shared).await;
        let Some(nodes) = nodes.upgrade() else {
            return;
        };
        match found {
            Some(topology) => {
                if !well {
                    well = true;
                    tracing::info!("the cluster of the store is well again");
                }
                let masters = topology.masters();
                let topology = Arc::new(topology);
                let changed = shared.topology.send_if_modified(|known| {
                    let changed = *known != topology;
                    *known = topology;
                    changed
                });
                if changed {
                    tracing::info!(?masters, "slots or masters of the store have changed");
                    nodes.keep(&masters);
                }
            }
            None if well => {
                well = false;
                tracing::warn!("no node of the store says that its cluster is well");
            }
            None => {}
        }
        drop(nodes);
        sleep(PAUSE).await;
    }
}

/// The topology as a node sees it that belongs to the majority.
async fn found(shared: &Shared) -> Option<Topology> {
    let known = Arc::clone(&shared.topology.borrow());
    let mut nodes: Vec<_> = known
        .nodes()
        .chain(&shared.address.nodes)
        .cloned()
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    // One that was cut off still tells of the past, and thinks so for a while: not always the same.
    fastrand::shuffle(&mut nodes);
    for node in nodes {
        if let Ok(Ok((topology, true))) = timeout(PATIENCE, ask(&shared.address, &node)).await {
            return Some(topology);
        }
    }
    None
}

/// What a node says of the topology, and whether it says that the cluster is well.
pub(crate) async fn ask(address: &Address, node: &Endpoint) -> Result<(Topology, bool), Error> {
    let mut link = Link::open(address, node).await?;
    let mut pipeline = Pipeline::new();
    pipeline.add_command(cmd("CLUSTER").arg("INFO").take());
    pipeline.add_command(cmd("CLUSTER").arg("SLOTS").take());
    let replies = link.send(&pipeline, 2).await?;
    let [info, slots] = replies.as_slice() else {
        return Err(Error::Unreachable(format!("{node} gave no topology")));
    };
    for reply in [info, slots] {
        if let Value::ServerError(error) = reply {
            return Err(crate::outcome::failure(error, node));
        }
    }
    let info: String = redis::from_redis_value_ref(info).unwrap_or_default();
    let topology = Topology::read(slots, node)
        .ok_or_else(|| Error::Unreachable(format!("{node} gave no topology")))?;
    Ok((topology, info.contains("cluster_state:ok")))
}
