//! Masters and replicas that are killed.

use std::time::Instant;

use basma_redis::{Ack, Error};
use basma_test_redis::{Cluster, until};

use crate::{connected, key, load::Load, set};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_master_loses_nothing_and_is_replaced() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let load = Load::start(&redis, 16, |writer, number| format!("{writer}:{number}"));
    load.more(2_000).await;
    let master = cluster.master_of(0).await;
    let careless = connected(&cluster, Ack::Master).await;
    let low = key(|slot| slot == 0);
    cluster.kill(master);
    let killed = Instant::now();
    until("a write to the slots of the killed master", async || {
        careless.write(vec![set(&low, "1")]).await.ok()
    })
    .await;
    println!(
        "a killed master had a successor after {:?}",
        killed.elapsed()
    );
    // With one replica, which is now the master, nothing can confirm until the killed one is back.
    cluster.restart(master).await;
    cluster.well().await;
    load.more(2_000).await;
    println!("all were written again after {:?}", killed.elapsed());
    let written = load.stop().await;
    written.print();
    written.only_passing();
    assert!(!written.errors.is_empty());
    written.verify(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_replica_a_master_confirms_nothing() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let careless = connected(&cluster, Ack::Master).await;
    let master = cluster.master_of(0).await;
    let own = cluster.slots_of(master).await;
    let here = key(|slot| own.contains(&slot));
    let elsewhere = key(|slot| !own.contains(&slot));
    redis
        .write(vec![set(&here, "1"), set(&elsewhere, "1")])
        .await
        .expect("a write");

    let replicas = cluster.replicas_of(master).await;
    assert_eq!(replicas.len(), 1);
    cluster.kill(replicas[0]);
    let refused = redis.write(vec![set(&here, "2")]).await;
    assert!(matches!(refused, Err(Error::Unconfirmed(_))), "{refused:?}");
    redis
        .write(vec![set(&elsewhere, "2")])
        .await
        .expect("a write elsewhere");
    redis.read(vec![crate::get(&here)]).await.expect("a read");
    careless
        .write(vec![set(&here, "4")])
        .await
        .expect("a write that nobody confirms");

    cluster.restart(replicas[0]).await;
    until("a write that is confirmed", async || {
        redis.write(vec![set(&here, "5")]).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_replicas_one_may_be_missing() {
    let plan = basma_test_redis::Plan {
        replicas: 2,
        ..Default::default()
    };
    let Some(mut cluster) = Cluster::start_as(plan).await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let load = Load::start(&redis, 16, |writer, number| format!("{writer}:{number}"));
    load.more(1_000).await;
    let master = cluster.master_of(0).await;
    let replicas = cluster.replicas_of(master).await;
    assert_eq!(replicas.len(), 2);
    cluster.kill(replicas[0]);
    load.more(1_000).await;
    cluster.restart(replicas[0]).await;
    cluster.well().await;
    let low = key(|slot| slot == 0);
    cluster.kill(master);
    let killed = Instant::now();
    until(
        "a confirmed write to the slots of the killed master",
        async || redis.write(vec![set(&low, "1")]).await.ok(),
    )
    .await;
    println!(
        "a killed master's slots were written again after {:?}",
        killed.elapsed()
    );
    load.more(1_000).await;
    let written = load.stop().await;
    written.print();
    written.only_passing();
    written.verify(&redis).await;
}
