//! Folding, beside what merely reading the same bytes as UTF-8 takes.
//!
//! `cargo bench -p basma-benches --bench fold`; all benchmarks:
//! `cargo bench -p basma-benches`.

#![allow(missing_docs, reason = "the macros of criterion make public functions")]

use std::{hint::black_box, time::Duration};

use basma_benches::corpus::{Corpus, Edit};
use basma_engine::FoldedText;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn fold(criterion: &mut Criterion) {
    let corpus = Corpus::new(1);
    let plain: Vec<_> = (0..200).map(|n| corpus.article(n).text).collect();
    // Tashkeel, tatweel, other digits and letters in a third of the words.
    let dressed = plain.iter().zip(0..);
    let dressed: Vec<_> = dressed
        .map(|(text, seed)| Edit::Orthography.apply(text, 0.33, seed))
        .collect();
    let mut group = criterion.benchmark_group("fold");
    for (name, texts) in [("plain", &plain), ("dressed", &dressed)] {
        let bytes = texts.iter().map(|text| text.len() as u64).sum();
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(format!("from_utf8/{name}"), |bencher| {
            bencher.iter(|| {
                for text in texts {
                    black_box(std::str::from_utf8(black_box(text.as_bytes())).is_ok());
                }
            });
        });
        let mut folded = FoldedText::default();
        group.bench_function(format!("fold/{name}"), |bencher| {
            bencher.iter(|| {
                for text in texts {
                    folded.fold(black_box(text));
                    black_box(folded.tokens().len());
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = fold
}
criterion_main!(benches);
