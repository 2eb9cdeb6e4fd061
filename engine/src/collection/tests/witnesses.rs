//! Of a match that is in doubt its copies, and the text's, have a say.

use super::*;
use crate::answer::{Match, Relation};

/// Texts that open with the same 42 words, each followed by as many of its own.
fn openings<const N: usize>(own: [usize; N]) -> [String; N] {
    let opening = story(1, 42);
    let mut n = 1;
    own.map(|own| {
        n += 1;
        format!("{opening} {}", story(n, own))
    })
}

/// The match of `id`, of a text that is checked against a collection of others.
fn matched(others: &[(&str, &str)], text: &str, id: &str) -> Match {
    let collection = collection(Method::Full);
    for (id, text) in others {
        submit(&collection, id, text);
    }
    let answer = check(&collection, "", text);
    let found = answer.matches.into_iter();
    let mut found = found.filter(|found| &*found.article.id == id);
    found.next().expect("it is matched")
}

#[test]
fn a_copy_that_is_another_story_speaks_against_it() {
    let [story_of_a, text] = openings([50, 18]);
    let copy = format!("{text} {}", story(9, 30));
    let alone = matched(&[("a", &story_of_a)], &text, "a");
    assert_eq!(alone.relation, Relation::NearDuplicate);
    let heard = matched(&[("a", &story_of_a), ("copy", &copy)], &text, "a");
    assert_eq!(heard.relation, Relation::Partial);
    assert!(heard.evidence.score < alone.evidence.score);
    // What stays beyond doubt stays as it was.
    let copy = matched(&[("a", &story_of_a), ("copy", &copy)], &text, "copy");
    assert_eq!(copy.relation, Relation::NearDuplicate);
}

#[test]
fn a_copy_that_tells_the_story_speaks_for_it() {
    let [story_of_a, text] = openings([58, 26]);
    let copy = text.split(' ').take(50).collect::<Vec<_>>().join(" ");
    let alone = matched(&[("a", &story_of_a)], &text, "a");
    assert_eq!(alone.relation, Relation::Partial);
    let heard = matched(&[("a", &story_of_a), ("copy", &copy)], &text, "a");
    assert_eq!(heard.relation, Relation::NearDuplicate);
}

#[test]
fn the_other_half_of_a_page_knows_nothing() {
    let (half, other) = (story(1, 100), story(2, 50));
    let page = format!("{half} {}", edited(&other, 9, 3));
    let alone = matched(&[("other", &other)], &page, "other");
    let heard = matched(&[("other", &other), ("half", &half)], &page, "other");
    assert_eq!(alone.relation, Relation::Contains);
    assert_eq!(heard.relation, Relation::Contains);
    // In an index of one more story a little less is asked for, and the score is the same.
    assert_eq!(heard.evidence.score, alone.evidence.score);
}
