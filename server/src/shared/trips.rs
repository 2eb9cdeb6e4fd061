//! How many round trips to the cluster an operation takes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use basma_corpus::Corpus;
use basma_engine::{Answer, Submission, Verdict};
use basma_redis::{Ack, CALLS, Redis};
use basma_test_redis::Cluster;
use tracing::{Event, Subscriber, instrument::WithSubscriber as _};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

use super::{collection::Collection, stamps::Stamps};
use crate::{index::Index as _, registry::now, settings::Settings};

#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Calls {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == CALLS {
            self.0.fetch_add(1, SeqCst);
        }
    }
}

/// What an operation comes to, and how many calls of the cluster it took.
async fn counted<T>(operation: impl Future<Output = T>) -> (T, usize) {
    let calls = Calls::default();
    let subscriber = tracing_subscriber::registry().with(calls.clone());
    let done = operation.with_subscriber(subscriber).await;
    (done, calls.0.load(SeqCst))
}

async fn submit(collection: &Collection, id: &str, text: &str) -> (Answer, usize) {
    let submission = Submission {
        id,
        text,
        metadata: &Default::default(),
        now: now(),
    };
    let (answer, calls) = counted(collection.submit(submission, 10.into())).await;
    (answer.expect("an answer"), calls)
}

fn text(index: u64) -> String {
    Corpus::new(1).article(index).text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_takes_two_and_one_more_for_what_another_server_has_admitted() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let address = cluster.url().parse().expect("an address");
    let [one, other] = [1, 2].map(async |server| {
        let redis = Redis::connect(&address, Ack::Replica).await;
        let redis = redis.expect("a cluster");
        let stamps = Arc::new(Stamps::new(server));
        Collection::new(("default", now(), 1), Settings::default(), redis, stamps)
    });
    let (one, other) = (one.await, other.await);
    let [first, second] = [1, 2].map(text);

    let (answer, calls) = submit(&one, "a", &first).await;
    assert_eq!((answer.verdict, calls), (Verdict::New, 2));
    let (answer, calls) = submit(&one, "b", &first).await;
    assert_eq!((answer.canonical_id.as_deref(), calls), (Some("a"), 2));
    // Taken back while the first answer is looked up, and what that was told of.
    let (answer, calls) = submit(&one, "b", &first).await;
    assert!(answer.resubmission);
    assert_eq!((answer.canonical_id.as_deref(), calls), (Some("a"), 4));
    let (answer, calls) = submit(&one, "a", &first).await;
    assert!(answer.resubmission && calls == 3, "{calls}");
    // What another server has admitted is fetched, once.
    for (id, expected) in [("c", 3), ("d", 2)] {
        let (answer, calls) = submit(&other, id, &first).await;
        assert_eq!(
            (answer.canonical_id.as_deref(), calls),
            (Some("a"), expected)
        );
    }
    let (answer, calls) = submit(&other, "e", &second).await;
    assert_eq!((answer.verdict, calls), (Verdict::New, 2));
    let submission = Submission {
        id: "f",
        text: &first,
        metadata: &Default::default(),
        now: now(),
    };
    let (answer, calls) = counted(one.check(submission, 10.into())).await;
    let answer = answer.expect("an answer");
    // Of what the other has admitted `c` and `d` are fetched; then the first of the story is asked for.
    assert_eq!((answer.canonical_id.as_deref(), calls), (Some("a"), 3));
}
