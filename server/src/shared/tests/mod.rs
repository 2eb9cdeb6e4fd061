//! What cannot be seen through the interface, against a real cluster.

mod trips;
mod undone;

use std::sync::{Arc, LazyLock};

use basma_corpus::Corpus;
use basma_engine::{Metadata, Submission};
use basma_redis::{Ack, Redis};
use basma_test_redis::Cluster;

use super::{collection::Collection, stamps::Stamps};
use crate::{registry::now, settings::Settings};

/// The default collection, as a server of this number knows it.
async fn collection(cluster: &Cluster, server: u64) -> Collection {
    let address = cluster.url().parse().expect("an address");
    let redis = Redis::connect(&address, Ack::Replica).await;
    let redis = redis.expect("a cluster");
    let stamps = Arc::new(Stamps::new(server));
    Collection::new(("default", now(), 1), Settings::default(), redis, stamps)
}

static NO_METADATA: LazyLock<Metadata> = LazyLock::new(Metadata::default);

fn submission<'a>(id: &'a str, text: &'a str) -> Submission<'a> {
    Submission {
        id,
        text,
        metadata: &NO_METADATA,
        now: now(),
    }
}

fn text(index: u64) -> String {
    Corpus::new(1).article(index).text
}
