//! `basma evaluate`
//!
//! A corpus goes through the engine as through the server, and what the answers say is set against
//! pairs that people have labelled. It needs no server.

mod baselines;
mod confusion;
mod corpus;
mod days;
mod gold;
mod mistakes;
mod plot;
mod print;
mod recall;
mod replay;
mod report;
mod score;
mod sets;
mod settings;
mod sweep;

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use basma_engine::Detector;
use clap::Args;
use indicatif::ProgressBar;

use self::{
    corpus::{Background, Corpus},
    gold::{Gold, Row},
    mistakes::mistakes,
    print::{print, print_cost},
    replay::Replay,
    report::{Block, Report},
    sets::Sets,
};
use super::{
    detector::DetectorArgs,
    failure::{Exit, Failure, complain},
    fields::FieldArgs,
    files::{cannot_write, create, peak_bytes},
};
use crate::output::{Style, write_json};

/// Measure how well duplicates are told on a corpus with labelled pairs; needs no server
///
/// The gold is a file of tab-separated values whose first line names its columns: `a` and `b`, ids of
/// two articles of the corpus; `label`: D duplicate, C one contains nearly all of the other, P they
/// share some text, T the same formula about another event, R different, with `?` behind it if
/// disputed; and, if there is one, `weight`: how many pairs of the corpus the row stands for. D and C
/// are to be called duplicates (EXACT, NEAR_DUPLICATE, CONTAINED_IN, CONTAINS), the others not.
#[derive(Debug, Args)]
pub(super) struct Evaluate {
    /// The articles in the order in which they came: JSON lines, plain or packed with gzip or zstd
    #[arg(long, value_name = "FILE")]
    corpus: PathBuf,
    /// The labelled pairs
    #[arg(long, value_name = "FILE")]
    gold: PathBuf,
    /// Articles that are submitted before the corpus and not evaluated; may be given several times
    #[arg(long, value_name = "FILE")]
    background: Vec<PathBuf>,
    /// Replay the days of the corpus in another order, the same for the same seed
    #[arg(long, value_name = "SEED")]
    shuffle_days: Option<u64>,
    /// Also replay the gold's articles alone, into an index that knows nothing else
    #[arg(long)]
    cold: bool,
    /// Also replay the corpus at every value of the main threshold
    #[arg(long)]
    sweep: bool,
    /// Draw the sweep into this file (SVG)
    #[arg(long, value_name = "FILE", requires = "sweep")]
    plot: Option<PathBuf>,
    /// List the pairs that are called wrongly; with --json they are always listed
    #[arg(long)]
    mistakes: bool,
    #[command(flatten)]
    settings: DetectorArgs,
    #[command(flatten)]
    fields: FieldArgs,
}

impl Evaluate {
    pub(super) fn run(self, json: bool) -> Result<Exit, Failure> {
        let start = Instant::now();
        let detector = self.settings.detector()?;
        let rows = gold::read(&self.gold)?;
        let background = Background::new(&self.background, self.fields.fields())?;
        let plot = self
            .plot
            .as_deref()
            .map(|path| Ok::<_, Failure>((path, create(path)?)));
        let plot = plot.transpose()?;
        let stage = ProgressBar::new_spinner();
        stage.enable_steady_tick(Duration::from_millis(100));
        stage.set_message("reading the corpus");
        let mut corpus = Corpus::read(&self.corpus, self.fields.fields())?;
        if let Some(seed) = self.shuffle_days {
            corpus = corpus.shuffle_days(seed);
        }
        let mut report = self.evaluate(&corpus, &rows, background.as_ref(), detector, &stage)?;
        stage.finish_and_clear();
        report.cost.total_seconds = start.elapsed().as_secs_f64();
        report.cost.peak_bytes = peak_bytes();

        let mut out = BufWriter::new(io::stdout());
        if json {
            write_json(&mut out, &report)?;
        } else {
            print(&mut out, Style::stdout(), &report, self.mistakes)?;
            // Where even stderr is closed, there is nobody to tell.
            let _ = print_cost(&mut io::stderr(), &report.cost);
        }
        out.flush()?;
        if let (Some((path, mut file)), Some(sweep)) = (plot, &report.sweep) {
            file.write_all(plot::draw(sweep).as_bytes())
                .map_err(|error| cannot_write(path, &error))?;
        }
        match report.corpus.broken_lines {
            0 => Ok(Exit::DONE),
            lines => {
                complain(&format!("{lines} lines were passed over"));
                Ok(Exit::Errors)
            }
        }
    }

    fn evaluate(
        &self,
        corpus: &Corpus,
        rows: &[Row],
        background: Option<&Background>,
        detector: Detector,
        stage: &ProgressBar,
    ) -> Result<Report, Failure> {
        let gold = Gold::new(rows, corpus);
        if gold.pairs.is_empty() {
            return Err(Failure::Other(format!(
                "no pair of {} counts: {} are not in the corpus, {} are disputed",
                self.gold.display(),
                gold.missing,
                gold.disputed
            )));
        }
        stage.set_message("replaying the corpus");
        let replay = Replay::run(corpus, background, detector, true)?;
        let mut report = Report::new(&detector, corpus, &gold, &replay);
        report.corpus.shuffled_by = self.shuffle_days;

        stage.set_message("comparing every article with every other");
        let start = Instant::now();
        let sets = Sets::new(corpus);
        let exact = recall::exact_pairs(&sets);
        report.cost.exact_seconds = start.elapsed().as_secs_f64();
        report.exact_pairs = recall::recall(&exact, &replay);
        report.called = recall::called(&sets, &replay);
        report.rules = baselines::rules(corpus, &gold.pairs, &sets, &exact, &replay);
        report.mistakes = mistakes(&gold.pairs, corpus, &sets, &replay);

        if self.cold {
            stage.set_message("replaying the gold's articles");
            let corpus = corpus.only(&gold);
            let replay = Replay::run(&corpus, None, detector, false)?;
            report.cold = Some(Block::new(&corpus, &Gold::new(rows, &corpus), &replay));
        }
        if self.sweep {
            let start = Instant::now();
            let show = |done, of| stage.set_message(format!("sweeping: {done} of {of}"));
            show(0, 0);
            report.sweep = Some(sweep::sweep(
                corpus,
                background,
                &gold.pairs,
                &sets,
                detector,
                show,
            )?);
            report.cost.sweep_seconds = Some(start.elapsed().as_secs_f64());
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
