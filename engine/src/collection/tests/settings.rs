//! What shapes the fingerprints is fixed while there are any; thresholds may change.

use super::*;
use crate::{SimHash, answer::Verdict, collection::SettingsFixed, shingle::Shingling};

#[test]
fn only_an_empty_collection_changes_what_shapes_its_fingerprints() {
    let collection = collection(Method::Full);
    let words = Detector {
        features: Shingling::Words(3),
        ..Detector::default()
    };
    assert_eq!(collection.set_detector(words), Ok(()));
    submit(&collection, "1", &story(1, 40));
    assert_eq!(
        collection.set_detector(Detector::default()),
        Err(SettingsFixed)
    );
    assert_eq!(
        collection.set_detector(Detector::new(Method::SimHashOnly)),
        Err(SettingsFixed)
    );
    assert_eq!(collection.detector(), words, "a refusal changes nothing");
    collection.delete("1", &());
    assert_eq!(collection.set_detector(Detector::default()), Ok(()));
}

#[test]
fn thresholds_change_for_what_comes_after() {
    let collection = collection(Method::SimHashOnly);
    let text = story(1, 120);
    let near = edited(&text, 6, 1);
    submit(&collection, "1", &text);
    let strict = Detector {
        distance: 0,
        ..Detector::new(Method::SimHashOnly)
    };
    let found = |simhash: SimHash| {
        check(&collection, "", &near)
            .fingerprint
            .simhash
            .distance(simhash)
    };
    let bits = found(check(&collection, "", &text).fingerprint.simhash);
    assert!((1..=10).contains(&bits), "{bits}");
    assert_eq!(collection.set_detector(strict), Ok(()));
    assert_eq!(check(&collection, "", &near).verdict, Verdict::New);
    let exactly = Detector {
        distance: bits,
        ..strict
    };
    assert_eq!(collection.set_detector(exactly), Ok(()));
    assert!(check(&collection, "", &near).verdict.is_duplicate());
    let less = Detector {
        distance: bits - 1,
        ..strict
    };
    assert_eq!(collection.set_detector(less), Ok(()));
    assert_eq!(check(&collection, "", &near).verdict, Verdict::New);
}
