//! Whether a cluster is fit to be used at all.

use redis::{Pipeline, Value, cmd};

use crate::{Ack, Address, Endpoint, Error, link::Link, outcome, topology::Topology, watch};

/// The first version that has all that is used.
const VERSION: u64 = 7;

/// The topology of a cluster that is fit, by the first of its nodes that answers.
pub(crate) async fn inspect(address: &Address, ack: Ack) -> Result<Topology, Error> {
    let mut last = None;
    for node in &address.nodes {
        match fit(address, node, ack).await {
            Ok(topology) => return Ok(topology),
            Err(error @ Error::Unsuitable(_)) => return Err(error),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| Error::Unreachable(format!("{address} names no node"))))
}

async fn fit(address: &Address, node: &Endpoint, ack: Ack) -> Result<Topology, Error> {
    let mut link = Link::open(address, node).await?;
    let mut pipeline = Pipeline::new();
    pipeline.add_command(cmd("INFO"));
    pipeline.add_command(cmd("CLUSTER").arg("NODES").take());
    let replies = link.send(&pipeline, 2).await?;
    let [info, nodes] = replies.as_slice() else {
        return Err(Error::Unreachable(format!("{node} said nothing of itself")));
    };
    judge(&text(info, node)?, node)?;
    let nodes = text(nodes, node)?;
    let (topology, well) = watch::ask(address, node).await?;
    let uncovered = topology.uncovered();
    if !well || uncovered > 0 {
        return Err(Error::Unreachable(format!(
            "{node} says that its cluster is down ({uncovered} slots have no master)"
        )));
    }
    if ack == Ack::Replica {
        confirmable(&nodes)?;
    }
    Ok(topology)
}

fn text(reply: &Value, node: &Endpoint) -> Result<String, Error> {
    match reply {
        Value::ServerError(error) if error.details().is_some_and(off) => Ok(String::new()),
        Value::ServerError(error) => Err(outcome::failure(error, node)),
        reply => redis::from_redis_value_ref(reply)
            .map_err(|error| Error::Unreachable(format!("{node} said nothing of itself: {error}"))),
    }
}

/// What a single server says to a question about its cluster.
fn off(details: &str) -> bool {
    details.contains("cluster support disabled")
}

/// Whether masters have replicas, by a reply to `CLUSTER NODES`. (`CLUSTER SLOTS` leaves out those to
/// which nothing was sent yet.)
fn confirmable(nodes: &str) -> Result<(), Error> {
    // Id, place, flags, master's id, four times and states, slots.
    let rows: Vec<Vec<&str>> = nodes
        .lines()
        .map(|line| line.split(' ').collect())
        .collect();
    let flagged = |row: &[&str], flag| {
        row.get(2)
            .is_some_and(|flags| flags.split(',').any(|f| f == flag))
    };
    let masters: Vec<_> = rows
        .iter()
        .filter(|row| flagged(row, "master") && row.len() > 8)
        .collect();
    let alone: Vec<_> = masters
        .iter()
        .filter(|master| {
            !rows.iter().any(|row| {
                flagged(row, "slave") && !flagged(row, "fail") && row.get(3) == master.first()
            })
        })
        .filter_map(|master| Some(master.get(1)?.split('@').next()))
        .flatten()
        .collect();
    if alone.is_empty() {
        return Ok(());
    }
    if alone.len() == masters.len() {
        return Err(Error::Unconfirmed(
            "no master of the cluster has a replica, which is to confirm every write: give each \
             at least one, better two, or choose ack = master (a write that was answered may \
             then be lost with its master)"
                .to_owned(),
        ));
    }
    tracing::warn!(
        masters = ?alone,
        "some masters of the store have no replica that is well: what they are told to write is \
         not confirmed"
    );
    Ok(())
}

/// Judges by what a node says of itself.
fn judge(info: &str, node: &Endpoint) -> Result<(), Error> {
    let field = |name: &str| {
        info.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    let unsuitable = |message: String| Err(Error::Unsuitable(message));
    if field("loading") == Some("1") {
        return Err(Error::Unreachable(format!("{node} is loading its data")));
    }
    // Valkey names the version of Redis that it is compatible with.
    let version = field("redis_version").unwrap_or_default();
    let major = version.split('.').next().and_then(|part| part.parse().ok());
    if major.is_none_or(|major: u64| major < VERSION) {
        return unsuitable(format!(
            "{node} is Redis {version:?}, but it takes Redis {VERSION} or later, or Valkey"
        ));
    }
    if field("cluster_enabled") != Some("1") {
        return unsuitable(format!(
            "{node} is a single server, but it takes a cluster: set cluster-enabled yes on each \
             node and join them by redis-cli --cluster create"
        ));
    }
    match field("maxmemory_policy") {
        None | Some("noeviction") => {}
        Some(policy) => tracing::warn!(
            %node,
            policy,
            "the store throws away what it was given when it is full: set maxmemory-policy noeviction"
        ),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(info: &str) -> Result<(), Error> {
        judge(info, &Endpoint::new("a", 1))
    }

    #[test]
    fn what_is_unfit_is_refused_with_what_to_do() {
        let good = "# Server\r\nredis_version:7.0.15\r\n\
                    maxmemory_policy:noeviction\r\ncluster_enabled:1\r\n";
        assert_eq!(judged(good), Ok(()));
        assert_eq!(judged(&good.replace("noeviction", "allkeys-lru")), Ok(()));
        for (info, message) in [
            (good.replace("7.0.15", "6.2.1"), "Redis 7 or later"),
            (good.replace("enabled:1", "enabled:0"), "cluster-enabled"),
            (String::new(), "Redis 7 or later"),
        ] {
            match judged(&info) {
                Err(Error::Unsuitable(said)) => assert!(said.contains(message), "{said}"),
                other => panic!("{info}: {other:?}"),
            }
        }
        assert!(matches!(
            judged(&format!("{good}loading:1\r\n")),
            Err(Error::Unreachable(_))
        ));
    }

    #[test]
    fn no_replica_at_all_is_refused() {
        let node = |id: &str, flags: &str, master: &str, slots: &str| {
            format!("{id} 127.0.0.1:1@2,host {flags} {master} 0 1 2 connected{slots}\n")
        };
        let masters = [
            node("a", "myself,master", "-", " 0-8191 [7->-b]"),
            node("b", "master", "-", " 8192-16383"),
            node("c", "master", "-", ""),
        ]
        .concat();
        match confirmable(&masters) {
            Err(Error::Unconfirmed(said)) => assert!(said.contains("ack = master"), "{said}"),
            other => panic!("{other:?}"),
        }
        let gone = node("d", "slave,fail", "a", "");
        assert!(confirmable(&format!("{masters}{gone}")).is_err());
        let one = node("e", "slave", "a", "");
        assert_eq!(confirmable(&format!("{masters}{one}")), Ok(()));
        let both = node("f", "myself,slave", "b", "");
        assert_eq!(confirmable(&format!("{masters}{one}{both}")), Ok(()));
    }
}
