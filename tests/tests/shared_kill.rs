//! A master of the cluster is killed under load: callers are told to try again, and nothing acknowledged is lost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use basma_proto::v1::{dedup_service_client::DedupServiceClient, *};
use basma_tests::{
    Server, article,
    redis::{Cluster, Plan},
    until,
};
use tonic::{Code, Status, transport::Channel};

const WRITERS: u64 = 4;

async fn submit(channel: &Channel, number: u64) -> Result<Answer, Status> {
    let text = basma_tests::corpus().article(number).text;
    let request = SubmitRequest {
        article: Some(article(&number.to_string(), &text)),
        ..Default::default()
    };
    let answered = DedupServiceClient::new(channel.clone())
        .submit(request)
        .await?;
    Ok(answered.into_inner().answer.expect("an answer"))
}

/// Submits articles of its own until told to stop; returns what was acknowledged.
async fn write(
    channel: Channel,
    writer: u64,
    done: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> Vec<(u64, Answer)> {
    let mut acknowledged = Vec::new();
    let mut number = writer;
    while !stop.load(Ordering::Relaxed) {
        match submit(&channel, number).await {
            Ok(answer) => {
                acknowledged.push((number, answer));
                done.fetch_add(1, Ordering::Relaxed);
                number += WRITERS;
            }
            // The same again: it may be there already.
            Err(status) => {
                assert_eq!(status.code(), Code::Unavailable, "{status}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_master_loses_nothing_acknowledged() {
    let plan = Plan {
        replicas: 2,
        ..Plan::default()
    };
    let Some(mut cluster) = Cluster::start_as(plan).await else {
        return;
    };
    let server = Server::start_sharing(&cluster.url(), &["--log", "warn"]).await;
    let channel = server.channel().await;
    let (done, stop) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            tokio::spawn(write(
                channel.clone(),
                writer,
                Arc::clone(&done),
                Arc::clone(&stop),
            ))
        })
        .collect();
    let reach = async |count: u64| {
        until("more to be acknowledged", async || {
            (done.load(Ordering::Relaxed) >= count).then_some(())
        })
        .await;
    };
    reach(40).await;
    let master = cluster.masters().await[0];
    cluster.kill(master);
    let before = done.load(Ordering::Relaxed);
    reach(before + 40).await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        for (number, first) in writer.await.expect("no panic") {
            let again = submit(&channel, number).await.expect("an answer");
            assert!(again.resubmission, "{number} is not there");
            assert_eq!(
                (again.verdict, again.canonical_id),
                (first.verdict, first.canonical_id),
                "{number}"
            );
        }
    }
}
