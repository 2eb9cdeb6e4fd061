//! Against a real cluster.

mod full;
mod kill;
mod load;
mod moving;
mod order;
mod partition;
mod restart;
mod slow;
mod tls;
mod unfit;

use std::sync::Arc;

use basma_redis::{Ack, Address, Command, Redis, cmd};
use basma_test_redis::Cluster;

/// A client of a cluster.
async fn connected(cluster: &Cluster, ack: Ack) -> Arc<Redis> {
    Redis::connect(&address(cluster), ack)
        .await
        .expect("a cluster that is well")
}

fn address(cluster: &Cluster) -> Address {
    cluster.url().parse().expect("an address")
}

fn set(key: &str, value: &str) -> Command {
    let mut set = cmd("SET");
    set.arg(key).arg(value);
    Command::new(key.as_bytes(), set)
}

fn get(key: &str) -> Command {
    let mut get = cmd("GET");
    get.arg(key);
    Command::new(key.as_bytes(), get)
}

/// A key of a slot that `wanted` likes.
fn key(wanted: impl Fn(u16) -> bool) -> String {
    let named = |number: u32| format!("key:{number}");
    (0..)
        .map(named)
        .find(|key| wanted(basma_redis::slot(key.as_bytes())))
        .expect("numbers without end")
}
