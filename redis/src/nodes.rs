//! Every node's lanes.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::{
    Endpoint,
    lane::{Job, Lane},
    watch::Shared,
};

/// Whether commands write. What reads has its own lane, and does not wait behind `WAIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
}

/// One for reading and one for writing, so that commands of one call keep their order. More would not be
/// faster: each ends its pipelines with a fence and `WAIT`, which cost a node as much as some commands do.
type Lanes = [Option<mpsc::Sender<Job>>; 2];

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

    /// The lane to a node.
    pub(crate) fn lane(&self, node: &Endpoint, purpose: Purpose) -> mpsc::Sender<Job> {
        let writes = purpose == Purpose::Write;
        let mut nodes = self.lanes.lock();
        let lanes = match nodes.get_mut(node) {
            Some(lanes) => lanes,
            None => nodes.entry(node.clone()).or_default(),
        };
        lanes[usize::from(writes)]
            .get_or_insert_with(|| Lane::start(node.clone(), Arc::clone(&self.shared), writes))
            .clone()
    }

    /// Forgets the lanes of all other nodes; they end when they have done what waits for them.
    pub(crate) fn keep(&self, masters: &[Endpoint]) {
        self.lanes.lock().retain(|node, _| masters.contains(node));
    }
}
