//! How many round trips to the cluster an operation takes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use basma_engine::{Answer, Verdict};
use basma_redis::CALLS;
use basma_test_redis::Cluster;
use tracing::{Event, Subscriber, instrument::WithSubscriber as _, subscriber::set_global_default};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

use super::{collection, submission, text};
use crate::{index::Index as _, shared::collection::Collection};

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
    // Somebody who always listens: whether a place in the code is listened to at all is remembered for all threads, and
    // other tests come by there with nobody listening.
    let _other_tests_have_one_too = set_global_default(tracing_subscriber::registry());
    let calls = Calls::default();
    let subscriber = tracing_subscriber::registry().with(calls.clone());
    let done = operation.with_subscriber(subscriber).await;
    (done, calls.0.load(SeqCst))
}

async fn submit(collection: &Collection, id: &str, text: &str) -> (Answer, usize) {
    let (answer, calls) =
        counted(async { collection.submit(submission(id, text), 10.into()).await }).await;
    (answer.expect("an answer"), calls)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_takes_two_and_one_more_for_what_another_server_has_admitted() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let (one, other) = (collection(&cluster, 1).await, collection(&cluster, 2).await);
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
    let (answer, calls) =
        counted(async { one.check(submission("f", &first), 10.into()).await }).await;
    let answer = answer.expect("an answer");
    // Of what the other has admitted `c` and `d` are fetched; then the first of the story is asked for.
    assert_eq!((answer.canonical_id.as_deref(), calls), (Some("a"), 3));
}
