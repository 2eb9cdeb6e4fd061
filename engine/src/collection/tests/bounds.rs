//! However many copies there are, an answer has as many as were asked for, the first come first.

use super::*;
use crate::{answer::Relation, answer::Verdict};

#[test]
fn ten_thousand_copies_are_answered_with_the_first_ones() {
    for method in METHODS {
        let collection = collection(method);
        let text = story(1, 40);
        for n in 0..10_000 {
            let answer = submit_at(&collection, &n.to_string(), &text, n, 3);
            assert_eq!(answer.matches.len(), (n as usize).min(3));
            assert_eq!(answer.truncated, n > 3);
        }
        let stats = collection.stats();
        assert_eq!(
            (stats.articles, stats.simhashes, stats.clusters),
            (10_000, 1, 1)
        );
        for limit in [1, 10, 500] {
            let answer = check_at(&collection, "", &text, limit);
            assert_eq!(answer.verdict, Verdict::Related(Relation::Exact));
            assert_eq!(answer.canonical_id.as_deref(), Some("0"));
            assert!(answer.truncated);
            let first: Vec<_> = (0..limit).map(|n| n.to_string()).collect();
            assert_eq!(ids(&answer), first);
            let near = collection.find_near(answer.fingerprint.simhash, 3, None, limit);
            assert_eq!((near.0.len(), near.1), (limit, true));
        }
        let first = collection.get("0").expect("it is there");
        let (found, truncated) = collection.find_related(&first, 5);
        assert_eq!((found.len(), truncated), (5, true));
        let (members, size) = collection.cluster(&first, 9_990, 100);
        assert_eq!((members.len(), size), (10, 10_000));
    }
}

#[test]
fn as_many_matches_as_wanted_are_not_called_truncated() {
    for method in METHODS {
        let collection = collection(method);
        let text = story(1, 40);
        for n in 0..10 {
            submit(&collection, &n.to_string(), &text);
        }
        let all = check(&collection, "", &text);
        assert_eq!((all.matches.len(), all.truncated), (10, false));
        let own = check(&collection, "4", &text);
        assert_eq!((own.matches.len(), own.truncated), (9, false));
        assert!(!ids(&own).contains(&"4"));
    }
}

#[test]
fn memory_follows_what_is_left() {
    for method in METHODS {
        let collection = collection(method);
        let submit = |numbers: std::ops::Range<u64>| {
            for number in numbers {
                submit(&collection, &number.to_string(), &story(number, 20));
            }
        };
        submit(0..12_500);
        let many = collection.stats().bytes;
        for number in 100..12_500 {
            assert!(collection.delete(&number.to_string(), &()));
        }
        let left = collection.stats();
        assert_eq!(left.articles, 100);
        assert!(left.bytes * 8 < many, "{method:?}: {many}, {}", left.bytes);
        // It goes on as before, in the place of what went.
        submit(100..12_500);
        let again = collection.stats().bytes;
        assert!(again < many * 11 / 10, "{method:?}: {many}, {again}");
    }
}

#[test]
fn where_more_than_are_looked_at_are_near_the_answer_says_so() {
    let collection = collection(Method::Full);
    let text = story(1, 200);
    let submit_edited = |n: u64| submit(&collection, &n.to_string(), &edited(&text, 8, n));
    (0..20).for_each(|n| drop(submit_edited(n)));
    let all = check_at(&collection, "", &text, 250);
    assert_eq!((all.matches.len(), all.truncated), (20, false));
    (20..300).for_each(|n| drop(submit_edited(n)));
    let latest = check_at(&collection, "", &text, 250);
    assert!((30..250).contains(&latest.matches.len()));
    assert!(latest.truncated);
}

/// Sixty texts have a part in common with a page, which is little of it; another text stands in it whole.
#[test]
fn beside_a_crowd_that_shares_a_part_what_shares_another_is_found() {
    let collection = collection(Method::Full);
    let shared = story(1, 80);
    submit(&collection, "story", &story(2, 40));
    for n in 0..60 {
        let text = format!("{shared} {}", story(100 + n, 10));
        submit(&collection, &n.to_string(), &text);
    }
    let page = format!("{} {shared} {}", story(3, 200), story(2, 40));
    for limit in [3, 30] {
        let answer = check_at(&collection, "", &page, limit);
        let found = |id: &str| answer.matches.iter().find(|found| &*found.article.id == id);
        let story = found("story").map(|found| found.relation);
        assert_eq!(story, Some(Relation::Contains), "{limit}");
        assert_eq!((answer.matches.len(), answer.truncated), (limit, true));
    }
}
