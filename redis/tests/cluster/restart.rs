//! Nodes that are back at once, with what they have on their disks: no replica has taken over, and
//! what a master has not written it loses, and then its replica, which follows it. So `appendfsync
//! always`; with `everysec` acknowledged writes get lost here.

use basma_redis::Ack;
use basma_test_redis::{Cluster, Plan};

use crate::{connected, load::Load};

async fn started() -> Option<Cluster> {
    let plan = Plan {
        fsync: "always",
        ..Default::default()
    };
    Cluster::start_as(plan).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_killed_and_started_again_has_all() {
    let Some(mut cluster) = started().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let load = Load::start(&redis, 16, |writer, number| format!("{writer}:{number}"));
    load.more(1_000).await;
    for number in 0..6 {
        cluster.kill(number);
    }
    for number in 0..6 {
        cluster.restart(number).await;
    }
    cluster.well().await;
    load.more(1_000).await;
    let written = load.stop().await;
    written.print();
    written.only_passing();
    assert!(!written.errors.is_empty());
    written.verify(&redis).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_back_before_it_was_missed_has_all() {
    let Some(mut cluster) = started().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let load = Load::start(&redis, 16, |writer, number| format!("{writer}:{number}"));
    let master = cluster.master_of(0).await;
    for _ in 0..5 {
        load.more(500).await;
        cluster.kill(master);
        cluster.restart(master).await;
    }
    cluster.well().await;
    load.more(500).await;
    let written = load.stop().await;
    written.print();
    assert_eq!(cluster.master_of(0).await, master);
    written.only_passing();
    written.verify(&redis).await;
}
