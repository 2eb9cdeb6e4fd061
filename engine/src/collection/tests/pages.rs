//! Two stories on one page are two stories, whichever of the three came first.

use super::*;
use crate::answer::{Relation, Verdict};

/// A page of two stories of 100 words, with a site's words between them, and the stories.
fn page(n: u64) -> [String; 3] {
    let [first, second] = [1, 2].map(|part| story(10 * n + part, 100));
    let page = format!("{first} {} {second}", story(10 * n, 12));
    [page, first, second]
}

/// The ids of an article's story.
fn members(collection: &Collection, id: &str) -> Vec<String> {
    let article = collection.get(id).expect("it is there");
    let (members, size) = collection.cluster(&article, 0, 10);
    assert_eq!(members.len(), size);
    members.iter().map(|member| member.id.to_string()).collect()
}

#[test]
fn the_second_story_of_a_page_begins_its_own() {
    for (n, order) in (0..).zip([["page", "a", "b"], ["page", "b", "a"], ["a", "page", "b"]]) {
        let collection = collection(Method::Full);
        let [page, a, b] = page(n);
        let text = |id: &str| match id {
            "page" => &page,
            "a" => &a,
            _ => &b,
        };
        for id in order {
            submit(&collection, id, text(id));
        }
        let last = order[2];
        assert_eq!(members(&collection, order[0]), order[..2]);
        assert_eq!(members(&collection, last), [last]);
        assert_eq!(collection.stats().clusters, 2);
        // It is in the page all the same, and what was told of it stays.
        let again = submit(&collection, last, text(last));
        assert!(again.resubmission);
        assert_eq!(
            again.verdict,
            Verdict::Related(Relation::ContainedIn),
            "{order:?}"
        );
        assert_eq!(ids(&again), ["page"]);
        assert_eq!(again.canonical_id, None);
        // Whoever tells one of the two stories goes with that one.
        for id in &order[1..] {
            let copy = edited(text(id), 4, n);
            let answer = check(&collection, "", &copy);
            let article = collection.get(id).expect("it is there");
            let canonical = collection.canonical_id(&article);
            assert_eq!(answer.canonical_id, Some(canonical), "{order:?} {id}");
        }
        if order[1] != "page" {
            continue;
        }
        // A part of the second story alone.
        let brief = text(last).split(' ').take(45).collect::<Vec<_>>().join(" ");
        let answer = check(&collection, "", &brief);
        assert_eq!(answer.verdict, Verdict::Related(Relation::ContainedIn));
        assert_eq!(answer.canonical_id.as_deref(), Some(last), "{order:?}");
    }
}

/// Many copies, of both: as many as can be wrong.
#[test]
fn copies_of_two_stories_on_a_page_make_two_stories() {
    let collection = collection(Method::Full);
    let [page, a, b] = page(7);
    submit(&collection, "page", &page);
    for n in 0..20 {
        submit(&collection, &format!("a{n}"), &edited(&a, 3, n));
        submit(&collection, &format!("b{n}"), &edited(&b, 3, n));
    }
    assert_eq!(collection.stats().clusters, 2);
    let b = collection.get("b0").expect("it is there");
    assert_eq!(collection.cluster(&b, 0, 100).1, 20);
}

/// Two excerpts that overlap are of one story.
#[test]
fn excerpts_that_overlap_stay_with_what_they_are_from() {
    let collection = collection(Method::Full);
    let whole = story(5, 300);
    let words: Vec<_> = whole.split(' ').collect();
    submit(&collection, "whole", &whole);
    submit(&collection, "a", &words[..120].join(" "));
    submit(&collection, "b", &words[80..200].join(" "));
    assert_eq!(members(&collection, "whole"), ["whole", "a", "b"]);
}
