//! Check-and-add in orders of its steps that chance seldom brings about: shuttle goes through thousands of them,
//! each the same in every run. `RUSTFLAGS='--cfg shuttle' cargo test -p basma-engine --lib interleavings`

use std::sync::Arc;

use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler},
    thread,
};

use super::{hammer::group, *};
use crate::answer::Verdict;

/// Orders that are gone through, of each kind.
const ORDERS: usize = 3000;

/// By chance; and with few, but well placed changes of the thread (Burckhardt and others, "A Randomized
/// Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010).
fn in_many_orders(test: impl Fn() + Send + Sync + Clone + 'static) {
    let mut config = Config::new();
    // Fingerprinting takes more than shuttle gives.
    config.stack_size = 1 << 20;
    Runner::new(RandomScheduler::new(ORDERS), config.clone()).run(test.clone());
    Runner::new(PctScheduler::new(3, ORDERS), config).run(test);
}

fn submit(collection: &Collection, id: &str, text: &str) -> Answer {
    let metadata = Metadata::default();
    let submission = Submission {
        id,
        text,
        metadata: &metadata,
        now: 0,
    };
    let answer = collection.submit(&mut Fingerprinter::default(), submission, 10, &());
    answer.expect("room")
}

#[test]
fn of_copies_exactly_one_is_new() {
    for method in METHODS {
        let texts = Arc::new(group(1, method));
        in_many_orders(move || {
            let collection = Arc::new(Collection::new(Detector::new(method)));
            let submitters: Vec<_> = (0..3)
                .map(|n| {
                    let (collection, texts) = (Arc::clone(&collection), Arc::clone(&texts));
                    thread::spawn(move || submit(&collection, &n.to_string(), &texts[n]).verdict)
                })
                .collect();
            let verdicts = submitters
                .into_iter()
                .map(|one| one.join().expect("no panic"));
            let new = verdicts.filter(|verdict| *verdict == Verdict::New).count();
            assert_eq!(new, 1);
            assert_eq!(collection.stats().clusters, 1);
        });
    }
}

#[test]
fn an_article_that_is_being_replaced_is_found() {
    for method in METHODS {
        let texts = Arc::new(group(2, method));
        in_many_orders(move || {
            let collection = Arc::new(Collection::new(Detector::new(method)));
            assert_eq!(submit(&collection, "1", &texts[0]).verdict, Verdict::New);
            let replacing = {
                let (collection, texts) = (Arc::clone(&collection), Arc::clone(&texts));
                thread::spawn(move || submit(&collection, "1", &texts[2]).verdict)
            };
            let copy = submit(&collection, "2", &texts[3]).verdict;
            assert_ne!(copy, Verdict::New);
            replacing.join().expect("no panic");
        });
    }
}
