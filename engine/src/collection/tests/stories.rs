//! A story's canonical article is its first one, and the next when that is deleted.

use super::*;
use crate::{answer::Relation, answer::Verdict};

#[test]
fn the_next_is_promoted_when_the_canonical_is_deleted() {
    for method in METHODS {
        let collection = collection(method);
        let text = story(1, 120);
        for id in ["1", "2", "3"] {
            submit(&collection, id, &text);
        }
        for (canonical, next) in [("1", "2"), ("2", "3")] {
            let answer = check(&collection, "", &text);
            assert_eq!(answer.canonical_id.as_deref(), Some(canonical));
            assert!(collection.delete(canonical, &()));
            assert!(!collection.delete(canonical, &()));
            assert!(collection.get(canonical).is_none());
            let article = collection.get(next).expect("it is there");
            assert_eq!(&*collection.canonical_id(&article), next);
        }
        let late = submit(&collection, "4", &text);
        assert_eq!(late.canonical_id.as_deref(), Some("3"));
        let third = collection.get("3").expect("it is there");
        let (members, size) = collection.cluster(&third, 0, 10);
        let members: Vec<_> = members.iter().map(|member| &*member.id).collect();
        assert_eq!((&members[..], size), (&["3", "4"][..], 2));
        assert_eq!(collection.stats().clusters, 1);
        collection.delete("3", &());
        collection.delete("4", &());
        assert_empty(&collection);
        assert_eq!(submit(&collection, "5", &text).verdict, Verdict::New);
    }
}

#[test]
fn a_revision_that_leaves_the_story_takes_nobody_along() {
    let collection = collection(Method::Full);
    let text = story(1, 120);
    submit(&collection, "1", &text);
    submit(&collection, "2", &text);
    let revised = submit(&collection, "1", &story(2, 120));
    assert_eq!((revised.verdict, revised.revision), (Verdict::New, 2));
    assert_eq!(collection.stats().clusters, 2);
    let answer = check(&collection, "", &text);
    assert_eq!(ids(&answer), ["2"]);
    assert_eq!(answer.canonical_id.as_deref(), Some("2"));
}

#[test]
fn the_canonical_article_stays_so_when_it_is_corrected() {
    for method in METHODS {
        let collection = collection(method);
        let text = story(1, 300);
        submit(&collection, "1", &text);
        submit(&collection, "2", &text);
        let corrected = submit(&collection, "1", &edited(&text, 1, 5));
        assert_eq!(corrected.verdict, Verdict::Related(Relation::NearDuplicate));
        assert_eq!(ids(&corrected), ["2"]);
        assert_eq!(corrected.canonical_id, None, "it is no copy of itself");
        let copy = submit(&collection, "3", &text);
        assert_eq!(copy.canonical_id.as_deref(), Some("1"));
        let first = collection.get("1").expect("it is there");
        assert_eq!(collection.cluster(&first, 0, 10).1, 3);
        assert_eq!(collection.stats().clusters, 1);
    }
}

/// A posting list holds so many articles and no more; they may all go.
#[test]
fn a_story_is_known_by_its_later_articles_when_the_first_hundred_are_deleted() {
    let collection = collection(Method::Full);
    let text = story(1, 120);
    for n in 0..200u64 {
        submit(&collection, &n.to_string(), &edited(&text, 3, n));
    }
    for n in 0..100 {
        collection.delete(&n.to_string(), &());
    }
    let answer = check(&collection, "", &edited(&text, 3, 1_000));
    let evidence = answer.matches.first().map(|found| &found.evidence);
    assert!(
        answer.verdict.is_duplicate(),
        "{:?} {evidence:?}",
        answer.verdict
    );
}
