//! How many instances of a formula are taken for copies of each other, by the size of the index.
//!
//! `cargo run --release -p basma-benches --bin basma-templates`
//!
//! A month of generated bulletins and telegrams, one of each formula a day, is submitted among ordinary
//! articles by the time of publication; then a copy of each instance, with one word in twenty replaced,
//! is checked. The columns:
//!
//! - `usual`: what an ordinary story's shingles are worth at the end (see `Stories::usual`);
//! - `called`: share of the instances that were called a duplicate of another one, in %;
//! - `copies`: share of the copies that are a duplicate of that instance; `alone`: and of no other.
//!
//! The output is the same for the same arguments.

use std::io::{self, Write};
use std::process::ExitCode;

use basma_benches::corpus::{Article, Corpus, Edit, Template};
use basma_engine::{Answer, Collection, Detector, Fingerprinter, Metadata, Method, Submission};
use clap::Parser;

/// Print how many instances of a formula are called duplicates, by the size of the index.
#[derive(Parser)]
#[command(name = "basma-templates", version)]
struct Arguments {
    /// Ordinary articles in the index; may be given several times.
    #[arg(long, default_values_t = [300, 3_000, 10_000, 30_000])]
    articles: Vec<u64>,
    /// Instances of each formula, one a day.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(2..))]
    instances: u64,
    /// The seed: another one gives other articles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Shares of the instances.
#[derive(Default)]
struct Counts {
    instances: u64,
    called: u64,
    copies: u64,
    alone: u64,
}

fn main() -> ExitCode {
    match print(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("basma-templates: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(arguments: &Arguments) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "articles  instances  usual  called  copies  alone")?;
    for &articles in &arguments.articles {
        let (counts, usual) = month(arguments, articles)?;
        let percent = |count: u64| 100.0 * count as f64 / counts.instances as f64;
        writeln!(
            out,
            "{articles:>8}{:>11}{usual:>7.2}{:>8.1}{:>8.1}{:>7.1}",
            counts.instances,
            percent(counts.called),
            percent(counts.copies),
            percent(counts.alone),
        )?;
    }
    Ok(())
}

/// A month of instances among so many ordinary articles.
fn month(arguments: &Arguments, ordinary: u64) -> io::Result<(Counts, f64)> {
    let corpus = Corpus::new(arguments.seed);
    let collection = Collection::new(Detector::new(Method::Full));
    let mut fingerprinter = Fingerprinter::default();
    let mut counts = Counts::default();
    let days = |nth: u64| Template::ALL.map(|template| template.article(arguments.seed, nth));
    let mut submitted = 0;
    for nth in 0..arguments.instances {
        // Their time is that of their neighbours among the instances.
        let published = days(nth)[0].published;
        while submitted * arguments.instances < (nth + 1) * ordinary {
            let article = Article {
                published,
                ..corpus.article(submitted)
            };
            submit(&collection, &mut fingerprinter, &article)?;
            submitted += 1;
        }
        for instance in days(nth) {
            let answer = submit(&collection, &mut fingerprinter, &instance)?;
            counts.instances += 1;
            counts.called += u64::from(answer.verdict.is_duplicate());
        }
    }
    for (seed, instance) in (0..arguments.instances).flat_map(days).enumerate() {
        let text = Edit::Words.apply(&instance.text, 0.05, seed as u64);
        let copy = Article {
            id: String::new(),
            text,
            ..instance.clone()
        };
        let metadata = metadata(&copy);
        let answer = collection.check(&mut fingerprinter, submission(&copy, &metadata), 1000);
        let matches = answer.matches.iter();
        let found: Vec<_> = matches
            .filter(|found| found.relation.is_duplicate())
            .map(|found| &*found.article.id)
            .collect();
        counts.copies += u64::from(found.contains(&&*instance.id));
        counts.alone += u64::from(found == [&*instance.id]);
    }
    Ok((counts, collection.usual()))
}

fn submit(
    collection: &Collection,
    fingerprinter: &mut Fingerprinter,
    article: &Article,
) -> io::Result<Answer> {
    let metadata = metadata(article);
    collection
        .submit(fingerprinter, submission(article, &metadata), 1000, &())
        .map_err(|_| io::Error::other("the index is full"))
}

fn metadata(article: &Article) -> Metadata {
    Metadata {
        title: article.title.as_str().into(),
        published: Some(article.published * 1000),
        ..Metadata::default()
    }
}

fn submission<'a>(article: &'a Article, metadata: &'a Metadata) -> Submission<'a> {
    Submission {
        id: &article.id,
        text: &article.text,
        metadata,
        now: article.published * 1000,
    }
}
