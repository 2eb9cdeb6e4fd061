//! Submitting an id again: the same text gets the first answer again, a changed text replaces.

use basma_benches::corpus::Edit;
use basma_proto::v1::*;
use basma_tests::{Server, article, corpus};

#[tokio::test]
async fn of_the_same_text_is_idempotent() {
    let server = Server::start().await;
    let text = corpus().article(0).text;
    let respelled = Edit::Orthography.apply(&text, 0.5, 1);
    let first = server.submit(article("1", &text)).await;
    let second = server.submit(article("2", &respelled)).await;
    for (id, text, answer) in [
        ("1", &text, &first),
        ("2", &respelled, &second),
        ("1", &respelled, &first),
    ] {
        let again = server.submit(article(id, text)).await;
        assert!(again.resubmission && !answer.resubmission);
        assert_eq!(
            again,
            Answer {
                resubmission: true,
                ..answer.clone()
            }
        );
    }
    let stats = server.stats().await;
    assert_eq!(stats.article_count, 2);
    let submitted: u64 = stats.verdicts.iter().map(|one| one.count).sum();
    assert_eq!(submitted, 2, "resubmissions are not counted twice");
}

#[tokio::test]
async fn with_a_changed_text_replaces_the_old_one() {
    let server = Server::start().await;
    let text = |number| corpus().article(number).text;
    server.submit(article("1", &text(0))).await;
    // Nearly the same, yet never a duplicate of itself.
    let updated = server
        .submit(article("1", &Edit::Words.apply(&text(0), 0.05, 1)))
        .await;
    assert_eq!(
        (updated.verdict(), updated.revision, updated.resubmission),
        (Verdict::New, 2, false)
    );
    let replaced = server.submit(article("1", &text(1))).await;
    assert_eq!((replaced.verdict(), replaced.revision), (Verdict::New, 3));
    assert_eq!(server.stats().await.article_count, 1);
    assert_eq!(
        server.submit(article("2", &text(0))).await.verdict(),
        Verdict::New,
        "the old text is gone"
    );
    let same = server.submit(article("3", &text(1))).await;
    assert_eq!(
        (same.verdict(), same.canonical_id.as_str()),
        (Verdict::Exact, "1")
    );

    let request = GetArticleRequest {
        id: "1".to_owned(),
        ..Default::default()
    };
    let stored = server
        .articles()
        .await
        .get_article(request)
        .await
        .expect("indexed")
        .into_inner();
    assert_eq!(stored.article.expect("an article").revision, 3);
}
