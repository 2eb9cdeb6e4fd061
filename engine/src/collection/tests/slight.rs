//! How little two texts may have in common, and that the rest is found.

use super::*;
use crate::answer::{Relation, Verdict};

/// A long text, and a short one that has some words of it in its middle.
fn pair(n: u64, words: usize) -> (String, String) {
    let long = story(2 * n, 700);
    let held: Vec<_> = long.split(' ').skip(300).take(words).collect();
    let short = story(2 * n + 1, 80);
    let (begin, end) = short.split_at(short.find(' ').expect("words"));
    let short = format!("{begin} {}{end}", held.join(" "));
    (long, short)
}

/// What the short text is to the long one, which a collection holds alone.
fn told(long: &str, short: &str) -> Verdict {
    let collection = collection(Method::Full);
    submit(&collection, "long", long);
    check(&collection, "", short).verdict
}

/// Of the sample of the long text some ten shingles may be among the eighty of the short one.
#[test]
fn a_phrase_in_common_is_nothing() {
    for n in 0..100 {
        let (long, short) = pair(n, 4);
        assert_eq!(told(&long, &short), Verdict::New, "{n}");
        assert_eq!(compare(&short, &long, Method::Full).relation, None, "{n}");
    }
}

#[test]
fn a_comparison_says_what_a_check_does() {
    let mut relations = std::collections::BTreeSet::new();
    for n in 0..100 {
        let (long, short) = pair(n, 10 + 3 * n as usize);
        let Verdict::Related(found) = told(&long, &short) else {
            continue;
        };
        let compared = compare(&short, &long, Method::Full).relation;
        assert_eq!(compared, Some(found), "{n}");
        relations.insert(found);
    }
    assert!(relations.len() > 1, "{relations:?}");
}

/// The long text posts one in twelve of the shingles of what it holds: in one case of twenty not two.
#[test]
fn a_brief_in_a_long_text_is_found_by_one_hash() {
    let is_found = |n: &u64| {
        let long = story(*n, 700);
        let brief: Vec<_> = long.split(' ').skip(300).take(60).collect();
        told(&long, &brief.join(" ")) == Verdict::Related(Relation::ContainedIn)
    };
    let found = (0..200).filter(is_found).count();
    assert!(found >= 197, "{found} of 200");
}
