//! What becomes of each article, in the order of the input.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use basma_engine::{
    Answer, Collection, Decision, Detector, IndexFull, Metadata, Stats, Submission, Verdict,
    collection::VERDICTS,
};

use super::{
    batch::{Batch, Ready, Record},
    journal::{Decided, Journal},
    ledger::{Ledger, Stories},
    report::Sample,
};
use crate::{
    cli::{failure::Failure, files::cannot_write, progress::Progress},
    input::Place,
    output::clean,
};

/// What was met in the input.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) articles: u64,
    /// Those that the output has.
    pub(super) kept: u64,
    /// By verdict, in the order of [`VERDICTS`].
    pub(super) verdicts: [u64; VERDICTS.len()],
    /// Those without an id of their own.
    pub(super) named: u64,
    pub(super) unreadable_dates: u64,
    pub(super) broken: u64,
    pub(super) text_bytes: u64,
    /// Those whose decision was known from a run that was stopped.
    pub(super) resumed: u64,
}

/// What is left when every article is decided.
pub(super) struct Decisions {
    pub(super) stories: Stories,
    pub(super) counts: Counts,
    /// Of the index at the end.
    pub(super) stats: Stats,
    pub(super) sample: Sample,
    pub(super) journal: Journal,
}

/// The collection, and where its decisions go.
pub(super) struct Decider<'a> {
    /// The articles of the window.
    collection: Collection,
    /// Of how many articles the window is, and their ids; of all if it is `None`.
    window: Option<(NonZeroUsize, VecDeque<Box<str>>)>,
    /// All articles.
    ledger: Ledger,
    counts: Counts,
    /// Pairs to be shown.
    sample: Sample,
    journal: Journal,
    output: BufWriter<File>,
    path: PathBuf,
    progress: &'a Progress,
}

impl<'a> Decider<'a> {
    /// With an empty collection; what is kept goes to `output`, which is at `path`.
    pub(super) fn new(
        detector: Detector,
        window: Option<NonZeroUsize>,
        (journal, ledger): (Journal, Ledger),
        (output, path): (File, &Path),
        progress: &'a Progress,
    ) -> Self {
        Self {
            collection: Collection::new(detector),
            window: window.map(|window| (window, VecDeque::new())),
            ledger,
            counts: Counts::default(),
            sample: Sample::default(),
            journal,
            output: BufWriter::with_capacity(1 << 20, output),
            path: path.to_owned(),
            progress,
        }
    }

    /// Decides a batch.
    pub(super) fn decide(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        for record in batch.records() {
            match &record.outcome {
                Ok(ready) => self.article(record, ready)?,
                Err(cause) => {
                    self.counts.broken += 1;
                    let line = format!("{}: {cause}", record.place);
                    self.progress.say(&clean(&line));
                }
            }
        }
        self.journal
            .write()
            .map_err(|error| self.cannot_go_on(&error))
    }

    fn article(&mut self, record: &Record, ready: &Ready) -> Result<(), Failure> {
        let item = &ready.item;
        let name = self.name(&item.id, &record.place);
        // The rest of it is in the ledger.
        let metadata = Metadata {
            published: item.metadata.published,
            ..Metadata::default()
        };
        let submission = Submission {
            id: &name,
            text: &item.text,
            metadata: &metadata,
            now: item.metadata.published.unwrap_or_default(),
        };
        let before = self
            .journal
            .take()
            .map_err(|error| self.cannot_go_on(&error))?;
        let decided = match before {
            Some(decided) => self.readmit(record, ready, submission, decided)?,
            None => self.submit(record, ready, submission)?,
        };
        let verdict = decided.verdict;
        if let (Verdict::Related(relation), Some(matched)) = (verdict, &decided.matched) {
            self.sample.offer(relation, &name, matched);
        }
        self.ledger
            .add(&name, &item.metadata, verdict, decided.story())
            .map_err(|error| self.cannot_go_on(&error))?;
        if let Some((most, latest)) = &mut self.window {
            latest.push_back(name.as_str().into());
            if latest.len() > most.get()
                && let Some(oldest) = latest.pop_front()
            {
                self.collection.delete(&oldest, &());
            }
        }
        let counts = &mut self.counts;
        counts.articles += 1;
        counts.text_bytes += item.text.len() as u64;
        counts.named += u64::from(name != item.id);
        counts.unreadable_dates += u64::from(ready.unreadable_date);
        if let Some(n) = VERDICTS.iter().position(|other| *other == verdict) {
            counts.verdicts[n] += 1;
        }
        if !verdict.is_duplicate() {
            counts.kept += 1;
            let line = record.line.trim_ascii_end();
            let written = self.output.write_all(line);
            let written = written.and_then(|()| self.output.write_all(b"\n"));
            written.map_err(|error| self.cannot_go_on(&error))?;
        }
        self.progress.show(self.counts.articles);
        Ok(())
    }

    fn submit(
        &mut self,
        record: &Record,
        ready: &Ready,
        submission: Submission<'_>,
    ) -> Result<Decided, Failure> {
        let fingerprint = ready.fingerprint;
        let answer = self
            .collection
            .submit_fingerprinted(&record.fingerprinter, fingerprint, submission, 1)
            .map_err(full)?;
        let Answer {
            verdict,
            matches,
            canonical_id,
            ..
        } = answer;
        // It is there: it was just submitted.
        let article = self.collection.get(submission.id);
        let decided = Decided {
            check: check(ready),
            verdict,
            is_story: article.is_some_and(|article| article.is_story),
            matched: matches.first().map(|best| best.article.id.clone()),
            // Its id is new, so it is not itself the first article of another's story.
            is_apart: verdict.is_duplicate() && canonical_id.is_none(),
        };
        self.journal.add(&decided);
        Ok(decided)
    }

    fn readmit(
        &mut self,
        record: &Record,
        ready: &Ready,
        submission: Submission<'_>,
        decided: Decided,
    ) -> Result<Decided, Failure> {
        if decided.check != check(ready) {
            return Err(Failure::Other(format!(
                "{}: it is not what it was when the run was stopped; start over with --restart",
                record.place
            )));
        }
        let decision = Decision {
            verdict: decided.verdict,
            story: decided.story(),
            is_story: decided.is_story,
        };
        let fingerprint = ready.fingerprint;
        self.collection
            .readmit(&record.fingerprinter, fingerprint, submission, decision)
            .map_err(full)?;
        self.counts.resumed += 1;
        Ok(decided)
    }

    /// The id of an article, or its place if it has none or one that was there before: no article is
    /// lost for a want of names.
    fn name(&self, id: &str, place: &Place) -> String {
        let places = (1..).map(|n| match n {
            1 => place.to_string(),
            // The same file was named before.
            _ => format!("{place}#{n}"),
        });
        let id = (!id.is_empty()).then(|| id.to_owned());
        id.into_iter()
            .chain(places)
            .find(|name| !self.ledger.contains(name))
            .unwrap_or_default()
    }

    /// Makes the output complete and safe; the journal is to be removed when all else is done.
    pub(super) fn finish(self) -> Result<Decisions, Failure> {
        let path = self.path;
        self.output
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(|error| cannot_go_on(&path, &error))?;
        Ok(Decisions {
            stories: self
                .ledger
                .finish()
                .map_err(|error| cannot_go_on(&path, &error))?,
            stats: self.collection.stats(),
            counts: self.counts,
            sample: self.sample,
            journal: self.journal,
        })
    }

    fn cannot_go_on(&self, error: &io::Error) -> Failure {
        cannot_go_on(&self.path, error)
    }
}

fn cannot_go_on(path: &Path, error: &io::Error) -> Failure {
    match cannot_write(path, error) {
        Failure::Other(message) => Failure::Other(format!(
            "{message}; the same command goes on from here once that is put right"
        )),
        failure => failure,
    }
}

fn full(_: IndexFull) -> Failure {
    Failure::Other("more articles than an index can hold, 4,294,967,295".to_owned())
}

/// Whether it is the same text as before, as far as 32 bits tell.
fn check(ready: &Ready) -> u32 {
    xxhash_rust::xxh3::xxh3_64(ready.item.text.as_bytes()) as u32
}
