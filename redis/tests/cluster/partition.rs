//! A master that is cut off from the others, though not from its callers.

use basma_redis::Ack;
use basma_test_redis::{Cluster, Plan};

use crate::{connected, load::Load};

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_cut_off_acknowledges_nothing_that_is_lost() {
    let plan = Plan {
        partitions: true,
        ..Default::default()
    };
    let Some(cluster) = Cluster::start_as(plan).await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    let master = cluster.master_of(0).await;
    let own = cluster.slots_of(master).await;
    let tag = crate::key(|slot| own.contains(&slot));
    let load = Load::start(&redis, 16, move |writer, number| {
        format!("{{{tag}}}:{writer}:{number}")
    });
    load.more(500).await;
    cluster.part(&[master]);
    basma_test_redis::until("another master of its slots", async || {
        // The one that is cut off still thinks that it is one.
        (cluster.masters().await.len() == 4).then_some(())
    })
    .await;
    cluster.join(&[master]);
    cluster.well().await;
    load.more(500).await;
    let written = load.stop().await;
    written.print();
    written.only_passing();
    assert!(written.kinds().contains_key("unconfirmed"));
    written.verify(&redis).await;
}
