//! What an index takes: how much the process grows by an article, beside what `stats` says of it, and which of its
//! tables takes what.
//!
//! `cargo bench -p basma-benches --bench memory -- [--method simhash] [--size 1] [--resident 100000] [--record FOLDER]`;
//! the sizes, ascending with commas between, are millions of articles, each with an id, a title, a source and a URL. With
//! `--method simhash` their fingerprints are random, as what is measured are the tables; with `--method full` they are
//! generated news of 290 words, with its copies. With `--resident` so many are in memory whole and the others are
//! spilled, as a server with a data folder does, to a file in the folder for temporary ones.

use std::{error::Error, sync::Arc};

use basma_benches::{
    corpus::{Corpus, Mix, Stream},
    measure::{argument, machine, record, resident},
};
use basma_engine::{
    Collection, Detector, ExactHash, Fingerprint, Fingerprinter, Metadata, Method, Record, SimHash,
    Submission,
};
use basma_server::SpillFile;
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
    /// What is elsewhere.
    spilled: f64,
    /// What `stats` says, table by table; articles are with their content and ids.
    tables: Vec<(&'static str, f64)>,
    /// What a journal writes of an article: it is all there is to keep.
    record: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let method = match argument("--method").as_deref() {
        None | Some("simhash") => Method::SimHashOnly,
        Some("full") => Method::Full,
        Some(other) => return Err(format!("--method is simhash or full, not {other}").into()),
    };
    let sizes = argument("--size").unwrap_or_else(|| "1".to_owned());
    println!("{}; bytes an article, {method:?}", machine());
    let resident = argument("--resident")
        .map(|resident| resident.parse())
        .transpose()?;
    let rows = measure(method, &sizes, resident)?;
    let name = match (method, resident) {
        (Method::SimHashOnly, _) => "memory-simhash",
        (Method::Full, None) => "memory-full",
        (Method::Full, Some(_)) => "memory-spilled",
    };
    record(name, &rows)?;
    Ok(())
}

/// One collection that grows: what another gave back would not be seen to be taken again.
fn measure(
    method: Method,
    sizes: &str,
    resident_articles: Option<usize>,
) -> Result<Vec<Row>, Box<dyn Error>> {
    let detector = match method {
        Method::SimHashOnly => Detector {
            distance: 0,
            ..Detector::new(method)
        },
        Method::Full => Detector::new(method),
    };
    let stream = Corpus::new(1).stream(Mix::NEWS);
    let mut random = Rng::with_seed(1);
    let mut fingerprinter = Fingerprinter::default();
    // What generator and fingerprinter need for themselves is there before it is looked.
    for n in 0..1000 {
        let article = stream.get(n).article;
        fingerprinter.fingerprint(&article.title, &article.text, &detector);
    }
    let before = resident();
    let mut collection = Collection::new(detector);
    if let Some(resident) = resident_articles {
        let spill = SpillFile::within(std::env::temp_dir());
        collection = collection.spilling(Arc::new(spill), resident);
    }
    let (mut filled, mut named, mut rows) = (0, 0, Vec::new());
    for size in sizes.split(',') {
        let articles = (size.parse::<f64>()? * 1e6) as usize;
        for n in filled..articles {
            named += match method {
                Method::SimHashOnly => submit_random(&collection, &fingerprinter, &mut random, n),
                Method::Full => submit_news(&collection, &mut fingerprinter, &stream, n),
            };
        }
        filled = articles;
        let row = row(&collection, articles, named, resident() - before);
        row.print();
        rows.push(row);
    }
    Ok(rows)
}

fn row(collection: &Collection, articles: usize, named: usize, grown: usize) -> Row {
    let each = |bytes: usize| bytes as f64 / articles as f64;
    let (grown, named) = (each(grown), each(named));
    let said = each(collection.stats().bytes as usize);
    let tables = collection.memory();
    let (some, _) = collection.list(0, 10_000);
    let mut records = Vec::new();
    for article in &some {
        Record::encode(article, None, 0.0, &mut records);
    }
    Row {
        articles,
        id_and_metadata: named,
        grown,
        beyond_id_and_metadata: grown - named,
        stats_say: said,
        stats_to_grown: said / grown,
        spilled: each(collection.stats().spilled_bytes as usize),
        tables: tables.map(|(name, bytes)| (name, each(bytes))).into(),
        record: records.len() as f64 / some.len() as f64,
    }
}

impl Row {
    fn print(&self) {
        println!(
            "{} articles: grown {:.1}, id and metadata {:.1}, beyond them {:.1}; stats say {:.1}, {:.2} of it",
            self.articles,
            self.grown,
            self.id_and_metadata,
            self.beyond_id_and_metadata,
            self.stats_say,
            self.stats_to_grown
        );
        let tables = self.tables.iter();
        let tables: Vec<_> = tables
            .map(|(name, bytes)| format!("{name} {bytes:.1}"))
            .collect();
        println!(
            "    {}; a record {:.1}; {:.1} spilled",
            tables.join(", "),
            self.record,
            self.spilled
        );
    }
}

/// Returns what its id and metadata take.
fn named(id: &str, metadata: &Metadata) -> usize {
    let texts = [id, &metadata.title, &metadata.source, &metadata.url];
    texts.map(str::len).iter().sum::<usize>() + size_of::<i64>()
}

fn submit_random(
    collection: &Collection,
    fingerprinter: &Fingerprinter,
    random: &mut Rng,
    n: usize,
) -> usize {
    let id = format!("example.org/{n}");
    let metadata = Metadata {
        title: "عنوان من بضع كلمات عن خبر من الأخبار".into(),
        source: "example.org".into(),
        url: format!("https://example.org/2026/news/{n}").into(),
        published: Some(1_750_000_000_000 + n as i64 * 1000),
    };
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
    let submitted = collection.submit_fingerprinted(fingerprinter, fingerprint, submission, 10);
    assert!(submitted.is_ok());
    named(&id, &metadata)
}

fn submit_news(
    collection: &Collection,
    fingerprinter: &mut Fingerprinter,
    stream: &Stream,
    n: usize,
) -> usize {
    let article = stream.get(n as u64).article;
    let metadata = Metadata {
        title: (&*article.title).into(),
        source: article.source.into(),
        url: article.url().into(),
        published: Some(article.published * 1000),
    };
    let submission = Submission {
        id: &article.id,
        text: &article.text,
        metadata: &metadata,
        now: article.published * 1000,
    };
    assert!(
        collection
            .submit(fingerprinter, submission, 10, &())
            .is_ok()
    );
    named(&article.id, &metadata)
}
