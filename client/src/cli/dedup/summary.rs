//! What a run came to.

use std::{
    io::{self, Write},
    time::Duration,
};

use basma_engine::{Stats, collection::VERDICTS};
use serde::{Serialize, Serializer};

use super::decide::Counts;
use crate::{
    cli::files::peak_bytes,
    output::{Align, Style, Table, bytes, count, write_json},
};

/// Printed when all is written.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    articles: u64,
    kept: u64,
    duplicates: u64,
    /// Stories of more than one article.
    clusters: u64,
    /// In the order of their strength.
    #[serde(serialize_with = "as_map")]
    verdicts: Vec<(&'static str, u64)>,
    named_by_place: u64,
    broken_lines: u64,
    unreadable_dates: u64,
    resumed: u64,
    text_bytes: u64,
    index_bytes: u64,
    peak_bytes: Option<u64>,
    seconds: f64,
}

impl Summary {
    pub(super) fn new(counts: &Counts, stats: &Stats, clusters: u64, elapsed: Duration) -> Self {
        let verdicts = VERDICTS.iter().zip(counts.verdicts);
        Self {
            articles: counts.articles,
            kept: counts.kept,
            duplicates: counts.articles - counts.kept,
            clusters,
            verdicts: verdicts
                .map(|(verdict, number)| (verdict.name(), number))
                .collect(),
            named_by_place: counts.named,
            broken_lines: counts.broken,
            unreadable_dates: counts.unreadable_dates,
            resumed: counts.resumed,
            text_bytes: counts.text_bytes,
            index_bytes: stats.bytes,
            peak_bytes: peak_bytes(),
            seconds: elapsed.as_secs_f64(),
        }
    }

    /// Prints it, for machines or for people.
    pub(super) fn print(&self, out: &mut impl Write, style: Style, json: bool) -> io::Result<()> {
        if json {
            return write_json(out, self);
        }
        let mut table = Table::new([("", Align::Left), ("", Align::Right)]);
        let mut row = |name: &str, value: String| table.row([name.into(), value.into()]);
        row("articles", count(self.articles));
        row("kept", count(self.kept));
        row("duplicates", count(self.duplicates));
        row("stories with duplicates", count(self.clusters));
        for (verdict, number) in &self.verdicts {
            row(verdict, count(*number));
        }
        row("text", bytes(self.text_bytes));
        row("index", bytes(self.index_bytes));
        if let Some(peak) = self.peak_bytes {
            row("peak memory", bytes(peak));
        }
        row("seconds", format!("{:.2}", self.seconds));
        let rate = (self.articles as f64 / self.seconds.max(1e-6)).round();
        row("articles/s", count(rate as u64));
        if self.resumed > 0 {
            row("of them decided before", count(self.resumed));
        }
        if self.named_by_place > 0 {
            row("named by file and line", count(self.named_by_place));
        }
        row("errors", count(self.broken_lines));
        table.write(out, style)
    }
}

fn as_map<S: Serializer>(pairs: &[(&'static str, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}
