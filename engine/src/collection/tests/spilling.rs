//! A collection whose articles are spilled answers as one that has them all in memory.

use std::sync::{Arc, atomic::Ordering};

use super::*;
use crate::{index::spilling::tests::Heap, spill::Spill};

/// A collection that spills each page that is full.
fn spilling(method: Method, resident: usize) -> (Collection, Arc<Heap>) {
    let heap = Arc::new(Heap::default());
    let to = Arc::clone(&heap) as Arc<dyn Spill>;
    (collection(method).spilling(to, resident), heap)
}

/// Everything that can be asked of each article.
fn all(collection: &Collection) -> Vec<String> {
    let (articles, _) = collection.list(0, usize::MAX - 1);
    let articles = articles.iter().map(|article| {
        let found = collection.get(&article.id).expect("it is there");
        let canonical = collection.canonical_id(article);
        let cluster = collection.cluster(article, 0, 10);
        format!("{article:?} {found:?} {canonical} {cluster:?}")
    });
    articles.collect()
}

/// What is submitted, checked, replaced and deleted, the same in both.
fn history(method: Method, resident: usize, full_at: Option<u64>) {
    let (spilled, heap) = spilling(method, resident);
    let plain = collection(method);
    let mut chance = Chance(resident as u64);
    let originals: Vec<_> = (0..40).map(|n| story(n, 60)).collect();
    let mut most = 0;
    for step in 0..2_500 {
        if let Some(at) = full_at {
            let is_full = (at..at + 800).contains(&step);
            heap.is_full.store(is_full, Ordering::Relaxed);
        }
        let id = chance.below(500).to_string();
        if step % 7 == 6 {
            let deleted = [&spilled, &plain].map(|collection| collection.delete(&id, &()));
            assert_eq!(deleted[0], deleted[1]);
            continue;
        }
        let text = &originals[chance.below(originals.len())];
        let text = edited(text, chance.below(60), step);
        let [one, other] = [&spilled, &plain].map(|collection| match step % 7 {
            5 => check(collection, &id, &text),
            _ => submit(collection, &id, &text),
        });
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "{step}");
        most = most.max(spilled.stats().spilled_bytes);
    }
    assert_eq!(all(&spilled), all(&plain));
    assert!(most > 0 && heap.used() as u64 == spilled.stats().spilled_bytes);
    if resident == 0 && full_at.is_none() {
        let [spilled, plain] = [&spilled, &plain].map(|collection| collection.stats().bytes);
        assert!(spilled < plain, "{spilled} {plain}");
    }
    for id in 0..500 {
        spilled.delete(&id.to_string(), &());
    }
    assert_eq!((spilled.stats().articles, heap.used()), (0, 0));
    assert_eq!(heap.lost.load(Ordering::Relaxed), 0);
}

#[test]
fn it_answers_as_one_in_memory() {
    for method in METHODS {
        for resident in [0, 128] {
            history(method, resident, None);
        }
    }
}

#[test]
fn what_cannot_be_spilled_stays_in_memory() {
    history(Method::Full, 0, Some(300));
}

#[test]
fn what_is_damaged_is_told_of() {
    let (collection, heap) = spilling(Method::Full, 0);
    for n in 0..64 {
        submit(&collection, &n.to_string(), &story(n, 60));
    }
    assert!(collection.stats().spilled_bytes > 0);
    assert_eq!(ids(&check(&collection, "", &story(7, 60))), ["7"]);
    heap.damage();
    assert!(check(&collection, "", &story(7, 60)).matches.is_empty());
    assert!(heap.lost.load(Ordering::Relaxed) > 0);
}

/// Each thread has ids of its own, so that what it finds of them is certain.
#[test]
fn many_may_read_and_change_it_at_once() {
    let (collection, heap) = &spilling(Method::Full, 0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let mut chance = Chance(thread);
                let mut kept: Vec<Option<String>> = vec![None; 60];
                for step in 0..900u64 {
                    let n = chance.below(kept.len());
                    let id = format!("{thread}.{n}");
                    let text = story(thread << 16 | step, 40);
                    if let Some(text) = &kept[n] {
                        assert_eq!(ids(&check(collection, "", text)), [&id]);
                    }
                    kept[n] = match step % 5 {
                        4 => {
                            assert_eq!(collection.delete(&id, &()), kept[n].is_some());
                            None
                        }
                        _ => {
                            submit(collection, &id, &text);
                            Some(text)
                        }
                    };
                }
                for (n, text) in kept.iter().enumerate() {
                    let id = format!("{thread}.{n}");
                    let found = text.as_ref().map(|text| check(collection, "", text));
                    assert_eq!(
                        found.is_some_and(|found| ids(&found) == [&id]),
                        text.is_some()
                    );
                    collection.delete(&id, &());
                }
            });
        }
    });
    assert_eq!((collection.stats().articles, heap.used()), (0, 0));
}
