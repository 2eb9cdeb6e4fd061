//! Articles a second into an empty collection, by one thread and by two: a stream of news with its
//! copies, 290 words an article on average.
//!
//! `cargo bench -p basma-benches --bench submit`

#![allow(missing_docs, reason = "the macros of criterion make public functions")]

use std::{hint::black_box, time::Duration};

use basma_benches::corpus::{Article, Corpus, Mix};
use basma_engine::{Collection, Detector, Fingerprinter, Metadata, Method, Submission};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const ARTICLES: u64 = 5_000;

fn submit(criterion: &mut Criterion) {
    let stream = Corpus::new(1).stream(Mix::NEWS);
    let articles: Vec<_> = (0..ARTICLES).map(|n| stream.get(n).article).collect();
    let mut group = criterion.benchmark_group("submit");
    group.throughput(Throughput::Elements(ARTICLES));
    for (name, method) in [("simhash", Method::SimHashOnly), ("full", Method::Full)] {
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new(name, threads), |bencher| {
                bencher.iter_with_large_drop(|| run(&articles, method, threads));
            });
        }
    }
    group.finish();
}

/// Each thread submits every `threads`th article.
fn run(articles: &[Article], method: Method, threads: usize) -> Collection {
    let collection = Collection::new(Detector::new(method));
    std::thread::scope(|scope| {
        for first in 0..threads {
            let collection = &collection;
            scope.spawn(move || {
                let mut fingerprinter = Fingerprinter::default();
                let metadata = Metadata::default();
                for article in articles.iter().skip(first).step_by(threads) {
                    let submission = Submission {
                        id: &article.id,
                        text: &article.text,
                        metadata: &metadata,
                        now: article.published * 1000,
                    };
                    let answer = collection.submit(&mut fingerprinter, submission, 10, &());
                    black_box(answer.is_ok());
                }
            });
        }
    });
    collection
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4));
    targets = submit
}
criterion_main!(benches);
