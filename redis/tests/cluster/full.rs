//! A cluster that has no memory left.

use basma_redis::{Ack, Error};
use basma_test_redis::{Cluster, until};

use crate::{connected, get, set};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cluster_says_so_and_goes_on_when_there_is_room() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    redis.write(vec![set("first", "1")]).await.expect("a write");
    cluster.configure("maxmemory", "6mb").await;
    let large = "x".repeat(100_000);
    let mut number = 0;
    let (full, refused) = until("a full cluster", async || {
        number += 1;
        let key = format!("large:{number}");
        let refused = redis.write(vec![set(&key, &large)]).await.err();
        refused.map(|refused| (key, refused))
    })
    .await;
    assert!(matches!(refused, Error::Full(_)), "{refused:?}");
    redis.read(vec![get("first")]).await.expect("a read");
    println!("full after {number} values of 100 kB: {refused}");

    cluster.configure("maxmemory", "0").await;
    redis
        .write(vec![set(&full, &large)])
        .await
        .expect("a write");
}
