//! A collection whose articles were imported answers as the one that they come from.

use proptest::prelude::*;

use super::{
    restore::{Pages, assert_alike, steps, take},
    *,
};
use crate::{
    Record,
    collection::{Import, Unfit},
};

/// Imports what a journal holds; returns how many articles are new.
fn import(collection: &Collection, pages: &Pages) -> Result<usize, Unfit> {
    let (records, usual) = &mut *pages.0.lock().expect("no panic");
    records.sort_unstable();
    let mut import = Import::default();
    let mut new = 0;
    for (_, record) in records.iter() {
        // As it is exported: with the mean of today.
        let read = Record::decode(record).expect("a record");
        let mut today = Vec::new();
        Record::encode(&read.into_article(), None, *usual, &mut today);
        let record = Record::decode(&today).expect("a record");
        new += usize::from(import.add(collection, record, &())?);
    }
    import.finish(collection);
    Ok(new)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_goes_on_where_the_other_is(steps in steps(), more in steps(), method in 0..2usize) {
        let (pages, detector) = (Pages::default(), Detector::new(METHODS[method]));
        let [collection, other] = [(); 2].map(|()| Collection::new(detector));
        for (now, step) in steps.iter().enumerate() {
            take(&collection, step, now, &pages);
        }
        let count = collection.stats().articles as usize;
        prop_assert_eq!(import(&other, &pages), Ok(count));
        // Whoever was interrupted begins anew.
        prop_assert_eq!(import(&other, &pages), Ok(0));
        assert_alike(&collection, &other)?;
        for (now, step) in more.iter().enumerate() {
            let now = steps.len() + now;
            let told = take(&collection, step, now, &());
            prop_assert_eq!(told, take(&other, step, now, &()));
        }
    }
}

#[test]
fn what_is_there_is_not_replaced() {
    let pages = Pages::default();
    let source = collection(Method::Full);
    let own = collection(Method::Full);
    let submit = |to: &Collection, id: usize, text: usize, journal: &dyn crate::Journal| {
        restore::submission(id, text, id, |submission, limit| {
            let answer = to.submit(&mut Fingerprinter::default(), submission, limit, journal);
            answer.expect("there is room")
        })
    };
    submit(&source, 1, 1, &pages);
    submit(&own, 1, 2, &());
    assert_eq!(import(&own, &pages), Err(Unfit::IdTaken));
    assert_eq!(own.stats().articles, 1);
    let own = collection(Method::Full);
    submit(&own, 2, 2, &());
    assert_eq!(import(&own, &pages), Err(Unfit::OutOfOrder));
    assert_eq!(own.stats().articles, 1);
    assert!(own.get("1").is_none());
    // And it goes on.
    submit(&own, 3, 1, &());
    assert_eq!(own.stats().articles, 2);
}
