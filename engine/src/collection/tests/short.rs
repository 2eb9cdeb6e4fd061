//! Texts without words match nothing, texts of a few words only their equals.

use super::*;
use crate::{answer::Relation, answer::Verdict};

#[test]
fn an_empty_text_matches_nothing_and_is_kept() {
    for method in METHODS {
        let collection = collection(method);
        for (id, text) in [
            ("1", ""),
            ("2", ""),
            ("3", "… ! «»"),
            ("4", "\u{64b}\u{640}"),
        ] {
            let answer = submit(&collection, id, text);
            assert_eq!((answer.verdict, answer.matches.len()), (Verdict::New, 0));
            assert_eq!(answer.fingerprint.tokens, 0);
        }
        assert_eq!(collection.stats().articles, 4);
        assert_eq!(collection.stats().clusters, 4);
        assert_eq!(collection.stats().simhashes, 0);
        let long = submit(&collection, "5", &story(1, 50));
        assert_eq!(long.verdict, Verdict::New);
        let zero = crate::SimHash::default();
        assert!(collection.find_near(zero, 12, None, 10).0.is_empty());
    }
}

#[test]
fn an_empty_text_submitted_again_is_the_same_text() {
    let collection = collection(Method::Full);
    submit(&collection, "1", "");
    let again = submit(&collection, "1", " … ");
    assert!(again.resubmission);
    assert_eq!((again.verdict, again.revision), (Verdict::New, 1));
}

#[test]
fn a_headline_matches_its_equals_only() {
    for method in METHODS {
        let collection = collection(method);
        let words = Detector::MIN_TOKENS as usize - 1;
        let headline = story(1, words);
        submit(&collection, "1", &headline);
        let same = submit(&collection, "2", &dressed(&headline));
        assert_eq!(same.verdict, Verdict::Related(Relation::Exact));
        assert_eq!(same.canonical_id.as_deref(), Some("1"));
        let other = submit(&collection, "3", &edited(&headline, 1, 7));
        assert_eq!(other.verdict, Verdict::New);
        // Nor does an article match the headline that it begins with.
        let article = format!("{headline} {}", story(1, 10));
        assert_eq!(submit(&collection, "4", &article).verdict, Verdict::New);
        // Only the article is reachable by distance.
        assert_eq!(collection.stats().simhashes, 1);
    }
}

#[test]
fn the_shortest_comparable_text_is_compared() {
    let collection = collection(Method::Full);
    let text = story(1, Detector::MIN_TOKENS as usize);
    submit(&collection, "1", &text);
    let longer = format!("{text} {}", story(2, 1));
    let answer = submit(&collection, "2", &longer);
    assert_eq!(answer.verdict, Verdict::Related(Relation::NearDuplicate));
}
