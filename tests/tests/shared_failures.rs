//! What can happen to a cluster, and what the callers of a server that keeps its index there are told:
//! UNAVAILABLE and when to try again. Nothing acknowledged is lost, and it goes on by itself.
//!
//! `cargo test -p basma-tests --test shared_failures -- --nocapture` prints how long callers waited.

use std::time::Duration;

use basma_proto::v1::*;
use basma_tests::{
    Authority, Dialogue, Grants, Refusal, Server, Writers, article, grant,
    redis::{Cluster, Plan, Tls, Value, cmd},
    refusal,
    server::basmad,
    until,
};
use tonic::Code;

/// Articles that are acknowledged before and after.
const SOME: u64 = 40;

async fn started(plan: Plan) -> Option<(Cluster, Server)> {
    let cluster = Cluster::start_as(plan).await?;
    let server = Server::start_sharing(&cluster.url(), &["--log", "warn"]).await;
    Some((cluster, server))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_master_is_replaced() {
    let plan = Plan {
        replicas: 2,
        ..Plan::default()
    };
    let Some((mut cluster, server)) = started(plan).await else {
        return;
    };
    let writers = Writers::start(&server).await;
    writers.more(SOME).await;
    cluster.kill(cluster.masters().await[0]);
    writers.more(SOME).await;
    writers.stop("a killed master").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_replica_nothing_is_acknowledged() {
    let Some((mut cluster, server)) = started(Plan::default()).await else {
        return;
    };
    let mut writers = Writers::start(&server).await;
    writers.more(SOME).await;
    let master = cluster.masters().await[0];
    let replica = cluster.replicas_of(master).await[0];
    cluster.kill(replica);
    writers.refused("STORE_UNCONFIRMED").await;
    cluster.restart(replica).await;
    writers.more(SOME).await;
    writers.stop("a killed replica, the only one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_replica_of_two_is_not_missed() {
    let plan = Plan {
        replicas: 2,
        ..Plan::default()
    };
    let Some((mut cluster, server)) = started(plan).await else {
        return;
    };
    let writers = Writers::start(&server).await;
    writers.more(SOME).await;
    let master = cluster.masters().await[0];
    cluster.kill(cluster.replicas_of(master).await[0]);
    writers.more(SOME).await;
    let written = writers.stop("a killed replica, one of two").await;
    assert_eq!(written.refusals("STORE_UNCONFIRMED"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_is_cut_off_acknowledges_nothing() {
    let plan = Plan {
        partitions: true,
        ..Plan::default()
    };
    let Some((cluster, server)) = started(plan).await else {
        return;
    };
    let writers = Writers::start(&server).await;
    writers.more(SOME).await;
    let master = cluster.masters().await[0];
    cluster.part(&[master]);
    until("another master of its slots", async || {
        // The one that is cut off still thinks that it is one.
        (cluster.masters().await.len() == 4).then_some(())
    })
    .await;
    cluster.join(&[master]);
    cluster.well().await;
    writers.more(SOME).await;
    let written = writers.stop("a master that was cut off, and is back").await;
    assert!(written.refusals("STORE_UNCONFIRMED") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_started_again_has_all() {
    let plan = Plan {
        fsync: "always",
        ..Plan::default()
    };
    let Some((mut cluster, server)) = started(plan).await else {
        return;
    };
    let mut writers = Writers::start(&server).await;
    writers.more(SOME).await;
    for node in 0..6 {
        cluster.kill(node);
    }
    writers.refused("STORE_UNREACHABLE").await;
    for node in 0..6 {
        cluster.restart(node).await;
    }
    cluster.well().await;
    writers.more(SOME).await;
    writers.stop("all nodes killed and started again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_may_move() {
    let Some((cluster, server)) = started(Plan::default()).await else {
        return;
    };
    let writers = Writers::start(&server).await;
    writers.more(SOME).await;
    let masters = cluster.masters().await;
    // Posting lists, to which every article comes.
    let slots = slots_of(&cluster, masters[0], "*:post:*").await;
    assert!(!slots.is_empty());
    for to in [masters[1], masters[0]] {
        for slot in &slots {
            cluster.move_slots(*slot..=*slot, to).await;
        }
        writers.more(SOME).await;
    }
    let written = writers.stop("slots that moved there and back").await;
    println!("{} slots were moved", slots.len());
    assert_eq!(written.refusals("STORE_FAILED"), 0);
}

/// The slots of keys like this on a master.
async fn slots_of(cluster: &Cluster, master: usize, pattern: &str) -> Vec<u16> {
    let node = cluster.node(master);
    let keys = node.ask(cmd("KEYS").arg(pattern)).await;
    let Ok(Value::Array(keys)) = keys else {
        panic!("{keys:?}");
    };
    let mut slots = Vec::new();
    for key in keys {
        let Value::BulkString(key) = key else {
            continue;
        };
        let slot = node.ask(cmd("CLUSTER").arg("KEYSLOT").arg(key)).await;
        let Ok(Value::Int(slot)) = slot else {
            panic!("{slot:?}");
        };
        slots.push(u16::try_from(slot).expect("a slot"));
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cluster_refuses_until_there_is_room() {
    let Some((cluster, server)) = started(Plan::default()).await else {
        return;
    };
    let mut writers = Writers::start(&server).await;
    writers.more(SOME).await;
    cluster.configure("maxmemory", "1mb").await;
    writers.refused("STORE_FULL").await;
    // What only reads goes on.
    let known = CheckRequest {
        article: Some(article("", &basma_tests::corpus().article(0).text)),
        ..Default::default()
    };
    let answered = server.dedup().await.check(known).await;
    let answer = answered.expect("an answer").into_inner().answer;
    assert_eq!(answer.expect("an answer").verdict(), Verdict::Exact);
    cluster.configure("maxmemory", "0").await;
    writers.more(SOME).await;
    writers.stop("no memory left, and then some").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_not_waited_for_without_end() {
    let plan = Plan {
        // It is to stay the master.
        node_timeout: Duration::from_secs(60),
        ..Plan::default()
    };
    let Some((mut cluster, server)) = started(plan).await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let guest = grant("guest", &["--read", "mine"]).await;
    let grants = Grants::new(folder.path(), &[&guest]);
    let guarded = Server::start_sharing(&cluster.url(), &grants.arguments()).await;
    let guest = Dialogue::with(&guarded, &guest, "another").await;
    let mut writers = Writers::start(&server).await;
    writers.more(SOME).await;
    let master = cluster.masters().await[0];
    cluster.pause(master);
    writers.refused("STORE_UNREACHABLE").await;
    // A caller's own deadline, if that is sooner.
    let mut request = tonic::Request::new(SubmitRequest {
        article: Some(article("late", "نص")),
        ..Default::default()
    });
    request.set_timeout(Duration::from_millis(1));
    let late = server.dedup().await.submit(request).await;
    assert!(late.is_err_and(|status| {
        // Who is late himself may see it before the server does.
        matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled)
    }));
    // Who has no right to a collection is not told how the store is.
    let collection = Collection {
        name: guest.collection(),
        ..Default::default()
    };
    let denied = Refusal::new(Code::PermissionDenied, "ROLE_MISSING", "");
    let create = CreateCollectionRequest {
        collection: Some(collection),
    };
    assert_eq!(refusal(guest.create_collection(create).await), denied);
    let delete = DeleteCollectionRequest {
        name: guest.collection(),
    };
    assert_eq!(refusal(guest.delete_collection(delete).await), denied);
    assert_eq!(refusal(guest.got("1").await), denied);
    cluster.resume(master);
    writers.more(SOME).await;
    writers.stop("a master that did not answer, and does").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_may_encrypt_and_want_a_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let files = authority.issue(&["127.0.0.1"]);
    let files = files.write(folder.path(), "redis");
    let ca = authority.write(folder.path(), "ca.pem");
    let plan = Plan {
        tls: Some(Tls {
            cert: files.cert,
            key: files.key,
            authority: ca.clone(),
        }),
        user: Some(("basma", "hidden")),
        ..Plan::default()
    };
    let Some(cluster) = Cluster::start_as(plan).await else {
        return;
    };
    let url = cluster.url().replace("basma:hidden@", "");
    let account = folder.path().join("account");
    std::fs::write(&account, "basma:hidden\n").expect("a file");
    let [ca, account_path] = [&ca, &account].map(|path| path.to_str().expect("a path"));
    let secured = ["--store-ca", ca, "--store-account", account_path];
    let server = Server::start_sharing(&url, &secured).await;
    let writers = Writers::start(&server).await;
    writers.more(SOME).await;
    writers.stop("TLS and a password").await;
    assert!(!server.log().contains("hidden"), "{}", server.log());

    let store = format!("--store={url}");
    let refused = async |arguments: &[&str]| {
        let mut basmad = basmad(&["--listen", "127.0.0.1:0", &store]);
        let ended = basmad.args(arguments).output();
        let ended = tokio::time::timeout(basma_tests::LIMIT, ended).await;
        let ended = ended.expect("it ends").expect("basmad starts");
        let said = String::from_utf8(ended.stderr).expect("text");
        assert_eq!(ended.status.code(), Some(1), "{said}");
        let last = said.lines().rfind(|line| line.starts_with("basmad: "));
        last.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    // An authority that the system does not know; the wrong password.
    let said = refused(&["--store-account", account_path]).await;
    assert!(said.contains("cannot be reached"), "{said}");
    std::fs::write(&account, "basma:guessed\n").expect("a file");
    let said = refused(&secured).await;
    assert!(said.contains("does not let this user in"), "{said}");
    assert!(!said.contains("guessed"), "{said}");
    println!("{said}");
}
