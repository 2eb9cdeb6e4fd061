//! What is too old: to be kept, or to be matched.

use std::{sync::Arc, time::SystemTime};

use basma_benches::corpus::Edit;
use basma_proto::v1::{time_span::Clock, *};
use basma_tests::{Dialogue, article, until};
use tonic::Code;

use crate::expected::{refused, span, text};

fn published(id: &str, text: &str, seconds: i64) -> Article {
    Article {
        publish_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        ..article(id, text)
    }
}

async fn retained(told: &Dialogue, seconds: i64, clock: Clock) {
    let settings = Collection {
        retention: span(seconds, clock),
        ..Default::default()
    };
    told.change(&["retention"], settings)
        .await
        .expect("changed");
}

/// Until no more than so many are left.
async fn left(told: &Dialogue, count: u64) {
    let aside = told.aside();
    until("expiry", async || {
        (aside.stats().await.article_count == count).then_some(())
    })
    .await;
}

pub(crate) async fn what_is_older_than_the_retention_goes(told: Arc<Dialogue>) {
    let original = text(0);
    told.submitted(article("1", &original)).await;
    told.submitted(article("2", &Edit::Words.apply(&original, 0.05, 2)))
        .await;
    // Long past, but not by this clock.
    told.submitted(published("3", &text(3), 1_000_000_000))
        .await;
    retained(&told, 3600, Clock::FirstSeen).await;
    let copy = told.checked(article("", &original)).await;
    assert_eq!(copy.canonical_id, "1");
    retained(&told, 1, Clock::FirstSeen).await;
    left(&told, 0).await;
    for id in ["1", "2", "3"] {
        let got = told.got(id).await;
        refused(got, Code::NotFound, "ARTICLE_NOT_FOUND", "");
    }
    assert_eq!(told.listed(0, "").await.expect("a page").0.len(), 0);
    retained(&told, 3600, Clock::FirstSeen).await;
    let gone = told.checked(article("", &original)).await;
    assert_eq!((gone.verdict(), gone.matches.len()), (Verdict::New, 0));
    let anew = told.submitted(article("1", &original)).await;
    assert_eq!((anew.verdict(), anew.revision), (Verdict::New, 1));
    assert_eq!(told.stats().await.cluster_count, 1);
}

pub(crate) async fn what_was_published_long_ago_goes(told: Arc<Dialogue>) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs() as i64;
    let original = text(0);
    let copy = |seed| Edit::Words.apply(&original, 0.05, seed);
    told.aside()
        .submitted(published("old", &original, 1_437_437_092))
        .await;
    told.aside()
        .submitted(published("new", &copy(1), now))
        .await;
    told.aside().submitted(article("bare", &copy(2))).await;
    retained(&told, 86_400, Clock::Published).await;
    left(&told, 2).await;
    // The story goes on with who is left.
    let got = told.aside().got("new").await.expect("there");
    assert_eq!(got.canonical_id, "new");
    let copy = told.aside().checked(article("", &original)).await;
    assert_eq!(copy.canonical_id, "new");
    let named = copy.matches.iter().any(|found| found.id == "old");
    assert!(!named, "{copy:?}");
    refused(
        told.got("old").await,
        Code::NotFound,
        "ARTICLE_NOT_FOUND",
        "",
    );
    told.stats().await;
}

pub(crate) async fn what_is_beyond_the_window_is_not_matched(told: Arc<Dialogue>) {
    const DAY: i64 = 86_400;
    const JULY: i64 = 1_435_708_800;
    let original = text(0);
    let week = span(7 * DAY, Clock::Published);
    let check = async |day: i64, window: Option<TimeSpan>| {
        let request = CheckRequest {
            collection: told.collection(),
            article: Some(published("", &original, JULY + day * DAY)),
            window,
            ..Default::default()
        };
        let answered = told.check(request).await.expect("an answer");
        answered.answer.expect("an answer").verdict()
    };
    told.submitted(published("1", &original, JULY)).await;
    assert_eq!(check(8, week).await, Verdict::New);
    assert_eq!(check(6, week).await, Verdict::Exact);
    assert_eq!(check(8, None).await, Verdict::Exact);
    let settings = Collection {
        window: week,
        ..Default::default()
    };
    told.change(&["window"], settings).await.expect("changed");
    assert_eq!(check(8, None).await, Verdict::New);
    assert_eq!(
        check(8, span(400 * DAY, Clock::Published)).await,
        Verdict::Exact,
        "the caller's stands in for the collection's"
    );
    let apart = told.submitted(published("2", &original, JULY + 20 * DAY));
    assert_eq!(apart.await.verdict(), Verdict::New);
    let request = CheckRequest {
        collection: told.collection(),
        article: Some(article("", &original)),
        window: span(0, Clock::Published),
        ..Default::default()
    };
    refused(
        told.check(request).await,
        Code::InvalidArgument,
        "SPAN_OUT_OF_RANGE",
        "window.span",
    );
}
