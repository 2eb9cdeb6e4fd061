//! Clusters that cannot be worked with.

use basma_redis::{Ack, Address, Error, Redis};
use basma_test_redis::{Cluster, Plan};

use crate::{address, set};

#[tokio::test(flavor = "multi_thread")]
async fn without_replicas_nothing_can_be_confirmed() {
    let plan = Plan {
        replicas: 0,
        ..Default::default()
    };
    let Some(cluster) = Cluster::start_as(plan).await else {
        return;
    };
    match Redis::connect(&address(&cluster), Ack::Replica).await.err() {
        Some(Error::Unconfirmed(said)) => assert!(said.contains("ack = master"), "{said}"),
        other => panic!("{other:?}"),
    }
    let redis = Redis::connect(&address(&cluster), Ack::Master)
        .await
        .expect("a cluster");
    redis.write(vec![set("a", "1")]).await.expect("a write");

    let url = cluster.url().replace("redis://", "redis://nobody:wrong@");
    let wrong: Address = url.parse().expect("an address");
    match Redis::connect(&wrong, Ack::Master).await.err() {
        Some(Error::Unsuitable(said)) => assert!(said.contains("let this user in"), "{said}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn where_nothing_is_nothing_is_found() {
    let nowhere: Address = "redis://127.0.0.1:1".parse().expect("an address");
    let error = Redis::connect(&nowhere, Ack::Replica).await.err();
    assert!(matches!(error, Some(Error::Unreachable(_))), "{error:?}");
}
