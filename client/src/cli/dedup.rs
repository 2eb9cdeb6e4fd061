//! `basma dedup`
//!
//! A corpus goes through the engine in this program, article by article in the order of the input, and
//! what is the first of its story is written as it was read. It needs no server.

mod batch;
mod clusters;
mod decide;
mod journal;
mod ledger;
mod pipeline;
mod report;
mod summary;

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread::available_parallelism,
    time::{Instant, UNIX_EPOCH},
};

use basma_engine::{Detector, FOLD_VERSION};
use clap::Args;
use serde::Serialize;

use self::{
    decide::{Decider, Decisions},
    journal::{Journal, Refused},
    ledger::Ledger,
    summary::Summary,
};
use super::{
    detector::DetectorArgs,
    failure::{Exit, Failure, complain},
    fields::FieldArgs,
    files::{can_open, cannot_write, create},
    progress::Progress,
};
use crate::{
    input::Records,
    output::{Style, count},
};

/// Deduplicate files of articles; needs no server
///
/// Of every story the article that comes first in the input is written to the output, as it was read;
/// rows of Parquet as JSON. The output is the same whatever the number of threads. It has its name only
/// when it is complete; a run that was stopped goes on where it was when the same command is given
/// again.
#[derive(Debug, Args)]
pub(super) struct Dedup {
    /// JSON lines, plain or packed with gzip or zstd, or Parquet
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write what is kept to this file
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Write the stories that have duplicates to this file, one a line of JSON
    #[arg(long, value_name = "FILE")]
    clusters: Option<PathBuf>,
    /// Write a page for people to look at to this file: shares, stories, examples (HTML)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Compare each article with the latest N before it alone: bounds the memory, at some 1.5 kB for each of
    /// them (250 bytes with --method simhash-only), however large the input
    #[arg(long, value_name = "N")]
    window: Option<NonZeroUsize>,
    /// Threads that fingerprint; as many as the machine has cores if not given
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Forget a run that was stopped
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    settings: DetectorArgs,
    #[command(flatten)]
    fields: FieldArgs,
}

/// Which run a journal is of: one that anything else here would have decided otherwise is another.
#[derive(Serialize)]
struct Run {
    version: &'static str,
    fold_version: u32,
    detector: String,
    fields: String,
    window: Option<NonZeroUsize>,
    files: Vec<InputFile>,
}

#[derive(Serialize)]
struct InputFile {
    path: PathBuf,
    bytes: u64,
    modified_ns: u128,
}

impl Dedup {
    pub(super) fn run(self, json: bool) -> Result<Exit, Failure> {
        let start = Instant::now();
        let detector = self.settings.detector()?;
        let fields = self.fields.fields();
        let run = self.describe(&detector)?;
        let journal = self.journal(&run)?;
        if journal.is_resumed() {
            complain(&format!(
                "going on with {}",
                beside(&self.output, ".journal").display()
            ));
        }
        let partial = beside(&self.output, ".partial");
        let output = (create(&partial)?, partial.as_path());
        let clusters = self.clusters.as_ref().map(Partial::create).transpose()?;
        let report = self.report.as_ref().map(Partial::create).transpose()?;

        let progress = Progress::new(&self.files, true);
        let threads = self.threads.or_else(|| available_parallelism().ok());
        let threads = threads.map_or(1, NonZeroUsize::get);
        let records = Records::new(self.files.clone(), progress.bytes_read());
        let ledger = Ledger::new(folder(&self.output))
            .map_err(|error| cannot_write(folder(&self.output), &error))?;
        let mut decider = Decider::new(detector, self.window, (journal, ledger), output, &progress);
        let decided = pipeline::run(records, &fields, &detector, threads, |batch| {
            decider.decide(batch)
        });
        progress.finish();
        decided?;
        let Decisions {
            stories,
            counts,
            stats,
            sample,
            journal,
        } = decider.finish()?;

        if let Some(file) = clusters {
            file.write(|out| clusters::write(out, &stories))?;
        }
        if let Some(file) = report {
            let names: Vec<_> = self
                .files
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            let again = Records::new(self.files.clone(), Arc::default());
            file.write(|out| {
                let decided = (&stories, &counts);
                report::write(out, &names, decided, (&sample, again, &fields), &detector)
            })?;
        }
        rename(&partial, &self.output)?;
        // The run is over; should the journal stay, it would only be gone through again.
        let _ = journal.remove();

        let clusters = stories.with_duplicates();
        let summary = Summary::new(&counts, &stats, clusters, start.elapsed());
        let mut out = BufWriter::new(io::stdout());
        summary.print(&mut out, Style::stdout(), json)?;
        out.flush()?;
        if counts.unreadable_dates > 0 {
            complain(&format!(
                "{} unreadable dates were left out (see --date-field)",
                count(counts.unreadable_dates)
            ));
        }
        if counts.broken > 0 {
            complain(&format!(
                "{} lines could not be used, and are not in the output",
                count(counts.broken)
            ));
            return Ok(Exit::Errors);
        }
        Ok(Exit::DONE)
    }

    /// Describes the run, in a line, having looked at every file that it is to read or write.
    fn describe(&self, detector: &Detector) -> Result<String, Failure> {
        let mut files = Vec::new();
        for path in &self.files {
            if path == Path::new("-") {
                return Err(Failure::Other(
                    "stdin cannot be read again when a run is to go on: write it to a file first"
                        .to_owned(),
                ));
            }
            can_open(path)?;
            let unreadable =
                |error: io::Error| Failure::Other(format!("{}: {error}", path.display()));
            let metadata = fs::metadata(path).map_err(unreadable)?;
            let path = path.canonicalize().map_err(unreadable)?;
            if [
                Some(&self.output),
                self.clusters.as_ref(),
                self.report.as_ref(),
            ]
            .into_iter()
            .flatten()
            .any(|output| output.canonicalize().is_ok_and(|output| output == path))
            {
                return Err(Failure::Other(format!(
                    "{} is read and written: give the output another name",
                    path.display()
                )));
            }
            let modified = metadata
                .modified()
                .ok()
                .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            files.push(InputFile {
                path,
                bytes: metadata.len(),
                modified_ns: modified.unwrap_or_default().as_nanos(),
            });
        }
        let run = Run {
            version: env!("CARGO_PKG_VERSION"),
            fold_version: FOLD_VERSION,
            detector: format!("{detector:?}"),
            fields: format!("{:?}", self.fields.fields()),
            window: self.window,
            files,
        };
        serde_json::to_string(&run).map_err(|error| Failure::Output(error.into()))
    }

    fn journal(&self, run: &str) -> Result<Journal, Failure> {
        let path = beside(&self.output, ".journal");
        Journal::open(&path, run, self.restart).map_err(|refused| match refused {
            Refused::Another => Failure::Other(format!(
                "{} is of a run with other files or settings: finish that one, or start over with --restart",
                path.display()
            )),
            Refused::Locked => Failure::Other(format!(
                "another basma dedup is writing {}: wait for it, or give another --output",
                self.output.display()
            )),
            Refused::Io(error) => cannot_write(&path, &error),
        })
    }
}

/// The path of a file beside the output, with a longer name.
fn beside(output: &Path, ending: &str) -> PathBuf {
    let mut path = output.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// The folder of the output.
fn folder(output: &Path) -> &Path {
    let parent = output.parent();
    parent
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A file that has its name only when it is complete. That it cannot be written is told of before
/// anything else is done.
struct Partial<'a> {
    path: &'a Path,
    partial: PathBuf,
    out: BufWriter<File>,
}

impl<'a> Partial<'a> {
    fn create(path: &'a PathBuf) -> Result<Self, Failure> {
        let partial = beside(path, ".partial");
        let out = BufWriter::new(create(&partial)?);
        Ok(Self { path, partial, out })
    }

    fn write(
        mut self,
        content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        content(&mut self.out)
            .and_then(|()| self.out.flush())
            .and_then(|()| self.out.get_ref().sync_all())
            .map_err(|error| cannot_write(&self.partial, &error))?;
        rename(&self.partial, self.path)
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::rename(from, to).map_err(|error| cannot_write(to, &error))
}
