//! Every node's lanes.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::{
    Endpoint,
    lane::{Job, Lane},
    watch::Shared,
};

/// How many lanes a node has for reading, and again for writing. Commands of one slot share
/// one, and so those of a call keep their order.
pub(crate) const LANES: u16 = 4;

/// Whether commands write. What reads has its own lanes, and does not wait behind `WAIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
}

type Lanes = [Option<mpsc::Sender<Job>>; 2 * LANES as usize];

/// The lanes of the nodes, each started when it is first wanted.
pub(crate) struct Nodes {
    shared: Arc<Shared>,
    lanes: Mutex<HashMap<Endpoint, Lanes>>,
}

impl Nodes {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let lanes = Mutex::default();
        Self { shared, lanes }
    }

    /// The lane of a slot to a node.
    pub(crate) fn lane(&self, node: &Endpoint, slot: u16, purpose: Purpose) -> mpsc::Sender<Job> {
        let writes = purpose == Purpose::Write;
        let place = usize::from(slot % LANES + if writes { LANES } else { 0 });
        let mut nodes = self.lanes.lock();
        let lanes = match nodes.get_mut(node) {
            Some(lanes) => lanes,
            None => nodes.entry(node.clone()).or_default(),
        };
        lanes[place]
            .get_or_insert_with(|| Lane::start(node.clone(), Arc::clone(&self.shared), writes))
            .clone()
    }

    /// Forgets the lanes of all other nodes; they end when they have done what waits for them.
    pub(crate) fn keep(&self, masters: &[Endpoint]) {
        self.lanes.lock().retain(|node, _| masters.contains(node));
    }
}
