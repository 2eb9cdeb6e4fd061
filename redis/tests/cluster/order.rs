//! Commands and scripts on keys of all slots.

use std::{collections::BTreeSet, sync::Arc};

use basma_redis::{Ack, Command, Script, Value, cmd, slot};
use basma_test_redis::Cluster;
use tokio::task::JoinSet;

use crate::{connected, get, set};

static SWAP: Script = Script::new(
    "local before = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1]) return before",
);

fn push(key: &str, value: usize) -> Command {
    let mut push = cmd("RPUSH");
    push.arg(key).arg(value);
    Command::new(key.as_bytes(), push)
}

fn integers(numbers: impl Iterator<Item = usize>) -> Value {
    let bulk = |number: usize| Value::BulkString(number.to_string().into_bytes());
    Value::Array(numbers.map(bulk).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_all_slots_keep_their_order() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    assert_eq!(redis.masters().len(), 3);

    // Our slots are the cluster's, and each command reaches the one master that takes it.
    let keys: Vec<String> = (0..20_000).map(|number| format!("k:{number:x}")).collect();
    for key in keys
        .iter()
        .step_by(500)
        .map(String::as_str)
        .chain(["", "{", "a{}b", "{a}{b}"])
    {
        let reply = cluster
            .node(0)
            .ask(cmd("CLUSTER").arg("KEYSLOT").arg(key))
            .await;
        assert_eq!(
            reply.expect("a slot"),
            Value::Int(slot(key.as_bytes()).into()),
            "{key:?}"
        );
    }
    let replies = redis
        .write(keys.iter().map(|key| set(key, key)).collect())
        .await;
    assert!(
        replies
            .expect("writes")
            .iter()
            .all(|reply| *reply == Value::Okay)
    );
    let found = redis
        .read(keys.iter().map(|key| get(key)).collect())
        .await
        .expect("values");
    for (key, value) in keys.iter().zip(found) {
        assert_eq!(value, Value::BulkString(key.clone().into_bytes()));
    }
    let sizes = redis.on_each_master(&cmd("DBSIZE")).await.expect("sizes");
    assert!(
        sizes
            .iter()
            .all(|(_, size)| matches!(size, Value::Int(size) if *size > 5_000))
    );

    // More than fits into one pipeline.
    let lists: Vec<String> = (0..50).map(|number| format!("list:{number}")).collect();
    let each = 1_000;
    let all = (0..each).flat_map(|place| lists.iter().map(move |list| push(list, place)));
    redis.write(all.collect()).await.expect("a write");
    let range = |list: &String| {
        let mut range = cmd("LRANGE");
        range.arg(list).arg(0).arg(-1);
        Command::new(list.as_bytes(), range)
    };
    let found = redis
        .read(lists.iter().map(range).collect())
        .await
        .expect("lists");
    for (list, found) in lists.iter().zip(found) {
        assert!(found == integers(0..each), "{list} is not in its order");
    }

    // Who goes away takes nothing from those who stay.
    let mut calls = JoinSet::new();
    for number in 0..500 {
        let (stays, goes) = (Arc::clone(&redis), Arc::clone(&redis));
        calls.spawn(async move { (number, stays.write(vec![push("calls", number)]).await) });
        if number % 2 == 0 {
            let gone = tokio::spawn(async move { goes.write(vec![push("gone", number)]).await });
            tokio::task::yield_now().await;
            gone.abort();
        }
    }
    let mut lengths = BTreeSet::new();
    for (number, reply) in calls.join_all().await {
        match reply {
            Ok(reply) => assert!(lengths.insert(format!("{reply:?}"))),
            Err(error) => panic!("call {number}: {error}"),
        }
    }
    assert_eq!(lengths.len(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_sent_where_they_are_not_known() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let keys: Vec<String> = (0..300)
        .map(|number| format!("{{{number}}}:swap"))
        .collect();
    let mut before = Value::Nil;
    for round in 0..3_usize {
        let swaps = keys
            .iter()
            .map(|key| Command::script(&SWAP, &[key], &[round]))
            .collect();
        for reply in redis.write(swaps).await.expect("swaps") {
            assert_eq!(reply, before);
        }
        before = Value::BulkString(round.to_string().into_bytes());
        for master in cluster.masters().await {
            let flushed = cluster.node(master).ask(cmd("SCRIPT").arg("FLUSH")).await;
            assert_eq!(flushed.expect("a reply"), Value::Okay);
        }
    }
}
