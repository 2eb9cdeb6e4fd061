//! What an edited copy must be like for its original to be found: recall by the kind and strength of
//! the edit, beside SimHash alone.
//!
//! `cargo run --release -p basma-benches --bin basma-edits`
//!
//! Generated articles are indexed, then edited copies of some of them are checked, under a reworded
//! headline and six hours later, against three indexes: Basma's with its defaults, and SimHash alone
//! (characters 5) at distance 3 and 8. A page made of two articles counts once for each of them. The
//! columns:
//!
//! - `J`, `C`: exact Jaccard similarity of copy and original, and containment of the smaller of the two in
//!   the other, over runs of three words, on average;
//! - `dup`: share of the originals that the copy is a duplicate of (EXACT, NEAR_DUPLICATE, CONTAINED_IN
//!   or CONTAINS); `any`: in any relation;
//! - `false`: share of the copies that are also called a duplicate of an article that is none of their
//!   originals.
//!
//! The output is the same for the same arguments.

use std::collections::HashSet;
use std::io::{self, Write};
use std::process::ExitCode;

use basma_benches::corpus::{Article, Corpus, Edit, page, random::Random};
use basma_engine::{
    Collection, Detector, Fingerprinter, FoldedText, Match, Metadata, Method, Shingling, Submission,
};
use clap::Parser;
use serde::Serialize;

/// Print how many edited copies are recognised, by the kind and strength of the edit.
#[derive(Parser)]
#[command(name = "basma-edits", version)]
struct Arguments {
    /// How many articles to index.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u64).range(2..=10_000_000))]
    articles: u64,
    /// How many of them to copy, for each kind and strength.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..))]
    copies: u64,
    /// The seed: another one gives other articles and edits.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Mean length in words.
    #[arg(long, default_value_t = 290.0)]
    words: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is done to an article.
#[derive(Clone, Copy)]
enum Kind {
    /// Nothing: it is another article, which the index does not know.
    Unrelated,
    Edit(Edit),
    Brief,
    Report,
    Merged,
    Glued,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Unrelated => "unrelated",
            Self::Edit(edit) => edit.name(),
            Self::Brief => "brief",
            Self::Report => "report",
            Self::Merged => "merged",
            Self::Glued => "glued",
        }
    }

    /// What is done, to read after the strength.
    fn meaning(self) -> &'static str {
        match self {
            Self::Unrelated => "another article",
            Self::Edit(Edit::Orthography) => "of the words are spelt otherwise",
            Self::Edit(Edit::Words) => "of the words are replaced",
            Self::Edit(Edit::Synonyms) => "of the words become synonyms, at most those known",
            Self::Edit(Edit::Reorder) => "of the sentences trade places",
            Self::Edit(Edit::Cut) => "of the words are cut, as one passage",
            Self::Edit(Edit::Move) => "of the words are moved to the end, as one passage",
            Self::Edit(Edit::Letters) => "of the words have a letter misread",
            Self::Edit(Edit::Desk) => "edited by a desk: words, dateline, tail",
            Self::Brief => "of the article, its opening, is left",
            Self::Report => "of a longer text is the article",
            Self::Merged => "two articles, paragraph by paragraph",
            Self::Glued => "two articles on one page with what a site adds",
        }
    }

    fn strengths(self) -> &'static [f64] {
        match self {
            Self::Unrelated | Self::Merged | Self::Glued => &[0.0],
            Self::Edit(Edit::Words | Edit::Letters | Edit::Desk) => {
                &[0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
            }
            Self::Edit(Edit::Synonyms) => &[0.05, 0.1, 0.2],
            Self::Edit(Edit::Orthography) => &[0.1, 0.3, 1.0],
            Self::Edit(Edit::Reorder) => &[0.05, 0.1, 0.2, 0.3, 0.5],
            Self::Edit(Edit::Cut) => &[0.05, 0.1, 0.2, 0.3, 0.5, 0.7],
            Self::Edit(Edit::Move) => &[0.05, 0.1, 0.2, 0.3, 0.5],
            Self::Brief | Self::Report => &[0.6, 0.4, 0.25, 0.15],
        }
    }
}

/// How often one way of deciding was right.
#[derive(Clone, Copy, Default)]
struct Counts {
    duplicate: u64,
    any: u64,
    copies_with_false: u64,
}

impl Counts {
    /// Counts the answer about a copy of `originals`; `is_duplicate` says so of each match.
    fn add(
        &mut self,
        matches: &[Match],
        originals: &[&Article],
        is_duplicate: impl Fn(&Match) -> bool,
        is_any: impl Fn(&Match) -> bool,
    ) {
        let is_of = |found: &Match, original: &&&Article| *found.article.id == *original.id;
        for original in originals {
            let of = || matches.iter().filter(|found| is_of(found, &original));
            self.duplicate += u64::from(of().any(&is_duplicate));
            self.any += u64::from(of().any(&is_any));
        }
        let of_none = |found: &&Match| !originals.iter().any(|original| is_of(found, &original));
        self.copies_with_false += u64::from(matches.iter().filter(of_none).any(is_duplicate));
    }

    fn shares(self, copies: u64, originals: u64) -> Shares {
        let share = |count: u64, of: u64| (of > 0).then(|| rounded(count as f64 / of as f64));
        Shares {
            duplicate: share(self.duplicate, originals),
            any: share(self.any, originals),
            false_duplicate: share(self.copies_with_false, copies),
        }
    }
}

/// To four places, which is more than some hundred copies tell.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// Absent where nothing was to be found.
#[derive(Serialize)]
struct Shares {
    duplicate: Option<f64>,
    any: Option<f64>,
    false_duplicate: Option<f64>,
}

#[derive(Serialize)]
struct Row {
    edit: &'static str,
    /// Absent where there is but one.
    strength: Option<f64>,
    meaning: &'static str,
    copies: u64,
    originals: u64,
    jaccard: Option<f64>,
    containment: Option<f64>,
    basma: Shares,
    simhash_3: Shares,
    simhash_8: Shares,
}

#[derive(Serialize)]
struct Report {
    articles: u64,
    seed: u64,
    mean_words: f64,
    rows: Vec<Row>,
}

fn main() -> ExitCode {
    let report = report(&Arguments::parse());
    match report.and_then(|text| io::stdout().lock().write_all(text.as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("basma-edits: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report(arguments: &Arguments) -> io::Result<String> {
    let mut bench = Bench::new(arguments)?;
    let edits = Edit::ALL.map(Kind::Edit);
    let pages = [Kind::Brief, Kind::Report, Kind::Merged, Kind::Glued];
    let kinds = edits.into_iter().chain(pages).chain([Kind::Unrelated]);
    let rows = kinds.flat_map(|kind| {
        kind.strengths()
            .iter()
            .map(move |&strength| (kind, strength))
    });
    let report = Report {
        articles: arguments.articles,
        seed: arguments.seed,
        mean_words: arguments.words,
        rows: rows
            .map(|(kind, strength)| bench.row(kind, strength))
            .collect(),
    };
    if arguments.json {
        return Ok(serde_json::to_string_pretty(&report)? + "\n");
    }
    Ok(table(&report))
}

/// The indexes, and what is copied.
struct Bench {
    corpus: Corpus,
    full: Collection,
    simhash: Collection,
    /// The articles that are copied.
    sample: Vec<Indexed>,
    /// The position of the first article that is not indexed.
    unknown: u64,
    fingerprinter: Fingerprinter,
}

type Indexed = (u64, Article);

/// An edited copy.
struct Copy<'a> {
    text: String,
    originals: Vec<&'a Article>,
}

/// Greatest distance asked of SimHash alone, and the smaller one that is shown beside it: what is within
/// that is among what is within this.
const FAR: u32 = 8;
const CLOSE: u32 = 3;

/// Matches asked for: more than there can be, save for SimHash gone wrong.
const LIMIT: usize = 1000;

impl Bench {
    fn new(arguments: &Arguments) -> io::Result<Self> {
        let corpus = Corpus::new(arguments.seed).mean_words(arguments.words);
        let mut detector = Detector::new(Method::SimHashOnly);
        detector.features = Shingling::Characters(5);
        detector.distance = FAR;
        let mut bench = Self {
            corpus,
            full: Collection::new(Detector::new(Method::Full)),
            simhash: Collection::new(detector),
            sample: Vec::new(),
            unknown: arguments.articles,
            fingerprinter: Fingerprinter::default(),
        };
        let copies = arguments.copies.min(arguments.articles);
        for number in 0..arguments.articles {
            let article = corpus.article(number);
            for collection in [&bench.full, &bench.simhash] {
                let metadata = metadata(&article.title, article.published);
                let submission = Submission {
                    id: &article.id,
                    text: &article.text,
                    metadata: &metadata,
                    now: article.published * 1000,
                };
                collection
                    .submit(&mut bench.fingerprinter, submission, 1, &())
                    .map_err(|_| io::Error::other("the index is full"))?;
            }
            // Evenly spread over the index.
            let nth = bench.sample.len() as u64;
            if nth < copies && number >= nth * arguments.articles / copies {
                bench.sample.push((number, article));
            }
        }
        Ok(bench)
    }

    /// Checks a copy of each article of the sample.
    fn row(&mut self, kind: Kind, strength: f64) -> Row {
        let [mut basma, mut close, mut far] = [Counts::default(); 3];
        let (mut originals, mut jaccard, mut containment) = (0, 0.0, 0.0);
        for nth in 0..self.sample.len() {
            let copy = copy(
                &self.corpus,
                &self.sample,
                self.unknown,
                nth,
                (kind, strength),
            );
            let (_, article) = &self.sample[nth];
            let (title, published) = match kind {
                Kind::Unrelated => (article.title.clone(), article.published),
                _ => {
                    let seed = self.corpus.seed();
                    let title = Edit::Words.apply(&article.title, 0.4, seed ^ nth as u64);
                    (title, article.published + 6 * 3600)
                }
            };
            let metadata = metadata(&title, published);
            let submission = Submission {
                id: "",
                text: &copy.text,
                metadata: &metadata,
                now: 0,
            };
            let of = &copy.originals;
            let full = self.full.check(&mut self.fingerprinter, submission, LIMIT);
            let is_duplicate = |found: &Match| found.relation.is_duplicate();
            basma.add(&full.matches, of, is_duplicate, |_| true);
            let near = self
                .simhash
                .check(&mut self.fingerprinter, submission, LIMIT);
            let is_close = |found: &Match| found.evidence.hamming.is_some_and(|bits| bits <= CLOSE);
            close.add(&near.matches, of, is_close, is_close);
            far.add(&near.matches, of, |_| true, |_| true);
            for original in of {
                let (j, c) = similarity(&copy.text, &original.text);
                (jaccard, containment) = (jaccard + j, containment + c);
                originals += 1;
            }
        }
        let copies = self.sample.len() as u64;
        let mean = |sum: f64| (originals > 0).then(|| rounded(sum / originals as f64));
        Row {
            edit: kind.name(),
            strength: (strength > 0.0).then_some(strength),
            meaning: kind.meaning(),
            copies,
            originals,
            jaccard: mean(jaccard),
            containment: mean(containment),
            basma: basma.shares(copies, originals),
            simhash_3: close.shares(copies, originals),
            simhash_8: far.shares(copies, originals),
        }
    }
}

fn metadata(title: &str, published: i64) -> Metadata {
    Metadata {
        title: title.into(),
        published: Some(published * 1000),
        ..Metadata::default()
    }
}

/// The copy of the `nth` article of a sample, in which positions from `unknown` on are not.
fn copy<'a>(
    corpus: &Corpus,
    sample: &'a [Indexed],
    unknown: u64,
    nth: usize,
    (kind, strength): (Kind, f64),
) -> Copy<'a> {
    let (number, article) = &sample[nth];
    let mut random = Random::of(corpus.seed(), 40, *number);
    let seed = random.bits();
    let unknown = unknown + number;
    let indexed = (*number, article);
    let two = |make: &dyn Fn(page::Indexed<'_>) -> String| {
        let (other, second) = &sample[(nth + 1) % sample.len()];
        Copy {
            text: make((*other, second)),
            originals: vec![article, second],
        }
    };
    let one = |text| Copy {
        text,
        originals: vec![article],
    };
    match kind {
        Kind::Unrelated => Copy {
            text: corpus.article(unknown).text,
            originals: Vec::new(),
        },
        Kind::Edit(edit) => one(edit.apply(&article.text, strength, seed)),
        Kind::Brief => one(page::brief(indexed, strength).text),
        Kind::Report => {
            // Long enough to be a report around it at any share.
            let around = corpus.mean_words(12_000.0).article(unknown);
            one(page::report(indexed, &around, strength).text)
        }
        Kind::Merged => two(&|other| page::merged(indexed, other).text),
        Kind::Glued => two(&|other| page::glued(indexed, other, seed).text),
    }
}

/// Exact Jaccard similarity, and containment of the smaller in the larger, over runs of three words.
fn similarity(a: &str, b: &str) -> (f64, f64) {
    let shingles = |text: &str| {
        let mut shingles: HashSet<u64> = HashSet::new();
        Shingling::Words(3).for_each(&FoldedText::new(text), |shingle| {
            shingles.insert(shingle);
        });
        shingles
    };
    let (a, b) = (shingles(a), shingles(b));
    let shared = a.intersection(&b).count();
    let all = a.len() + b.len() - shared;
    let share = |of: usize| shared as f64 / of.max(1) as f64;
    (share(all), share(a.len().min(b.len())))
}

fn table(report: &Report) -> String {
    let percent = |share: Option<f64>| match share {
        Some(share) => format!("{:.1}", share * 100.0),
        None => "-".to_owned(),
    };
    let fraction = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.2}"));
    let mut out = format!(
        "{} articles of {} words on average, seed {}; {} copies each; shares in %\n\n",
        report.articles,
        report.mean_words,
        report.seed,
        report.rows.first().map_or(0, |row| row.copies),
    );
    let mut line = |cells: [&str; 12]| {
        let [
            edit,
            strength,
            j,
            c,
            full,
            any,
            wrong,
            close,
            close_wrong,
            far,
            far_wrong,
            meaning,
        ] = cells;
        let line = format!(
            "{edit:<12}{strength:>4}{j:>7}{c:>6}{full:>9}{any:>7}{wrong:>7}{close:>10}{close_wrong:>7}\
             {far:>10}{far_wrong:>7}   {meaning}"
        );
        out.push_str(line.trim_end());
        out.push('\n');
    };
    line([
        "", "", "", "", "Basma", "", "", "k = 3", "", "k = 8", "", "",
    ]);
    line([
        "edit", "", "J", "C", "dup", "any", "false", "dup", "false", "dup", "false", "",
    ]);
    let mut last = "";
    for row in &report.rows {
        let strength = row
            .strength
            .map_or(String::new(), |share| format!("{:.0}", share * 100.0));
        line([
            if row.edit == last { "" } else { row.edit },
            &strength,
            &fraction(row.jaccard),
            &fraction(row.containment),
            &percent(row.basma.duplicate),
            &percent(row.basma.any),
            &percent(row.basma.false_duplicate),
            &percent(row.simhash_3.duplicate),
            &percent(row.simhash_3.false_duplicate),
            &percent(row.simhash_8.duplicate),
            &percent(row.simhash_8.false_duplicate),
            if row.edit == last { "" } else { row.meaning },
        ]);
        last = row.edit;
    }
    out
}
