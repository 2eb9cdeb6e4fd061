//! Check, FindDuplicates, Compare, Fingerprint.

use std::sync::Arc;

use basma_benches::corpus::Edit;
use basma_proto::v1::{
    compare_side::Side, detector_settings::Method, find_duplicates_request::Query, *,
};
use basma_tests::{Dialogue, article};
use tonic::Code;

use crate::expected::{refused, text};

pub(crate) async fn a_check_changes_nothing(told: Arc<Dialogue>) {
    for _ in 0..2 {
        let new = told.checked(article("1", &text(0))).await;
        assert_eq!(new.verdict(), Verdict::New);
    }
    assert_eq!(told.stats().await.article_count, 0);
    told.submitted(article("1", &text(0))).await;
    let copy = Edit::Words.apply(&text(0), 0.1, 1);
    let near = told.checked(article("", &copy)).await;
    assert_eq!(near.verdict(), Verdict::NearDuplicate);
    let own = told.checked(article("1", &copy)).await;
    assert_eq!(
        own.verdict(),
        Verdict::New,
        "an article is no copy of itself"
    );
    told.checked(article("", "قصير")).await;
    told.checked(article("", "...")).await;
    let all = ["", " ", "!؟"].map(|text| article("", text));
    let request = BatchCheckRequest {
        collection: told.collection(),
        articles: all.to_vec(),
        ..Default::default()
    };
    told.batch_check(request).await.expect("answers");
    assert_eq!(told.stats().await.article_count, 1);
}

pub(crate) async fn what_is_near_is_found(told: Arc<Dialogue>) {
    // Several have one SimHash, others a near one.
    let original = text(0);
    for number in 0..12_u64 {
        let copy = match number % 3 {
            0 => original.clone(),
            1 => Edit::Orthography.apply(&original, 0.5, number),
            _ => Edit::Words.apply(&original, 0.02, number),
        };
        told.submitted(article(&format!("copy-{number}"), &copy))
            .await;
        told.submitted(article(&format!("other-{number}"), &text(10 + number)))
            .await;
    }
    let answer = told.submitted(article("short", "خبر قصير")).await;
    let short = answer.fingerprint.expect("a fingerprint").simhash;
    let simhash = told.got("copy-0").await.expect("there").fingerprint;
    let simhash = simhash.expect("a fingerprint").simhash;
    let find = async |query: Query, distance: Option<u32>, max_matches: u32| {
        let request = FindDuplicatesRequest {
            collection: told.collection(),
            query: Some(query),
            distance,
            max_matches,
        };
        told.find_duplicates(request).await
    };
    let id = |id: &str| Query::Id(id.to_owned());
    for (query, distance) in [
        (id("copy-0"), None),
        (id("copy-2"), None),
        (id("copy-0"), Some(0)),
        (id("copy-0"), Some(3)),
        (id("copy-2"), Some(12)),
        (id("other-0"), None),
        (id("other-0"), Some(12)),
        (id("short"), None),
        (id("short"), Some(12)),
        (Query::Simhash(simhash), Some(0)),
        (Query::Simhash(simhash), Some(12)),
        (Query::Simhash(simhash ^ 0b111), Some(3)),
        (Query::Simhash(!simhash), Some(12)),
        (Query::Simhash(short), Some(0)),
        (Query::SimhashHex(format!("{simhash:016x}")), Some(6)),
    ] {
        for most in [0, 1, 3, 7, 8, 11, 12, 1000] {
            find(query.clone(), distance, most).await.expect("answers");
        }
    }
    let found = find(Query::Simhash(simhash), Some(0), 7).await;
    let found = found.expect("answers");
    assert_eq!((found.matches.len(), found.truncated), (7, true));
    let found = find(Query::Simhash(simhash), Some(0), 8).await;
    let found = found.expect("answers");
    assert_eq!((found.matches.len(), found.truncated), (8, false));
    told.deleted("copy-3").await.expect("deleted");
    let found = find(Query::Simhash(simhash), Some(0), 8).await;
    assert_eq!(found.expect("answers").matches.len(), 7);

    let invalid = Code::InvalidArgument;
    for (query, distance, most, reason, field) in [
        (Query::Simhash(1), None, 0, "DISTANCE_MISSING", "distance"),
        (id("1"), Some(13), 0, "DISTANCE_OUT_OF_RANGE", "distance"),
        (
            Query::SimhashHex("1".to_owned()),
            Some(1),
            0,
            "SIMHASH_MALFORMED",
            "simhash_hex",
        ),
        (
            id("1"),
            None,
            1001,
            "MAX_MATCHES_OUT_OF_RANGE",
            "max_matches",
        ),
    ] {
        let found = find(query, distance, most).await;
        refused(found, invalid, reason, field);
    }
    let none = FindDuplicatesRequest {
        collection: told.collection(),
        ..Default::default()
    };
    let found = told.find_duplicates(none).await;
    refused(found, invalid, "QUERY_MISSING", "query");
}

pub(crate) async fn texts_and_articles_are_compared(told: Arc<Dialogue>) {
    let original = text(0);
    let copy = Edit::Words.apply(&original, 0.1, 1);
    told.submitted(article("bare", &original)).await;
    let kept = Collection {
        keep_texts: true,
        ..Default::default()
    };
    told.change(&[], kept).await.expect("changed");
    told.submitted(article("kept", &copy)).await;
    for number in 0..10 {
        told.submitted(article(&number.to_string(), &text(10 + number)))
            .await;
    }
    let small = told.about(&format!("{}-small", told.collection()));
    let mut detector = DetectorSettings::default();
    detector.set_method(Method::SimhashOnly);
    let settings = Collection {
        detector: Some(detector),
        ..Default::default()
    };
    small.create(settings).await;
    small.submitted(article("bare", &original)).await;
    small.submitted(article("kept", &copy)).await;
    let id = |id: &str| Side::Id(id.to_owned());
    let sides = [
        id("bare"),
        id("kept"),
        Side::Text(original.clone()),
        Side::Article(Article {
            title: "عنوان الخبر".to_owned(),
            publish_time: Some(Default::default()),
            ..article("", &copy)
        }),
        Side::Text(text(11)),
        Side::Text("قصير".to_owned()),
        Side::Text(String::new()),
    ];
    let compare = |told: &Dialogue, a: Option<&Side>, b: Option<&Side>| {
        let side = |side: Option<&Side>| {
            side.map(|side| CompareSide {
                side: Some(side.clone()),
            })
        };
        CompareRequest {
            collection: told.collection(),
            a: side(a),
            b: side(b),
        }
    };
    for told in [&*told, &small] {
        for a in &sides {
            for b in &sides {
                let request = compare(told, Some(a), Some(b));
                let compared = told.compare(request).await;
                assert!(compared.is_ok(), "{a:?}, {b:?}: {compared:?}");
            }
        }
    }
    for said in small.said() {
        told.note("small", &Ok(said));
    }
    let both = compare(&told, Some(&sides[0]), Some(&sides[1]));
    let both = told.compare(both).await.expect("a comparison");
    assert_eq!(both.relation(), Relation::NearDuplicate);
    let unknown = id("unknown");
    let request = compare(&told, Some(&sides[0]), Some(&unknown));
    refused(
        told.compare(request).await,
        Code::NotFound,
        "ARTICLE_NOT_FOUND",
        "",
    );
    let request = compare(&told, Some(&sides[0]), None);
    refused(
        told.compare(request).await,
        Code::InvalidArgument,
        "TEXT_MISSING",
        "b.text",
    );
}

pub(crate) async fn a_text_is_fingerprinted(told: Arc<Dialogue>) {
    let request = FingerprintRequest {
        collection: told.collection(),
        body: Some(fingerprint_request::Body::Text(text(0))),
    };
    let said = told.fingerprint(request.clone()).await.expect("one");
    let answer = told.submitted(article("1", &text(0))).await;
    assert_eq!(answer.fingerprint, said.fingerprint);
    let none = FingerprintRequest {
        body: None,
        ..request
    };
    refused(
        told.fingerprint(none).await,
        Code::InvalidArgument,
        "TEXT_MISSING",
        "text",
    );
}
