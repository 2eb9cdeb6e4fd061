//! From a text to its fingerprint, for each kind of feature and each method, beside what merely
//! reading the same bytes as UTF-8 takes.
//!
//! `cargo bench -p basma-benches --bench fingerprint`

#![allow(missing_docs, reason = "the macros of criterion make public functions")]

use std::{hint::black_box, time::Duration};

use basma_benches::corpus::Corpus;
use basma_engine::{Detector, Fingerprinter, Method, Shingling};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn fingerprint(criterion: &mut Criterion) {
    let corpus = Corpus::new(1);
    let texts: Vec<_> = (0..200).map(|n| corpus.article(n).text).collect();
    let bytes = texts.iter().map(|text| text.len() as u64).sum();
    let mut group = criterion.benchmark_group("fingerprint");
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function("from_utf8", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(std::str::from_utf8(black_box(text.as_bytes())).is_ok());
            }
        });
    });
    let mut fingerprinter = Fingerprinter::default();
    for (features, shingling) in [
        ("words 3", Shingling::Words(3)),
        ("characters 5", Shingling::Characters(5)),
    ] {
        for (name, method) in [
            ("simhash", Method::SimHashOnly),
            ("simhash and sketch", Method::Full),
        ] {
            let detector = Detector {
                features: shingling,
                ..Detector::new(method)
            };
            group.bench_function(format!("{features}/{name}"), |bencher| {
                bencher.iter(|| {
                    for text in &texts {
                        black_box(fingerprinter.fingerprint("", black_box(text), &detector));
                    }
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = fingerprint
}
criterion_main!(benches);
