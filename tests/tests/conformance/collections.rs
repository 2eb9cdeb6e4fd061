//! `CollectionService`.

use std::sync::Arc;

use basma_benches::corpus::Edit;
use basma_proto::v1::{
    detector_settings::{Features, Method},
    time_span::Clock,
    *,
};
use basma_tests::{Dialogue, article};
use tonic::Code;

use crate::expected::{refused, span, text};

fn named(name: &str) -> CreateCollectionRequest {
    CreateCollectionRequest {
        collection: Some(Collection {
            name: name.to_owned(),
            ..Default::default()
        }),
    }
}

fn detector(detector: DetectorSettings) -> Collection {
    Collection {
        detector: Some(detector),
        ..Default::default()
    }
}

pub(crate) async fn are_made_read_changed_and_deleted(told: Arc<Dialogue>) {
    let name = told.collection();
    let get = || GetCollectionRequest { name: name.clone() };
    let delete = || DeleteCollectionRequest { name: name.clone() };
    let made = told.get_collection(get()).await.expect("there").collection;
    refused(
        told.create_collection(named(&name)).await,
        Code::AlreadyExists,
        "COLLECTION_EXISTS",
        "",
    );
    let nine = DetectorSettings {
        simhash_distance: Some(9),
        min_size_ratio: Some(0.75),
        ..Default::default()
    };
    let all = Collection {
        retention: span(86_400, Clock::Published),
        window: span(3_600, Clock::FirstSeen),
        keep_texts: true,
        ..detector(nine)
    };
    let changed = told.change(&["detector.simhash_distance", "retention"], all.clone());
    let changed = changed.await.expect("changed");
    let distance = |one: &Collection| one.detector.and_then(|set| set.simhash_distance);
    assert_eq!(distance(&changed), Some(9));
    assert_eq!(changed.retention, all.retention);
    assert_eq!((changed.window, changed.keep_texts), (None, false));
    let read = told.get_collection(get()).await.expect("there").collection;
    assert_eq!(read.as_ref(), Some(&changed));
    assert_eq!(
        read.map(|read| read.create_time),
        made.map(|made| made.create_time)
    );
    refused(
        told.change(&["name"], all.clone()).await,
        Code::InvalidArgument,
        "MASK_UNKNOWN_FIELD",
        "update_mask",
    );
    // None at all is all that is set.
    let changed = told.change(&[], all.clone()).await.expect("changed");
    assert_eq!((changed.window, changed.keep_texts), (all.window, true));
    let none = told.change(&["retention", "window"], Collection::default());
    let none = none.await.expect("changed");
    assert_eq!((none.retention, none.window), (None, None));

    told.submitted(article("1", &text(1))).await;
    told.delete_collection(delete()).await.expect("deleted");
    for answered in [
        told.get_collection(get()).await.map(drop),
        told.delete_collection(delete()).await.map(drop),
        told.change(&[], all.clone()).await.map(drop),
        told.got("1").await.map(drop),
    ] {
        refused(answered, Code::NotFound, "COLLECTION_NOT_FOUND", "");
    }
    told.create(Collection::default()).await;
    assert_eq!(told.stats().await.article_count, 0);
    refused(told.got("1").await, Code::NotFound, "ARTICLE_NOT_FOUND", "");
    let again = told.submitted(article("2", &text(1))).await;
    assert_eq!(again.verdict(), Verdict::New, "what it held went with it");
}

pub(crate) async fn have_names_that_are_names(told: Arc<Dialogue>) {
    let long = "a".repeat(64);
    for name in ["", "A", "1a", "-a", "a b", "a.b", "خبر", &long] {
        refused(
            told.create_collection(named(name)).await,
            Code::InvalidArgument,
            "COLLECTION_NAME_INVALID",
            "collection.name",
        );
    }
    refused(
        told.create_collection(CreateCollectionRequest::default())
            .await,
        Code::InvalidArgument,
        "COLLECTION_MISSING",
        "collection",
    );
    let name = long[1..].to_owned();
    told.create_collection(named(&name)).await.expect("made");
    let delete = DeleteCollectionRequest { name };
    told.delete_collection(delete).await.expect("deleted");
    for name in ["", "default"] {
        let delete = DeleteCollectionRequest {
            name: name.to_owned(),
        };
        refused(
            told.delete_collection(delete).await,
            Code::FailedPrecondition,
            "COLLECTION_PROTECTED",
            "",
        );
    }
    let default = GetCollectionRequest::default();
    let default = told.get_collection(default).await.expect("there");
    assert_eq!(default.collection.expect("one").name, "default");
}

pub(crate) async fn keep_what_shaped_their_fingerprints(told: Arc<Dialogue>) {
    let mut words = DetectorSettings {
        simhash_feature_size: Some(2),
        ..Default::default()
    };
    words.set_simhash_features(Features::Words);
    let mut characters = DetectorSettings::default();
    characters.set_simhash_features(Features::Characters);
    let mut method = DetectorSettings::default();
    method.set_method(Method::SimhashOnly);
    told.change(&[], detector(words)).await.expect("empty");
    told.submitted(article("1", &text(1))).await;
    for fixed in [characters, method] {
        refused(
            told.change(&[], detector(fixed)).await,
            Code::FailedPrecondition,
            "SETTINGS_FIXED",
            "",
        );
    }
    let threshold = DetectorSettings {
        min_size_ratio: Some(0.9),
        ..Default::default()
    };
    let changed = told.change(&[], detector(threshold)).await;
    changed.expect("a threshold may change");
    let wrong = DetectorSettings {
        simhash_distance: Some(13),
        ..Default::default()
    };
    refused(
        told.change(&[], detector(wrong)).await,
        Code::InvalidArgument,
        "SETTING_OUT_OF_RANGE",
        "collection.detector.simhash_distance",
    );
    told.deleted("1").await.expect("deleted");
    let changed = told.change(&[], detector(method)).await;
    changed.expect("it is empty again");
    let small = told.submitted(article("2", &text(2))).await;
    assert_eq!(small.fingerprint.expect("a fingerprint").sketch_size, 0);
}

pub(crate) async fn obey_changed_settings(told: Arc<Dialogue>) {
    let original = text(1);
    let copy = |seed| Edit::Words.apply(&original, 0.1, seed);
    told.submitted(article("1", &original)).await;
    let near = told.submitted(article("2", &copy(2))).await;
    assert_eq!(near.verdict(), Verdict::NearDuplicate);
    let strict = DetectorSettings {
        min_score: Some(1.0),
        ..Default::default()
    };
    told.change(&[], detector(strict)).await.expect("changed");
    let apart = told.submitted(article("3", &copy(3))).await;
    assert!(!matches!(
        apart.verdict(),
        Verdict::NearDuplicate | Verdict::Exact
    ));
    let loose = ["detector.min_score"];
    let loose = told.change(&loose, Collection::default()).await;
    loose.expect("the default again");
    let near = told.submitted(article("4", &copy(4))).await;
    assert_eq!(near.verdict(), Verdict::NearDuplicate);

    // A method of its own, with a distance beyond that of one block.
    let other = told.about(&format!("{}-small", told.collection()));
    let mut small = DetectorSettings {
        simhash_distance: Some(12),
        ..Default::default()
    };
    small.set_method(Method::SimhashOnly);
    other.create(detector(small)).await;
    let long = basma_tests::corpus().mean_words(300.0).article(0).text;
    other.submitted(article("1", &long)).await;
    for (id, text) in [
        ("2", Edit::Words.apply(&long, 0.02, 1)),
        ("3", Edit::Orthography.apply(&long, 0.5, 1)),
        ("4", text(7)),
        ("5", "قصير جدا".to_owned()),
        ("6", "قصير جدا".to_owned()),
    ] {
        other.submitted(article(id, &text)).await;
    }
    for said in other.said() {
        told.note("small", &Ok(said));
    }
}

pub(crate) async fn are_listed_by_name(told: Arc<Dialogue>) {
    // Others come and go meanwhile, so those are looked for that follow these.
    let aside = told.aside();
    let all: Vec<_> = (0..5).map(|number| format!("zz-listed-{number}")).collect();
    for name in all.iter().rev() {
        aside.about(name).create(Collection::default()).await;
    }
    let mut names = Vec::new();
    let mut page_token = "zz-listed".to_owned();
    while names.len() < all.len() {
        let request = ListCollectionsRequest {
            page_size: 2,
            page_token,
        };
        let page = aside.list_collections(request).await.expect("a page");
        assert!(page.collections.len() <= 2);
        names.extend(page.collections.into_iter().map(|one| one.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names, all);
    let negative = ListCollectionsRequest {
        page_size: -1,
        ..Default::default()
    };
    refused(
        told.list_collections(negative).await,
        Code::InvalidArgument,
        "PAGE_SIZE_NEGATIVE",
        "page_size",
    );
}

pub(crate) async fn count_what_they_hold(told: Arc<Dialogue>) {
    let original = text(1);
    for (id, text) in [
        ("1", original.clone()),
        ("2", original.clone()),
        ("3", text(3)),
        ("3", text(3)),
        ("4", Edit::Words.apply(&original, 0.05, 1)),
        ("5", text(5)),
        ("6", "قصير".to_owned()),
        ("7", "قصير".to_owned()),
    ] {
        told.submitted(article(id, &text)).await;
        told.stats().await;
    }
    let stats = told.stats().await;
    assert_eq!((stats.article_count, stats.cluster_count), (7, 4));
    // A revision that leaves its story, and one that joins another.
    told.submitted(article("4", &text(4))).await;
    told.stats().await;
    told.submitted(article("5", &original)).await;
    told.stats().await;
    for id in ["1", "2", "6", "3", "5"] {
        told.deleted(id).await.expect("deleted");
        told.stats().await;
    }
    let stats = told.stats().await;
    assert_eq!((stats.article_count, stats.cluster_count), (2, 2));
}
