//! Writes a synthetic corpus as JSONL, to try the service on without a corpus of one's own.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use basma_benches::corpus::{Corpus, Mix, Planted};
use clap::Parser;
use serde::Serialize;

/// Write Arabic-looking articles as JSONL, the same for the same seed.
#[derive(Parser)]
#[command(name = "basma-corpus", version)]
struct Arguments {
    /// How many articles.
    #[arg(long, default_value_t = 1000)]
    articles: u64,
    /// The seed: another one gives other articles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The position of the first article.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Mean length in words.
    #[arg(long, default_value_t = 290.0)]
    words: f64,
    /// Shares of what is planted, such as `exact=0.1,near=0.2,contained=0.1,glued=0.02,template=0.05,
    /// wrapped=0.3,strength=0.2,window=3000`; or `news`, or `originals`.
    #[arg(long, default_value = "news")]
    mix: Mix,
    /// Add what is true of each: kind, the ids that it is a copy of, the edit and its strength.
    #[arg(long)]
    truth: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    source: &'a str,
    title: &'a str,
    date: String,
    url: String,
    text: &'a str,
    #[serde(flatten)]
    truth: Option<Truth>,
}

#[derive(Serialize)]
struct Truth {
    kind: &'static str,
    of: Option<String>,
    second: Option<String>,
    edit: Option<&'static str>,
    strength: f64,
    template: Option<&'static str>,
    wrapped: bool,
}

fn main() -> ExitCode {
    match write(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("basma-corpus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(arguments: &Arguments) -> io::Result<()> {
    let stream = Corpus::new(arguments.seed)
        .mean_words(arguments.words)
        .stream(arguments.mix);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    for index in arguments.first..arguments.first.saturating_add(arguments.articles) {
        let Planted { article, truth, .. } = stream.get(index);
        let id = |index: u64| format!("{:x}-{index}", arguments.seed);
        let line = Line {
            id: &article.id,
            source: article.source,
            title: &article.title,
            date: article.date(),
            url: article.url(),
            text: &article.text,
            truth: arguments.truth.then(|| Truth {
                kind: truth.kind.name(),
                of: truth.of.map(id),
                second: truth.second.map(id),
                edit: truth.edit.map(|edit| edit.name()),
                strength: (truth.strength * 1000.0).round() / 1000.0,
                template: truth.template.map(|template| template.name()),
                wrapped: truth.wrapped,
            }),
        };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
