//! Two servers that share a cluster: what one does, the other sees.

use std::time::Instant;

use basma_proto::v1::{time_span::Clock, *};
use basma_tests::{
    Dialogue, article,
    redis::{Cluster, Value, cmd},
    until,
};
use tonic::Code;

use crate::expected::{refused, span, text};

pub(crate) async fn see_what_the_other_did(cluster: &Cluster, both: [Dialogue; 2]) {
    let [one, other] = &both;
    let name = one.collection();
    let get = || GetCollectionRequest { name: name.clone() };
    let delete = || DeleteCollectionRequest { name: name.clone() };
    // At once: a collection that was made, an article that was submitted or deleted.
    one.create(Collection::default()).await;
    other.get_collection(get()).await.expect("there");
    let create = CreateCollectionRequest {
        collection: Some(Collection {
            name: name.clone(),
            ..Default::default()
        }),
    };
    refused(
        other.create_collection(create).await,
        Code::AlreadyExists,
        "COLLECTION_EXISTS",
        "",
    );
    one.submitted(article("1", &text(1))).await;
    let copy = other.submitted(article("2", &text(1))).await;
    assert_eq!(
        (copy.verdict(), copy.canonical_id.as_str()),
        (Verdict::Exact, "1")
    );
    other.deleted("1").await.expect("deleted");
    refused(one.got("1").await, Code::NotFound, "ARTICLE_NOT_FOUND", "");
    let last = one.checked(article("", &text(1))).await;
    assert_eq!(last.canonical_id, "2");
    let mut method = DetectorSettings::default();
    method.set_method(detector_settings::Method::SimhashOnly);
    let fixed = Collection {
        detector: Some(method),
        ..Default::default()
    };
    refused(
        one.change(&[], fixed).await,
        Code::FailedPrecondition,
        "SETTINGS_FIXED",
        "",
    );
    // After a moment: counts and settings.
    until("counts of both", async || {
        let counts = [one.stats().await, other.stats().await].map(|stats| stats.article_count);
        (counts == [1, 1]).then_some(())
    })
    .await;
    let kept = Collection {
        keep_texts: true,
        ..Default::default()
    };
    one.change(&[], kept).await.expect("changed");
    let begun = Instant::now();
    until("settings", async || {
        let read = other.get_collection(get()).await.expect("there");
        read.collection?.keep_texts.then_some(())
    })
    .await;
    println!(
        "the other server knew changed settings after {:?}",
        begun.elapsed()
    );

    // An attempt that was given up has left the id to nobody.
    let number = number_of(cluster, &name).await;
    other.submitted(article("left", &text(5))).await;
    other.deleted("2").await.expect("deleted");
    let id = keys_of(cluster, &format!("{number}:id:")).await;
    let [(master, key)] = &id[..] else {
        panic!("{id:?}");
    };
    other.deleted("left").await.expect("deleted");
    let mut set = cmd("SET");
    set.arg(key).arg(&1_u64.to_be_bytes()[..]);
    let set = cluster.node(*master).ask(&set).await;
    set.expect("a reply");
    let again = one.submitted(article("left", &text(6))).await;
    assert_eq!((again.verdict(), again.revision), (Verdict::New, 1));

    // One of them deletes what has expired, for both; nothing is counted twice.
    for number in 10..40 {
        let each = &both[number as usize % 2];
        let id = number.to_string();
        each.submitted(article(&id, &text(number / 3))).await;
    }
    let second = Collection {
        retention: span(1, Clock::FirstSeen),
        ..Default::default()
    };
    let changed = other.change(&["retention"], second).await;
    changed.expect("changed");
    for each in &both {
        until("expiry", async || {
            let stats = each.stats().await;
            let none = each.listed(0, "").await.expect("a page").0.is_empty();
            (none && stats.article_count == 0 && stats.cluster_count == 0).then_some(())
        })
        .await;
    }
    let again = other.change(&["retention"], Collection::default()).await;
    again.expect("changed");

    // A deleted collection gives everything back, also what is written by who has not heard of it.
    for number in 0..10 {
        one.submitted(article(&number.to_string(), &text(number)))
            .await;
    }
    assert!(keys_of(cluster, &number).await.len() > 100);
    other.delete_collection(delete()).await.expect("deleted");
    let begun = Instant::now();
    refused(
        other.got("1").await,
        Code::NotFound,
        "COLLECTION_NOT_FOUND",
        "",
    );
    let mut more = 100;
    until("the other server to hear of it", async || {
        more += 1;
        let request = SubmitRequest {
            collection: name.clone(),
            article: Some(article(&more.to_string(), &text(more))),
            ..Default::default()
        };
        one.submit(request).await.err()
    })
    .await;
    println!(
        "a deleted collection was unknown to the other server after {:?}",
        begun.elapsed()
    );
    refused(
        one.delete_collection(delete()).await,
        Code::NotFound,
        "COLLECTION_NOT_FOUND",
        "",
    );
    until("its keys to be gone", async || {
        keys_of(cluster, &number).await.is_empty().then_some(())
    })
    .await;
    println!("its keys were gone after {:?}", begun.elapsed());
    // Under its name another may be made, which holds nothing.
    one.create(Collection::default()).await;
    assert_ne!(number_of(cluster, &name).await, number);
    assert_eq!(other.listed(0, "").await.expect("a page").0.len(), 0);
}

/// What the keys of a collection have in their names.
async fn number_of(cluster: &Cluster, name: &str) -> String {
    for master in cluster.masters().await {
        let mut get = cmd("HGET");
        get.arg("basma:collections").arg(name);
        if let Ok(Value::BulkString(entry)) = cluster.node(master).ask(&get).await {
            return entry[..8]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
        }
    }
    panic!("there is no collection {name}");
}

/// The keys with this in their names, each with its master.
async fn keys_of(cluster: &Cluster, part: &str) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for master in cluster.masters().await {
        let mut keys = cmd("KEYS");
        keys.arg(format!("*{part}*"));
        match cluster.node(master).ask(&keys).await {
            Ok(Value::Array(keys)) => all.extend(keys.into_iter().map(|key| match key {
                Value::BulkString(key) => (master, String::from_utf8(key).expect("a name")),
                other => panic!("{other:?}"),
            })),
            other => panic!("{other:?}"),
        }
    }
    all
}
