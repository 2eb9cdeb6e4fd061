//! `CollectionService`: separate indexes, each with its own settings.

use basma_benches::corpus::Edit;
use basma_proto::v1::{
    detector_settings::{Features, Method},
    *,
};
use basma_tests::{Refusal, Server, article, corpus, refusal};
use tonic::Code;

fn create(name: &str, detector: DetectorSettings) -> CreateCollectionRequest {
    let collection = Collection {
        name: name.to_owned(),
        detector: Some(detector),
        create_time: None,
        ..Default::default()
    };
    CreateCollectionRequest {
        collection: Some(collection),
    }
}

async fn submit(server: &Server, collection: &str, article: Article) -> Answer {
    let request = SubmitRequest {
        collection: collection.to_owned(),
        article: Some(article),
        max_matches: 0,
        ..Default::default()
    };
    let response = server
        .dedup()
        .await
        .submit(request)
        .await
        .expect("an answer");
    response.into_inner().answer.expect("an answer")
}

#[tokio::test]
async fn are_created_read_listed_changed_and_deleted() {
    let server = Server::start().await;
    let mut collections = server.collections().await;
    let settings = DetectorSettings {
        simhash_distance: Some(5),
        ..Default::default()
    };
    let made = collections
        .create_collection(create("news", settings))
        .await
        .expect("made");
    let made = made.into_inner().collection.expect("a collection");
    let detector = made.detector.expect("settings");
    assert_eq!(
        (detector.method(), detector.simhash_distance),
        (Method::Full, Some(5))
    );
    assert!(detector.simhash_features() != Features::Unspecified);
    assert!(
        detector.simhash_feature_size.is_some()
            && detector.min_score.is_some()
            && detector.min_size_ratio.is_some()
    );
    assert!(made.create_time.is_some());

    let twice = refusal(
        collections
            .create_collection(create("news", settings))
            .await,
    );
    assert_eq!(
        twice,
        Refusal::new(Code::AlreadyExists, "COLLECTION_EXISTS", "")
    );

    let news = || GetCollectionRequest {
        name: "news".to_owned(),
    };
    let read = collections
        .get_collection(news())
        .await
        .expect("there")
        .into_inner();
    assert_eq!(read.collection.as_ref(), Some(&made));

    for name in ["b", "a", "c"] {
        collections
            .create_collection(create(name, DetectorSettings::default()))
            .await
            .expect("made");
    }
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListCollectionsRequest {
            page_size: 2,
            page_token,
        };
        let page = collections
            .list_collections(request)
            .await
            .expect("a page")
            .into_inner();
        names.extend(page.collections.into_iter().map(|one| one.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["a", "b", "c", "default", "news"]);

    let changed = Collection {
        name: "news".to_owned(),
        detector: Some(DetectorSettings {
            simhash_distance: Some(9),
            min_size_ratio: Some(0.75),
            ..Default::default()
        }),
        create_time: None,
        ..Default::default()
    };
    let mask = prost_types::FieldMask {
        paths: vec!["detector.simhash_distance".to_owned()],
    };
    let request = UpdateCollectionRequest {
        collection: Some(changed),
        update_mask: Some(mask),
    };
    let updated = collections
        .update_collection(request)
        .await
        .expect("changed")
        .into_inner();
    let updated = updated
        .collection
        .and_then(|one| one.detector)
        .expect("settings");
    assert_eq!(
        updated.simhash_distance,
        Some(9),
        "what the mask names is changed"
    );
    assert_eq!(
        updated.min_size_ratio, detector.min_size_ratio,
        "and nothing else"
    );

    submit(&server, "news", article("1", "نص")).await;
    let request = DeleteCollectionRequest {
        name: "news".to_owned(),
    };
    collections
        .delete_collection(request)
        .await
        .expect("deleted");
    let gone = refusal(collections.get_collection(news()).await);
    assert_eq!(
        gone,
        Refusal::new(Code::NotFound, "COLLECTION_NOT_FOUND", "")
    );
    collections
        .create_collection(create("news", settings))
        .await
        .expect("made again");
    let request = GetStatsRequest {
        collection: "news".to_owned(),
    };
    let stats = collections
        .get_stats(request)
        .await
        .expect("counts")
        .into_inner();
    assert_eq!(stats.article_count, 0, "what it held went with it");
}

#[tokio::test]
async fn do_not_see_each_other() {
    let server = Server::start().await;
    let mut collections = server.collections().await;
    for name in ["east", "west"] {
        collections
            .create_collection(create(name, DetectorSettings::default()))
            .await
            .expect("made");
    }
    let text = corpus().article(0).text;
    for collection in ["east", "west", "default"] {
        let answer = submit(&server, collection, article("1", &text)).await;
        assert_eq!(
            (answer.verdict(), answer.resubmission),
            (Verdict::New, false),
            "{collection}"
        );
    }
    assert_eq!(
        submit(&server, "", article("2", &text)).await.verdict(),
        Verdict::Exact
    );
    let request = DeleteArticleRequest {
        collection: "east".to_owned(),
        id: "1".to_owned(),
    };
    server
        .articles()
        .await
        .delete_article(request)
        .await
        .expect("deleted");
    assert_eq!(
        submit(&server, "east", article("2", &text)).await.verdict(),
        Verdict::New
    );
    let west = submit(&server, "west", article("2", &text)).await;
    assert_eq!(
        (west.verdict(), west.canonical_id.as_str()),
        (Verdict::Exact, "1")
    );
}

#[tokio::test]
async fn with_simhash_only_decide_by_distance() {
    let server = Server::start().await;
    let mut collections = server.collections().await;
    let mut settings = DetectorSettings {
        simhash_distance: Some(12),
        ..Default::default()
    };
    settings.set_method(Method::SimhashOnly);
    collections
        .create_collection(create("small", settings))
        .await
        .expect("made");
    let text = corpus().mean_words(300.0).article(0).text;
    let first = submit(&server, "small", article("1", &text)).await;
    assert_eq!(first.fingerprint.expect("a fingerprint").sketch_size, 0);
    let near = submit(
        &server,
        "small",
        article("2", &Edit::Words.apply(&text, 0.02, 1)),
    )
    .await;
    assert_eq!(near.verdict(), Verdict::NearDuplicate);
    let evidence = near.matches[0].evidence.as_ref().expect("evidence");
    assert!(evidence.hamming_distance.is_some_and(|bits| bits <= 12));
    assert_eq!(
        (evidence.jaccard, evidence.containment),
        (None, None),
        "nothing is claimed without sketches"
    );
    let exact = submit(
        &server,
        "small",
        article("3", &Edit::Orthography.apply(&text, 0.5, 1)),
    )
    .await;
    assert_eq!(exact.verdict(), Verdict::Exact);
    let other = submit(&server, "small", article("4", &corpus().article(7).text)).await;
    assert_eq!(other.verdict(), Verdict::New);
}

#[tokio::test]
async fn keep_what_shaped_their_fingerprints() {
    let server = Server::start().await;
    let mut collections = server.collections().await;
    let update = |settings| UpdateCollectionRequest {
        collection: Some(Collection {
            name: "default".to_owned(),
            detector: Some(settings),
            create_time: None,
            ..Default::default()
        }),
        update_mask: None,
    };
    let mut words = DetectorSettings {
        simhash_feature_size: Some(2),
        ..Default::default()
    };
    words.set_simhash_features(Features::Words);
    collections
        .update_collection(update(words))
        .await
        .expect("it is empty");
    server.submit(article("1", "نص")).await;
    let mut characters = DetectorSettings::default();
    characters.set_simhash_features(Features::Characters);
    let fixed = refusal(collections.update_collection(update(characters)).await);
    assert_eq!(
        fixed,
        Refusal::new(Code::FailedPrecondition, "SETTINGS_FIXED", "")
    );
    let threshold = DetectorSettings {
        min_size_ratio: Some(0.9),
        ..Default::default()
    };
    collections
        .update_collection(update(threshold))
        .await
        .expect("a threshold may change");
    let request = DeleteCollectionRequest {
        name: "default".to_owned(),
    };
    let kept = refusal(collections.delete_collection(request).await);
    assert_eq!(
        kept,
        Refusal::new(Code::FailedPrecondition, "COLLECTION_PROTECTED", "")
    );
}

#[tokio::test]
async fn count_what_they_hold() {
    let server = Server::start().await;
    let text = |number| corpus().article(number).text;
    for (id, text) in [
        ("1", text(1)),
        ("2", text(1)),
        ("3", text(3)),
        ("3", text(3)),
    ] {
        server.submit(article(id, &text)).await;
    }
    let stats = server.stats().await;
    assert_eq!(stats.collection, "default");
    assert_eq!(
        (
            stats.article_count,
            stats.simhash_count,
            stats.cluster_count
        ),
        (3, 2, 2)
    );
    assert!(stats.index_bytes > 0 && stats.start_time.is_some());
    assert_eq!(stats.server_version, env!("CARGO_PKG_VERSION"));
    let counts: Vec<_> = stats.verdicts.iter().filter(|one| one.count > 0).collect();
    let count = |name| {
        counts
            .iter()
            .find(|one| one.verdict == name)
            .map(|one| one.count)
    };
    assert_eq!(
        (count("NEW"), count("EXACT"), counts.len()),
        (Some(2), Some(1), 2),
        "{counts:?}"
    );
}
