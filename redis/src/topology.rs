//! Which master has which slot.

use redis::Value;

use crate::{Endpoint, SLOTS};

/// Consecutive slots of one master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) master: Endpoint,
    /// Those that are well, and have begun to follow their master.
    pub(crate) replicas: Vec<Endpoint>,
}

/// Which master has which slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topology {
    /// In the order of the slots, none twice.
    ranges: Vec<Range>,
}

impl Topology {
    /// From the reply to `CLUSTER SLOTS` of `asked`; nothing where it is not such a reply.
    pub(crate) fn read(reply: &Value, asked: &Endpoint) -> Option<Self> {
        let Value::Array(rows) = reply else {
            return None;
        };
        let mut ranges: Vec<Range> = rows
            .iter()
            .map(|row| range(row, asked))
            .collect::<Option<_>>()?;
        ranges.sort_unstable_by_key(|range| range.first);
        let ordered = ranges.iter().all(|range| range.first <= range.last)
            && ranges.windows(2).all(|pair| pair[0].last < pair[1].first);
        ordered.then_some(Self { ranges })
    }

    /// The master of a slot, if it has one.
    pub(crate) fn master(&self, slot: u16) -> Option<&Endpoint> {
        let place = self.ranges.partition_point(|range| range.last < slot);
        let range = self.ranges.get(place)?;
        (range.first <= slot).then_some(&range.master)
    }

    /// Each master once.
    pub(crate) fn masters(&self) -> Vec<Endpoint> {
        let mut masters: Vec<_> = self
            .ranges
            .iter()
            .map(|range| range.master.clone())
            .collect();
        masters.sort_unstable();
        masters.dedup();
        masters
    }

    /// Every node that is known.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Endpoint> {
        self.ranges
            .iter()
            .flat_map(|range| std::iter::once(&range.master).chain(&range.replicas))
    }

    /// How many slots have no master.
    pub(crate) fn uncovered(&self) -> u16 {
        let covered: u16 = self
            .ranges
            .iter()
            .map(|range| range.last - range.first + 1)
            .sum();
        SLOTS - covered
    }

    /// Any slot of this master.
    pub(crate) fn any_slot(&self, master: &Endpoint) -> Option<u16> {
        let ranges: Vec<_> = self
            .ranges
            .iter()
            .filter(|range| range.master == *master)
            .collect();
        fastrand::choice(ranges).map(|range| fastrand::u16(range.first..=range.last))
    }
}

fn range(row: &Value, asked: &Endpoint) -> Option<Range> {
    let Value::Array(row) = row else {
        return None;
    };
    let [Value::Int(first), Value::Int(last), master, replicas @ ..] = row.as_slice() else {
        return None;
    };
    let slot = |number: i64| u16::try_from(number).ok().filter(|slot| *slot < SLOTS);
    Some(Range {
        first: slot(*first)?,
        last: slot(*last)?,
        master: node(master, asked)?,
        replicas: replicas
            .iter()
            .map(|replica| node(replica, asked))
            .collect::<Option<_>>()?,
    })
}

/// A node's preferred endpoint. Nothing, or nothing known, for its host means that of the node which
/// was asked.
fn node(value: &Value, asked: &Endpoint) -> Option<Endpoint> {
    let Value::Array(fields) = value else {
        return None;
    };
    let [host, Value::Int(port), ..] = fields.as_slice() else {
        return None;
    };
    let port = u16::try_from(*port).ok()?;
    let host = match host {
        Value::Nil => "",
        Value::BulkString(host) => std::str::from_utf8(host).ok()?,
        Value::SimpleString(host) => host,
        _ => return None,
    };
    Some(named(host, port, asked))
}

/// A node as others name it.
pub(crate) fn named(host: &str, port: u16, asked: &Endpoint) -> Endpoint {
    match host {
        "" | "?" => Endpoint {
            host: asked.host.clone(),
            port,
        },
        host => Endpoint::new(host, port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn node(host: Value, port: i64) -> Value {
        Value::Array(vec![
            host,
            Value::Int(port),
            bulk("0a1b"),
            Value::Array(vec![]),
        ])
    }

    fn row(first: i64, last: i64, nodes: Vec<Value>) -> Value {
        let mut row = vec![Value::Int(first), Value::Int(last)];
        row.extend(nodes);
        Value::Array(row)
    }

    #[test]
    fn slots_have_masters_and_masters_replicas() {
        let asked = Endpoint::new("here", 1);
        let reply = Value::Array(vec![
            row(8192, 16383, vec![node(Value::Nil, 2)]),
            row(0, 99, vec![node(bulk("a"), 1), node(bulk("::1"), 3)]),
            row(200, 8191, vec![node(bulk("a"), 1), node(bulk("c"), 3)]),
        ]);
        let topology = Topology::read(&reply, &asked).expect("a topology");
        let a = Endpoint::new("a", 1);
        assert_eq!(topology.master(0), Some(&a));
        assert_eq!(topology.master(99), Some(&a));
        assert_eq!(topology.master(100), None);
        assert_eq!(topology.master(199), None);
        assert_eq!(topology.master(200), Some(&a));
        let here = Endpoint::new("here", 2);
        assert_eq!(topology.master(16383), Some(&here));
        assert_eq!(topology.uncovered(), 100);
        assert_eq!(topology.nodes().count(), 5);
        let slot = topology.any_slot(&here).expect("a slot");
        assert!(slot >= 8192);
        assert_eq!(topology.any_slot(&asked), None);
        assert_eq!(topology.masters(), [a, here]);
    }

    #[test]
    fn what_is_no_topology_is_not_taken_for_one() {
        let asked = Endpoint::new("here", 1);
        let master = || vec![node(bulk("a"), 1)];
        for reply in [
            Value::Nil,
            Value::Array(vec![Value::Int(1)]),
            Value::Array(vec![row(0, 1, vec![])]),
            Value::Array(vec![row(0, 16384, master())]),
            Value::Array(vec![row(5, 4, master())]),
            Value::Array(vec![row(0, 5, master()), row(5, 9, master())]),
            Value::Array(vec![row(0, 5, vec![node(bulk("a"), 65536)])]),
        ] {
            assert_eq!(Topology::read(&reply, &asked), None, "{reply:?}");
        }
    }
}
