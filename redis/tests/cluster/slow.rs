//! A node that is there and does not answer.

use std::time::{Duration, Instant};

use basma_redis::{Ack, Command, Error, cmd};
use basma_test_redis::{Cluster, Plan, until};

use crate::{connected, get, key, set};

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_not_waited_for_without_end() {
    let plan = Plan {
        // It is to stay the master.
        node_timeout: Duration::from_secs(60),
        ..Default::default()
    };
    let Some(mut cluster) = Cluster::start_as(plan).await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let master = cluster.master_of(0).await;
    let own = cluster.slots_of(master).await;
    let here = key(|slot| own.contains(&slot));
    let elsewhere = key(|slot| !own.contains(&slot));
    redis
        .write(vec![set(&here, "1"), set(&elsewhere, "1")])
        .await
        .expect("a write");

    cluster.pause(master);
    let begun = Instant::now();
    let refused = redis
        .write(vec![set(&here, "2"), set(&elsewhere, "2")])
        .await;
    assert!(matches!(refused, Err(Error::Unreachable(_))), "{refused:?}");
    println!("a halted master was given up after {:?}", begun.elapsed());
    let refused = redis.read(vec![get(&here)]).await;
    assert!(matches!(refused, Err(Error::Unreachable(_))), "{refused:?}");
    redis
        .write(vec![set(&elsewhere, "3")])
        .await
        .expect("a write elsewhere");
    redis
        .read(vec![get(&elsewhere)])
        .await
        .expect("a read elsewhere");

    cluster.resume(master);
    until("a write", async || {
        redis.write(vec![set(&here, "4")]).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_done_is_no_more_confirmed_than_when_it_was_done() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let master = cluster.master_of(0).await;
    let own = cluster.slots_of(master).await;
    let here = key(|slot| own.contains(&slot));
    let replicas = cluster.replicas_of(master).await;
    cluster.pause(replicas[0]);
    // Each with connections of its own, on which nothing was written before.
    for _ in 0..2 {
        let redis = connected(&cluster, Ack::Replica).await;
        let mut once = cmd("SET");
        once.arg(&here).arg("1").arg("NX");
        let refused = redis.write(vec![Command::new(here.as_bytes(), once)]).await;
        assert!(matches!(refused, Err(Error::Unconfirmed(_))), "{refused:?}");
    }
    cluster.resume(replicas[0]);
    let redis = connected(&cluster, Ack::Replica).await;
    until("a write", async || {
        redis.write(vec![set(&here, "2")]).await.ok()
    })
    .await;
}
