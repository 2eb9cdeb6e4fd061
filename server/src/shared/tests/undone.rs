//! Submissions that have failed half-way.

use basma_engine::Verdict;
use basma_test_redis::Cluster;

use super::{collection, submission, text};
use crate::{index::Index as _, shared::ids};

/// As if the master that has the id had been away when the revision was decided, and its server had been killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_never_had_its_id_is_given_it_when_it_is_sent_again() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let collection = collection(&cluster, 1).await;
    let [former, latter] = [1, 2].map(text);
    let submit = async |id: &str, text: &str| {
        let answer = collection.submit(submission(id, text), 10.into()).await;
        answer.expect("an answer")
    };
    let get = async || {
        let found = collection.get("a").await.expect("a reply");
        found.expect("an article")
    };
    submit("a", &former).await;
    let old = get().await;
    assert_eq!(submit("a", &latter).await.revision, 2);
    let new = get().await;

    let mut before = collection.placing(&old, 1.0, None);
    let named = ids::written(new.sequence());
    let give = ids::give(&collection.keys, "a", &named, old.sequence(), 0);
    before.push(give);
    collection.redis.write(before).await.expect("replies");
    assert_eq!(get().await.sequence(), old.sequence());

    let again = submit("a", &latter).await;
    assert_eq!((again.resubmission, again.revision), (true, 2));
    assert_eq!(get().await.sequence(), new.sequence());
    let of_former = submit("b", &former).await;
    assert_eq!(of_former.verdict, Verdict::New);
    let of_latter = submit("c", &latter).await;
    let matched: Vec<_> = of_latter
        .matches
        .iter()
        .map(|found| found.article.sequence())
        .collect();
    assert_eq!(matched, [new.sequence()]);
}
