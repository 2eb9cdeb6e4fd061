//! Asking and adding at 1 k to 1 M articles, and fingerprints within a distance beside a scan.
//!
//! The articles have 40 words on average, so that a million of them are written and indexed in
//! seconds; what a longer text costs more is in the benchmark `fingerprint`.
//!
//! `cargo bench -p basma-benches --bench index`

#![allow(missing_docs, reason = "the macros of criterion make public functions")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use basma_benches::corpus::{Corpus, Edit};
use basma_engine::{Collection, Detector, Fingerprinter, Metadata, Method, SimHash, Submission};
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};

const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const QUERIES: u64 = 500;

fn corpus() -> Corpus {
    Corpus::new(1).mean_words(40.0)
}

fn index(criterion: &mut Criterion) {
    for size in SIZES {
        for (name, method) in [("simhash", Method::SimHashOnly), ("full", Method::Full)] {
            let collection = filled(method, size);
            let mut group = criterion.benchmark_group(name);
            check(&mut group, &collection, size);
            submit(&mut group, &collection, size);
            group.finish();
            if method == Method::SimHashOnly {
                let mut group = criterion.benchmark_group("within");
                within(&mut group, &collection, size);
                group.finish();
            }
        }
    }
}

/// A collection of the first `size` articles.
fn filled(method: Method, size: u64) -> Collection {
    // Filled with the search at its shortest, asked with the default.
    let short = Detector {
        distance: 0,
        ..Detector::new(method)
    };
    let collection = Collection::new(short);
    std::thread::scope(|scope| {
        for half in 0..2 {
            let collection = &collection;
            scope.spawn(move || {
                let mut fingerprinter = Fingerprinter::default();
                for n in (half..size).step_by(2) {
                    let article = corpus().article(n);
                    add(collection, &mut fingerprinter, &article.id, &article.text);
                }
            });
        }
    });
    assert_eq!(collection.set_detector(Detector::new(method)), Ok(()));
    collection
}

fn add(collection: &Collection, fingerprinter: &mut Fingerprinter, id: &str, text: &str) {
    let metadata = Metadata::default();
    let submission = Submission {
        id,
        text,
        metadata: &metadata,
        now: 0,
    };
    let answer = collection.submit(fingerprinter, submission, 10, &());
    black_box(answer.is_ok());
}

/// Asks about edited copies of indexed articles, and about articles that are not indexed.
fn check(group: &mut BenchmarkGroup<'_, WallTime>, collection: &Collection, size: u64) {
    let copy = |n: u64| {
        let original = corpus().article(n * (size / QUERIES)).text;
        Edit::Words.apply(&original, 0.05, n)
    };
    let unknown = |n: u64| corpus().article(size + n).text;
    let copies: Vec<_> = (0..QUERIES).map(copy).collect();
    let unknown: Vec<_> = (0..QUERIES).map(unknown).collect();
    let mut fingerprinter = Fingerprinter::default();
    let metadata = Metadata::default();
    for (name, texts) in [("check a copy", copies), ("check a new one", unknown)] {
        let mut texts = texts.iter().cycle();
        group.bench_function(BenchmarkId::new(name, size), |bencher| {
            bencher.iter(|| {
                let text = texts.next().map_or("", String::as_str);
                let submission = Submission {
                    id: "",
                    text,
                    metadata: &metadata,
                    now: 0,
                };
                black_box(collection.check(&mut fingerprinter, submission, 10))
            });
        });
    }
}

/// Adds articles that are not indexed, each deleted again while the clock stands.
fn submit(group: &mut BenchmarkGroup<'_, WallTime>, collection: &Collection, size: u64) {
    let text = |n: u64| corpus().article(size + n).text;
    let texts: Vec<_> = (0..QUERIES).map(text).collect();
    let mut texts = texts.iter().cycle();
    let mut fingerprinter = Fingerprinter::default();
    group.bench_function(BenchmarkId::new("submit a new one", size), |bencher| {
        bencher.iter_custom(|times| {
            let mut spent = Duration::ZERO;
            for _ in 0..times {
                let text = texts.next().map_or("", String::as_str);
                let start = Instant::now();
                add(collection, &mut fingerprinter, "another", text);
                spent += start.elapsed();
                collection.delete("another", &());
            }
            spent
        });
    });
}

/// Looks for a SimHash that differs from an indexed one in as many bits as may be.
fn within(group: &mut BenchmarkGroup<'_, WallTime>, collection: &Collection, size: u64) {
    let (articles, _) = collection.list(0, size as usize);
    let simhashes: Vec<u64> = articles
        .iter()
        .map(|article| article.fingerprint.simhash.0)
        .collect();
    let planted = |n: u64, distance: u32| {
        let simhash = simhashes[(n * (size / QUERIES)) as usize];
        let turned = (0..distance).map(|bit| 1u64 << ((n as u32 + bit * 23) % 64));
        SimHash(turned.fold(simhash, |simhash, bit| simhash ^ bit))
    };
    for distance in [3, 6, 10] {
        let queries: Vec<_> = (0..QUERIES).map(|n| planted(n, distance)).collect();
        let mut queries = queries.iter().cycle().copied();
        group.bench_function(
            BenchmarkId::new(format!("{distance} bits"), size),
            |bencher| {
                bencher.iter(|| {
                    let query = queries.next().unwrap_or_default();
                    let (found, _) = collection.find_near(query, distance, None, 10);
                    assert!(!found.is_empty(), "the planted one is found");
                    black_box(found)
                });
            },
        );
    }
    group.throughput(Throughput::Elements(size));
    group.bench_function(BenchmarkId::new("3 bits by a scan", size), |bencher| {
        let query = planted(1, 3).0;
        bencher.iter(|| {
            let near = simhashes
                .iter()
                .filter(|other| (*other ^ black_box(query)).count_ones() <= 3);
            black_box(near.count())
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = index
}
criterion_main!(benches);
