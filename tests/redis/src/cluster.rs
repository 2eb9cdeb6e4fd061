//! Starts and forms a cluster, and knows who is what in it.

use std::{ops::RangeInclusive, thread};

use redis::{Cmd, FromRedisValue, Value, cmd, from_redis_value};
use tempfile::TempDir;

use crate::{Node, Plan, available, network::Network, until, watchdog::Watchdog};

const SLOTS: u16 = 16_384;

/// A cluster. Its nodes have numbers: first come those that were masters at the start, then their
/// replicas, the first replica of each, then the second. Dropping it kills them all; if the test
/// fails, the ends of their logs are printed.
#[derive(Debug)]
pub struct Cluster {
    // Fields are dropped in this order: the nodes first, then who would kill them if that failed.
    nodes: Vec<Node>,
    network: Option<Network>,
    watchdog: Watchdog,
    plan: Plan,
    _folder: TempDir,
}

impl Cluster {
    /// Starts three masters with a replica each. Nothing where the test is to be skipped.
    pub async fn start() -> Option<Self> {
        Self::start_as(Plan::default()).await
    }

    /// Starts a cluster, and waits until it is well.
    ///
    /// # Panics
    ///
    /// If it does not become well.
    pub async fn start_as(plan: Plan) -> Option<Self> {
        if !available() {
            return None;
        }
        let network = match plan.partitions {
            false => None,
            true => match Network::make() {
                None => {
                    eprintln!("skipped: only root may part networks, with iproute2");
                    return None;
                }
                network => network,
            },
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let count = plan.masters * (1 + plan.replicas);
        let nodes = (0..count)
            .map(|number| {
                let own = folder.path().join(number.to_string());
                Node::new(number, own, &plan, network.as_ref())
            })
            .collect();
        let mut cluster = Self {
            nodes,
            network,
            watchdog: Watchdog::start(),
            plan,
            _folder: folder,
        };
        cluster.tell();
        for number in 0..count {
            cluster.begin(number);
        }
        cluster.form().await;
        cluster.well().await;
        Some(cluster)
    }

    /// `redis://host:port,…` with every node; `rediss://` if it encrypts, and with the user if there is
    /// one.
    pub fn url(&self) -> String {
        let scheme = if self.plan.tls.is_some() {
            "rediss"
        } else {
            "redis"
        };
        let user = match self.plan.user {
            Some((user, password)) => format!("{user}:{password}@"),
            None => String::new(),
        };
        format!("{scheme}://{user}{}", self.addresses().join(","))
    }

    /// `host:port` of every node.
    pub fn addresses(&self) -> Vec<String> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// A node by its number.
    pub fn node(&self, number: usize) -> &Node {
        &self.nodes[number]
    }

    /// The master of a slot, as most nodes see it.
    pub async fn master_of(&self, slot: u16) -> usize {
        until("a master of a slot", async || {
            let mut votes = vec![0; self.nodes.len()];
            for node in self.running() {
                for (range, owners) in self.slots(node).await {
                    if range.contains(&slot) {
                        votes[*owners.first()?] += 1;
                    }
                }
            }
            let most = self.running().count() / 2 + 1;
            votes.iter().position(|count| *count >= most)
        })
        .await
    }

    /// The slots of a master, as it says itself.
    pub async fn slots_of(&self, master: usize) -> Vec<u16> {
        let slots = self.slots(&self.nodes[master]).await;
        let own = |owners: &[usize]| owners.first() == Some(&master);
        slots
            .into_iter()
            .filter(|(_, owners)| own(owners))
            .flat_map(|(range, _)| range)
            .collect()
    }

    /// The replicas of a master that are well, as it says itself.
    pub async fn replicas_of(&self, master: usize) -> Vec<usize> {
        let slots = self.slots(&self.nodes[master]).await;
        let own = slots
            .into_iter()
            .find(|(_, owners)| owners.first() == Some(&master));
        own.map_or_else(Vec::new, |(_, owners)| owners[1..].to_vec())
    }

    /// Kills a node (SIGKILL).
    pub fn kill(&mut self, number: usize) {
        self.nodes[number].kill();
        self.tell();
    }

    /// Starts a killed node again, with what it has on its disk; waits until it answers.
    pub async fn restart(&mut self, number: usize) {
        self.begin(number);
        let node = &self.nodes[number];
        until("a node that answers", async || {
            node.ask(&cmd("PING")).await.ok()
        })
        .await;
    }

    /// Halts a node (SIGSTOP): it is there and does not answer.
    pub fn pause(&mut self, number: usize) {
        self.nodes[number].halt(true);
    }

    /// Lets it go on.
    pub fn resume(&mut self, number: usize) {
        self.nodes[number].halt(false);
    }

    /// Parts these nodes from all others, though not from the test.
    ///
    /// # Panics
    ///
    /// If the [`Plan`] did not say so.
    pub fn part(&self, island: &[usize]) {
        self.each_pair(island, |network, pid, other| network.part(pid, other));
    }

    /// Joins them with the others again.
    pub fn join(&self, island: &[usize]) {
        self.each_pair(island, |network, pid, other| network.join(pid, other));
    }

    /// Sets a setting of every node that can answer.
    pub async fn configure(&self, name: &str, value: &str) {
        for node in self.running() {
            self.tell_node(node, cmd("CONFIG").arg("SET").arg(name).arg(value))
                .await;
        }
    }

    /// Empties all masters.
    pub async fn flush(&self) {
        for master in self.masters().await {
            self.tell_node(&self.nodes[master], &cmd("FLUSHALL")).await;
        }
    }

    /// The masters.
    pub async fn masters(&self) -> Vec<usize> {
        let mut masters = Vec::new();
        for (number, node) in self.nodes.iter().enumerate() {
            if node.awake() && role(node).await.as_deref() == Some("master") {
                masters.push(number);
            }
        }
        masters
    }

    /// Waits until every node that can answer says that the cluster is well, knows all of them, and
    /// follows its master if it is a replica.
    pub async fn well(&self) {
        let count = self.running().count();
        until("a cluster that is well", async || {
            for node in self.running() {
                let info: String = self.text(node, cmd("CLUSTER").arg("INFO")).await?;
                let replication: String = self.text(node, cmd("INFO").arg("replication")).await?;
                let listed: usize = self
                    .slots(node)
                    .await
                    .into_iter()
                    .flat_map(|(_, owners)| owners)
                    .collect::<std::collections::BTreeSet<_>>()
                    .len();
                let follows = replication.contains("role:master")
                    || replication.contains("master_link_status:up");
                if !info.contains("cluster_state:ok") || !follows || listed != count {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.awake())
    }

    /// Tells a node something that it must do.
    pub(crate) async fn tell_node(&self, node: &Node, cmd: &Cmd) -> Value {
        match node.ask(cmd).await {
            Ok(Value::ServerError(error)) => panic!("{} says: {error}", node.address()),
            Ok(reply) => reply,
            Err(error) => panic!("{}: {error}", node.address()),
        }
    }

    async fn text<T: FromRedisValue>(&self, node: &Node, cmd: &Cmd) -> Option<T> {
        from_redis_value(node.ask(cmd).await.ok()?).ok()
    }

    /// Ranges of slots, each with its master and replicas, as a node sees it.
    async fn slots(&self, node: &Node) -> Vec<(RangeInclusive<u16>, Vec<usize>)> {
        if !node.awake() {
            return Vec::new();
        }
        let reply = node.ask(cmd("CLUSTER").arg("SLOTS")).await;
        let Ok(Value::Array(rows)) = reply else {
            return Vec::new();
        };
        let read = |row| {
            let Value::Array(row) = row else { return None };
            let mut row = row.into_iter();
            let first: u16 = from_redis_value(row.next()?).ok()?;
            let last: u16 = from_redis_value(row.next()?).ok()?;
            let owners = row.map(|owner| self.number(owner)).collect::<Option<_>>()?;
            Some((first..=last, owners))
        };
        rows.into_iter().filter_map(read).collect()
    }

    fn number(&self, owner: Value) -> Option<usize> {
        let Value::Array(fields) = owner else {
            return None;
        };
        let mut fields = fields.into_iter();
        let host: String = from_redis_value(fields.next()?).ok()?;
        let port: u16 = from_redis_value(fields.next()?).ok()?;
        self.nodes
            .iter()
            .position(|node| node.host() == host && node.plain() == port)
    }

    fn begin(&mut self, number: usize) {
        let network = self.network.as_ref();
        self.nodes[number].start(&self.plan, network);
        self.tell();
    }

    fn tell(&mut self) {
        let pids: Vec<u32> = self.nodes.iter().filter_map(Node::pid).collect();
        let bridge = self.network.as_ref().map(|network| network.bridge.as_str());
        self.watchdog.tell(bridge, &pids);
    }

    fn each_pair(&self, island: &[usize], apply: impl Fn(&Network, u32, usize)) {
        let network = self.network.as_ref().expect("a plan with partitions");
        for (number, node) in self.nodes.iter().enumerate() {
            let Some(pid) = node.pid() else { continue };
            for other in 0..self.nodes.len() {
                if island.contains(&number) != island.contains(&other) {
                    apply(network, pid, other);
                }
            }
        }
    }

    /// Makes single nodes a cluster.
    async fn form(&mut self) {
        let masters = self.plan.masters;
        for number in 0..self.nodes.len() {
            self.answering(number).await;
            let node = &self.nodes[number];
            // All different, so that nobody has to give way.
            let epoch = number + 1;
            self.tell_node(node, cmd("CLUSTER").arg("SET-CONFIG-EPOCH").arg(epoch))
                .await;
            if number < masters {
                let bound = |part| usize::from(SLOTS) * part / masters;
                self.tell_node(
                    node,
                    cmd("CLUSTER")
                        .arg("ADDSLOTSRANGE")
                        .arg(bound(number))
                        .arg(bound(number + 1) - 1),
                )
                .await;
            }
        }
        for other in &self.nodes[1..] {
            let mut meet = cmd("CLUSTER");
            meet.arg("MEET").arg(other.host()).arg(other.port());
            self.tell_node(&self.nodes[0], &meet).await;
        }
        for number in masters..self.nodes.len() {
            let id = self.id(number % masters).await;
            let node = &self.nodes[number];
            // Once it has heard of its master.
            until("a node that is a replica", async || {
                match node.ask(cmd("CLUSTER").arg("REPLICATE").arg(&id)).await {
                    Ok(Value::Okay) => Some(()),
                    _ => None,
                }
            })
            .await;
        }
    }

    pub(crate) async fn id(&self, number: usize) -> String {
        let reply = self
            .tell_node(&self.nodes[number], cmd("CLUSTER").arg("MYID"))
            .await;
        from_redis_value(reply).expect("a name")
    }

    /// Waits until a fresh node answers, on another port where that was taken meanwhile.
    async fn answering(&mut self, number: usize) {
        until("a node that answers", async || {
            if self.nodes[number].ended() {
                assert!(self.network.is_none(), "{}", self.nodes[number].log());
                self.nodes[number].choose_ports(&self.plan);
                self.begin(number);
            }
            self.nodes[number].ask(&cmd("PING")).await.ok()
        })
        .await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if thread::panicking() {
            for node in &self.nodes {
                eprintln!("-- {}\n{}", node.address(), node.log());
            }
        }
        for node in &mut self.nodes {
            node.kill();
        }
        self.tell();
    }
}

async fn role(node: &Node) -> Option<String> {
    let Value::Array(role) = node.ask(&cmd("ROLE")).await.ok()? else {
        return None;
    };
    from_redis_value(role.into_iter().next()?).ok()
}
