//! From a text to its fingerprint, for each kind of feature and each method, and folding alone; beside what merely
//! reading the same bytes as UTF-8 takes, in turns.
//!
//! `cargo bench -p basma-benches --bench fingerprint -- [--record FOLDER]`: generated articles. `BASMA_CORPUS=articles.jsonl`
//! before it: some of those of a file of JSON objects with a text and perhaps a title, which may end in `.gz` (as `gzip`
//! reads it).

use std::{
    error::Error,
    fs::File,
    hint::black_box,
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use basma_benches::{
    corpus::Corpus,
    measure::{machine, record},
};
use basma_engine::{Detector, Fingerprinter, FoldedText, Method, Shingling};
use serde::Serialize;

/// Of a corpus so many articles are taken, from all over it.
const MOST: usize = 650;
/// How often each article is measured.
const ROUNDS: usize = 100;

struct Article {
    title: String,
    text: String,
}

#[derive(Serialize)]
struct Row {
    what: String,
    us: f64,
    to_from_utf8: f64,
    /// Of an article on average.
    bytes: usize,
}

/// What is measured, and the least time that each article took.
struct Variant<'a> {
    name: String,
    work: Box<dyn FnMut(&Article) + 'a>,
    least: Vec<Duration>,
}

impl<'a> Variant<'a> {
    fn new(name: impl Into<String>, work: impl FnMut(&Article) + 'a) -> Self {
        Self {
            name: name.into(),
            work: Box::new(work),
            least: Vec::new(),
        }
    }

    fn measure(&mut self, articles: &[Article]) {
        self.least.resize(articles.len(), Duration::MAX);
        for (article, least) in articles.iter().zip(&mut self.least) {
            let start = Instant::now();
            (self.work)(article);
            *least = start.elapsed().min(*least);
        }
    }

    /// In microseconds.
    fn mean(&self) -> f64 {
        self.least.iter().sum::<Duration>().as_secs_f64() * 1e6 / self.least.len() as f64
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (kind, articles) = match std::env::var("BASMA_CORPUS") {
        Ok(path) => ("real", read(&path)?),
        Err(_) => ("generated", generated()),
    };
    let count = articles.len();
    let bytes = articles.iter().map(|article| article.text.len());
    let bytes = bytes.sum::<usize>() / count.max(1);
    println!("{count} {kind} articles of {bytes} bytes, {}", machine());
    let mut variants = variants();
    for _ in 0..ROUNDS {
        for variant in &mut variants {
            variant.measure(&articles);
        }
    }
    let base = variants.first().map_or(f64::NAN, Variant::mean);
    println!("{:32} {:>8} {:>8} {:>14}", "", "us", "MB/s", "to from_utf8");
    let rows = variants.into_iter().map(|variant| Row {
        us: variant.mean(),
        to_from_utf8: variant.mean() / base,
        what: variant.name,
        bytes,
    });
    let rows: Vec<_> = rows.collect();
    for Row {
        what,
        us,
        to_from_utf8,
        ..
    } in &rows
    {
        let speed = bytes as f64 / us;
        println!("{what:32} {us:8.2} {speed:8.0} {to_from_utf8:14.2}");
    }
    record(&format!("fingerprint-{kind}"), &rows)?;
    Ok(())
}

fn variants<'a>() -> Vec<Variant<'a>> {
    let mut folded = FoldedText::default();
    let mut variants = vec![
        Variant::new("from_utf8", |article| {
            let bytes = black_box(article.text.as_bytes());
            black_box(std::str::from_utf8(bytes).is_ok());
        }),
        Variant::new("fold", move |article| {
            folded.fold(black_box(&article.text));
            black_box(folded.tokens().len());
        }),
    ];
    let features = [
        ("words 3", Shingling::Words(3)),
        ("characters 5", Shingling::Characters(5)),
    ];
    let methods = [
        ("SimHash only", Method::SimHashOnly),
        ("full", Method::Full),
    ];
    for (features, shingling) in features {
        // All that finds a text, but not what tells what it is to the texts found.
        let detector = Detector {
            features: shingling,
            ..Detector::default()
        };
        let mut fingerprinter = Fingerprinter::default();
        variants.push(Variant::new(
            format!("{features}, hashes and sketch"),
            move |article| {
                black_box(fingerprinter.sketch(black_box(&article.text), &detector));
            },
        ));
        for (method, which) in methods {
            let detector = Detector {
                features: shingling,
                ..Detector::new(which)
            };
            let mut fingerprinter = Fingerprinter::default();
            variants.push(Variant::new(
                format!("{features}, {method}"),
                move |article| {
                    let (title, text) = black_box((&article.title, &article.text));
                    black_box(fingerprinter.fingerprint(title, text, &detector));
                },
            ));
        }
    }
    variants
}

fn generated() -> Vec<Article> {
    let corpus = Corpus::new(1);
    let articles = (0..200).map(|n| corpus.article(n));
    let articles = articles.map(|article| Article {
        title: article.title,
        text: article.text,
    });
    articles.collect()
}

/// Articles of a file.
fn read(path: &str) -> Result<Vec<Article>, Box<dyn Error>> {
    let file: Box<dyn Read> = if path.ends_with(".gz") {
        let mut gzip = Command::new("gzip");
        let child = gzip.args(["-dc", path]).stdout(Stdio::piped()).spawn()?;
        Box::new(child.stdout.ok_or("no output of gzip")?)
    } else {
        Box::new(File::open(path)?)
    };
    let mut articles = Vec::new();
    for line in BufReader::new(file).lines() {
        let object: serde_json::Value = serde_json::from_str(&line?)?;
        let field = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        articles.push(Article {
            title: field("title"),
            text: field("text"),
        });
    }
    let step = articles.len().div_ceil(MOST).max(1);
    Ok(articles.into_iter().step_by(step).collect())
}
