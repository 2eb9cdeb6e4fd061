//! What is not there, too much, or another's.

use std::sync::{Arc, OnceLock};

use basma_proto::v1::{article::Body, *};
use basma_tests::{Dialogue, Grant, article};
use tonic::{Code, Status};

use crate::expected::{refused, text};

/// A caller who may read and write the collection "mine".
pub(crate) const GUEST: &str = "guest";
pub(crate) static GUESTS: OnceLock<Grant> = OnceLock::new();

/// Every method about a collection and an id, with how it was refused, if it was.
#[expect(clippy::needless_update, reason = "some requests have no other fields")]
async fn each(told: &Dialogue, collection: &str, id: &str) -> Vec<(&'static str, Option<Status>)> {
    let collection = collection.to_owned();
    let (id, one) = (id.to_owned(), Some(article("1", &text(1))));
    let of_id = Some(find_duplicates_request::Query::Id(id.clone()));
    let side = |id: &str| {
        let side = Some(compare_side::Side::Id(id.to_owned()));
        Some(CompareSide { side })
    };
    macro_rules! ask {
        ($($method:ident: $request:ident { $($field:ident: $value:expr),* $(,)? }),* $(,)?) => {
            vec![$((
                stringify!($method),
                told.$method($request { $($field: $value,)* ..Default::default() }).await.err(),
            )),*]
        };
    }
    ask![
        get_article: GetArticleRequest { collection: collection.clone(), id: id.clone() },
        delete_article: DeleteArticleRequest { collection: collection.clone(), id: id.clone() },
        get_cluster: GetClusterRequest { collection: collection.clone(), id: id.clone() },
        find_duplicates: FindDuplicatesRequest { collection: collection.clone(), query: of_id },
        compare: CompareRequest { collection: collection.clone(), a: side(&id), b: side(&id) },
        list_articles: ListArticlesRequest { collection: collection.clone() },
        submit: SubmitRequest { collection: collection.clone(), article: one.clone() },
        check: CheckRequest { collection: collection.clone(), article: one.clone() },
        batch_submit: BatchSubmitRequest { collection: collection.clone() },
        batch_check: BatchCheckRequest { collection: collection.clone() },
        fingerprint: FingerprintRequest { collection: collection.clone() },
        get_collection: GetCollectionRequest { name: collection.clone() },
        get_stats: GetStatsRequest { collection: collection.clone() },
        update_collection: UpdateCollectionRequest {
            collection: Some(Collection { name: collection.clone(), ..Default::default() }),
        },
        delete_collection: DeleteCollectionRequest { name: collection.clone() },
    ]
}

pub(crate) async fn unknown_names_are_told(told: Arc<Dialogue>) {
    for name in ["unknown", "Not a name", &"a".repeat(300)] {
        for (method, refusal) in each(&told, name, "1").await {
            let refusal = refusal.unwrap_or_else(|| panic!("{method} was answered"));
            refused::<()>(Err(refusal), Code::NotFound, "COLLECTION_NOT_FOUND", "");
        }
    }
    let name = told.collection();
    let asked = each(&told, &name, "unknown").await;
    for (method, refusal) in asked.into_iter().take(5) {
        let refusal = refusal.unwrap_or_else(|| panic!("{method} was answered"));
        refused::<()>(Err(refusal), Code::NotFound, "ARTICLE_NOT_FOUND", "");
    }
    told.create(Collection::default()).await;
    each(&told, &name, "").await;
}

pub(crate) async fn what_is_beyond_a_limit_is_refused(told: Arc<Dialogue>) {
    let long = |bytes: usize| "a".repeat(bytes);
    let body = |text: String| Some(Body::Text(text));
    let plain = || article("1", "نص");
    for (too_long, reason, field) in [
        (
            Article {
                body: body(long((1 << 20) + 1)),
                ..plain()
            },
            "TEXT_TOO_LARGE",
            "article.text",
        ),
        (
            Article {
                id: long(2049),
                ..plain()
            },
            "FIELD_TOO_LONG",
            "article.id",
        ),
        (
            Article {
                title: long(4097),
                ..plain()
            },
            "FIELD_TOO_LONG",
            "article.title",
        ),
        (
            Article {
                source: long(1025),
                ..plain()
            },
            "FIELD_TOO_LONG",
            "article.source",
        ),
        (
            Article {
                url: long(8193),
                ..plain()
            },
            "FIELD_TOO_LONG",
            "article.url",
        ),
    ] {
        let request = SubmitRequest {
            collection: told.collection(),
            article: Some(too_long),
            ..Default::default()
        };
        let submitted = told.submit(request).await;
        refused(submitted, Code::InvalidArgument, reason, field);
    }
    let longest = Article {
        id: long(2048),
        title: long(4096),
        source: long(1024),
        url: long(8192),
        body: body(long(1 << 20)),
        ..Default::default()
    };
    told.submitted(longest).await;
    let many = SubmitRequest {
        collection: told.collection(),
        article: Some(plain()),
        max_matches: 1001,
        ..Default::default()
    };
    refused(
        told.submit(many.clone()).await,
        Code::InvalidArgument,
        "MAX_MATCHES_OUT_OF_RANGE",
        "max_matches",
    );
    let none = SubmitRequest {
        article: None,
        max_matches: 0,
        ..many
    };
    refused(
        told.submit(none).await,
        Code::InvalidArgument,
        "ARTICLE_MISSING",
        "article",
    );
    // As many matches as are wanted, and whether there are more.
    for number in 0..5 {
        told.submitted(article(&format!("copy-{number}"), &text(1)))
            .await;
    }
    for (most, found, truncated) in [(4, 4, true), (5, 5, false), (1000, 5, false)] {
        let request = CheckRequest {
            collection: told.collection(),
            article: Some(article("", &text(1))),
            max_matches: most,
            ..Default::default()
        };
        let answered = told.check(request).await.expect("an answer");
        let answer = answered.answer.expect("an answer");
        assert_eq!((answer.matches.len(), answer.truncated), (found, truncated));
    }
    assert_eq!(told.stats().await.article_count, 6);
}

pub(crate) async fn a_token_is_good_for_its_collections(told: Arc<Dialogue>) {
    let guest = told.by(GUESTS.get().expect("a guest"));
    let mine = told.about("mine");
    mine.create(Collection::default()).await;
    mine.submitted(article("1", &text(1))).await;
    // What is there and what is not are refused alike.
    let names = [told.collection(), "unknown".to_owned()];
    let mut all = Vec::new();
    for name in &names {
        let refusals = each(&guest, name, "1").await.into_iter();
        let refusals = refusals.map(|(method, refusal)| {
            let refusal = refusal.unwrap_or_else(|| panic!("{method} was answered"));
            let said = refusal.message().replace(name, "NAME");
            refused::<()>(Err(refusal), Code::PermissionDenied, "ROLE_MISSING", "");
            said
        });
        all.push(refusals.collect::<Vec<_>>());
    }
    assert_eq!(all[0], all[1]);
    for (method, refusal) in each(&guest, "mine", "1").await {
        let role = matches!(method, "update_collection" | "delete_collection");
        let refusal = refusal.filter(|status| status.code() == Code::PermissionDenied);
        assert_eq!(refusal.is_some(), role, "{method}");
    }
    for said in guest.said() {
        told.note("guest", &Ok(said));
    }
    let listed = guest.aside().list_collections(Default::default()).await;
    let names: Vec<_> = listed
        .expect("a page")
        .collections
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["mine"]);
}
