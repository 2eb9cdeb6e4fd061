//! What an index takes: how much the process grows by an article, beside what `stats` says of it.
//!
//! `cargo bench -p basma-benches --bench memory -- [--size 1] [--record FOLDER]`; the size is millions of
//! articles, each with an id, a title, a source and a URL. Their fingerprints are random: what is measured
//! are the tables, and what a text becomes is measured elsewhere.

use std::error::Error;

use basma_benches::measure::{argument, machine, record, resident};
use basma_engine::{
    Collection, Detector, ExactHash, Fingerprint, Fingerprinter, Metadata, Method, SimHash,
    Submission,
};
use fastrand::Rng;
use serde::Serialize;

#[derive(Serialize)]
struct Row {
    articles: usize,
    id_and_metadata: f64,
    grown: f64,
    beyond_id_and_metadata: f64,
    stats_say: f64,
    stats_to_grown: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}; bytes an article, SimHash only", machine());
    println!(
        "{:>12}{:>20}{:>10}{:>26}{:>12}{:>12}",
        "articles", "id and metadata", "grown", "beyond id and metadata", "stats say", "to grown"
    );
    // One size: what an earlier one gave back would not be seen to be taken again.
    let size = argument("--size").unwrap_or_else(|| "1".to_owned());
    let row = measure((size.parse::<f64>()? * 1e6) as usize);
    println!(
        "{:>12}{:>20.1}{:>10.1}{:>26.1}{:>12.1}{:>12.2}",
        row.articles,
        row.id_and_metadata,
        row.grown,
        row.beyond_id_and_metadata,
        row.stats_say,
        row.stats_to_grown
    );
    record(&format!("memory-{size:0>3}"), &[row])?;
    Ok(())
}

fn measure(articles: usize) -> Row {
    let mut random = Rng::with_seed(articles as u64);
    let before = resident();
    let collection = Collection::new(Detector {
        distance: 0,
        ..Detector::new(Method::SimHashOnly)
    });
    let fingerprinter = Fingerprinter::default();
    let mut named = 0;
    for n in 0..articles {
        let id = format!("example.org/{n}");
        let metadata = Metadata {
            title: "عنوان من بضع كلمات عن خبر من الأخبار".into(),
            source: "example.org".into(),
            url: format!("https://example.org/2026/news/{n}").into(),
            published: Some(1_750_000_000_000 + n as i64 * 1000),
        };
        let texts = [&*metadata.title, &*metadata.source, &*metadata.url];
        named += id.len() + texts.map(str::len).iter().sum::<usize>() + size_of::<i64>();
        let fingerprint = Fingerprint {
            exact: ExactHash(random.u128(..)),
            simhash: SimHash(random.u64(..)),
            tokens: random.u32(50..800),
            sketch: 0,
        };
        let submission = Submission {
            id: &id,
            text: "",
            metadata: &metadata,
            now: 1_760_000_000_000 + n as i64 / 10,
        };
        let submitted =
            collection.submit_fingerprinted(&fingerprinter, fingerprint, submission, 10);
        assert!(submitted.is_ok());
    }
    let each = |bytes: usize| bytes as f64 / articles as f64;
    let grown = each(resident() - before);
    let (named, said) = (each(named), each(collection.stats().bytes as usize));
    Row {
        articles,
        id_and_metadata: named,
        grown,
        beyond_id_and_metadata: grown - named,
        stats_say: said,
        stats_to_grown: said / grown,
    }
}
