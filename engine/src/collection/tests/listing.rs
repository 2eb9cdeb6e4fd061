//! Pages of a listing hold every article once.

use super::*;

fn listed(collection: &Collection, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut from = Some(0);
    while let Some(start) = from {
        let (page, next) = collection.list(start, limit);
        assert!(page.len() <= limit);
        assert!(
            next.is_none() || page.len() == limit,
            "a page before the last is full"
        );
        all.extend(page.iter().map(|article| article.id.to_string()));
        from = next;
    }
    all
}

#[test]
fn pages_hold_every_article_once() {
    let collection = collection(Method::Full);
    assert!(listed(&collection, 3).is_empty());
    for n in 0..60u64 {
        submit(&collection, &n.to_string(), &story(n % 20, 30));
    }
    for n in (0..60).step_by(3) {
        collection.delete(&n.to_string(), &());
    }
    // Into places that were left, and one revision that moves.
    for n in 100..110u64 {
        submit(&collection, &n.to_string(), &story(n, 30));
    }
    submit(&collection, "1", &story(500, 30));
    let mut expected: Vec<_> = (0..60)
        .filter(|n| n % 3 > 0)
        .chain(100..110)
        .map(|n| n.to_string())
        .collect();
    expected.sort();
    for limit in [1, 2, 7, 49, 50, 51, 1000] {
        let mut all = listed(&collection, limit);
        assert_eq!(all, listed(&collection, 1000), "the order is stable");
        all.sort();
        assert_eq!(all, expected, "pages of {limit}");
    }
}

#[test]
fn what_stays_is_listed_while_others_come_and_go() {
    let collection = &collection(Method::SimHashOnly);
    for n in 0..50u64 {
        submit(collection, &format!("stays {n}"), &story(n, 30));
    }
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..2_000u64 {
                let id = format!("goes {}", n % 7);
                if n % 3 == 0 {
                    collection.delete(&id, &());
                } else {
                    submit(collection, &id, &story(1_000 + n, 30));
                }
            }
        });
        while !writer.is_finished() {
            let all = listed(collection, 10);
            let staying = all.iter().filter(|id| id.starts_with("stays"));
            assert_eq!(staying.count(), 50);
        }
    });
}
