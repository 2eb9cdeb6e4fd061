//! A progress bar, for who watches.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::count;

/// How much of the files is read, on stderr: only if that is a terminal, and only if the results do
/// not run through the same one. A clone shows the same bar.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    read: Arc<AtomicU64>,
}

impl Progress {
    /// The bar for `files`; `elsewhere`: the results go to a file.
    pub(super) fn new(files: &[PathBuf], elsewhere: bool) -> Self {
        let read = Arc::default();
        if !io::stderr().is_terminal() || (io::stdout().is_terminal() && !elsewhere) {
            return Self {
                bar: ProgressBar::hidden(),
                read,
            };
        }
        let length = |path: &PathBuf| fs::metadata(path).ok().filter(fs::Metadata::is_file);
        let lengths: Option<u64> = files.iter().map(|path| Some(length(path)?.len())).sum();
        let (bar, template) = match lengths {
            Some(length) => (
                ProgressBar::new(length),
                "{wide_bar} {percent:>3} %  {msg}  {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}  {elapsed}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, read }
    }

    /// A bar for something that is written to a file, whose length is learned on the way.
    pub(super) fn bytes() -> Self {
        Self::new(&[], true)
    }

    /// Shows how many bytes of all are written.
    pub(super) fn show_bytes(&self, written: u64, total: u64) {
        self.bar.set_length(total.max(written));
        self.bar.set_position(written);
        if !self.bar.is_hidden() {
            self.bar
                .set_message(format!("{} MiB", count(written >> 20)));
        }
    }

    /// Shows how many articles of all are written.
    pub(super) fn show_count(&self, written: u64, total: u64) {
        self.bar.set_length(total.max(written));
        self.bar.set_position(written);
        if !self.bar.is_hidden() {
            self.bar.set_message(format!("{} articles", count(written)));
        }
    }

    /// Counts what is read of the files.
    pub(super) fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Shows how many articles have their answers.
    pub(super) fn show(&self, articles: u64) {
        // A message is formatted anew for each call: now and then is enough.
        if articles % 256 == 1 && !self.bar.is_hidden() {
            self.bar.set_position(self.read.load(Relaxed));
            let seconds = self.bar.elapsed().as_secs_f64();
            let rate = if seconds > 0.0 {
                articles as f64 / seconds
            } else {
                0.0
            };
            self.bar.set_message(format!(
                "{} articles, {}/s",
                count(articles),
                count(rate as u64)
            ));
        }
    }

    /// Prints a line on stderr, above the bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| {
            // Where even stderr is closed, there is nobody to tell.
            let _ = writeln!(io::stderr(), "{line}");
        });
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
