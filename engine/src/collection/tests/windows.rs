//! A window: what lies further away in time does not match.

use super::*;
use crate::{Age, Clock, Scope, Verdict};

fn at(collection: &Collection, id: &str, text: &str, now: i64, age: Age) -> Answer {
    let metadata = Metadata {
        published: Some(-now),
        ..Metadata::default()
    };
    let submission = Submission {
        id,
        text,
        metadata: &metadata,
        now,
    };
    let scope = Scope {
        limit: 3,
        window: Some(age),
    };
    collection
        .submit(&mut Fingerprinter::default(), submission, scope, &())
        .expect("there is room")
}

#[test]
fn only_what_is_near_in_time_matches() {
    for method in METHODS {
        for clock in [Clock::FirstSeen, Clock::Published] {
            let collection = collection(method);
            let age = Age { clock, most: 100 };
            // Whether a SimHash is near after an edit is a matter of chance.
            let changes = if method == Method::Full { 2 } else { 0 };
            let (text, near) = (story(1, 80), edited(&story(1, 80), changes, 1));
            assert_eq!(at(&collection, "1", &text, 1000, age).verdict, Verdict::New);
            assert_eq!(at(&collection, "2", &text, 1101, age).verdict, Verdict::New);
            let third = at(&collection, "3", &near, 1150, age);
            assert_eq!(ids(&third), ["2"], "{method:?} {clock:?}");
            // To either side, and the bounds are within.
            assert_eq!(ids(&at(&collection, "4", &text, 900, age)), ["1"]);
            assert_eq!(check(&collection, "", &text).matches.len(), 4);
        }
    }
}

#[test]
fn copies_outside_do_not_hide_those_within() {
    let collection = collection(Method::Full);
    let (text, near) = (story(1, 80), edited(&story(1, 80), 2, 1));
    let age = |most| Age {
        clock: Clock::FirstSeen,
        most,
    };
    at(&collection, "within", &text, 1_000_000, age(10));
    for n in 0..600 {
        at(&collection, &n.to_string(), &text, n, age(1_000));
    }
    for text in [text, near] {
        let answer = at(&collection, "", &text, 1_000_005, age(10));
        assert_eq!(ids(&answer), ["within"]);
        collection.delete("", &());
    }
}
