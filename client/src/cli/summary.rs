//! What a run over files came to.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use basma_proto::v1::{Answer, Verdict};

use crate::output::{self, Align, Style, Table, count, verdict_name};

/// Counts, and the time since the start.
#[derive(Debug)]
pub(super) struct Summary {
    start: Instant,
    verdicts: Vec<(Verdict, u64)>,
    resubmitted: u64,
    refused: u64,
    broken: u64,
    text_bytes: u64,
}

impl Summary {
    pub(super) fn start() -> Self {
        Self {
            start: Instant::now(),
            verdicts: Vec::new(),
            resubmitted: 0,
            refused: 0,
            broken: 0,
            text_bytes: 0,
        }
    }

    /// Counts an answer.
    pub(super) fn answered(&mut self, answer: &Answer) {
        let verdict = answer.verdict();
        self.resubmitted += u64::from(answer.resubmission);
        match self
            .verdicts
            .iter_mut()
            .find(|(known, _)| *known == verdict)
        {
            Some((_, count)) => *count += 1,
            None => {
                self.verdicts.push((verdict, 1));
                self.verdicts
                    .sort_unstable_by_key(|(verdict, _)| *verdict as i32);
            }
        }
    }

    /// Counts an article that the server refused.
    pub(super) fn refused(&mut self) {
        self.refused += 1;
    }

    /// Sets what was read: bytes of text, and lines without a usable article.
    pub(super) fn read(&mut self, text_bytes: u64, broken: u64) {
        self.text_bytes = text_bytes;
        self.broken = broken;
    }

    /// Articles that got an answer or an error.
    pub(super) fn articles(&self) -> u64 {
        self.verdicts.iter().map(|(_, count)| count).sum::<u64>() + self.refused
    }

    /// Every verdict that was given.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        self.verdicts.iter().map(|(verdict, _)| *verdict)
    }

    /// Whether any line or article failed.
    pub(super) fn has_errors(&self) -> bool {
        self.broken + self.refused > 0
    }

    /// The failures, counted.
    pub(super) fn errors(&self) -> String {
        let plural = |count: u64, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{} {many}", output::count(count)),
        };
        let broken = plural(
            self.broken,
            "line could not be used",
            "lines could not be used",
        );
        let refused = plural(self.refused, "article was refused", "articles were refused");
        match (self.broken, self.refused) {
            (_, 0) => broken,
            (0, _) => refused,
            _ => format!("{broken}, {refused}"),
        }
    }

    /// Prints it on stderr.
    pub(super) fn print(&self) -> io::Result<()> {
        let mut table = Vec::new();
        self.write(&mut table, self.start.elapsed())?;
        io::stderr().write_all(&table)
    }

    fn write(&self, out: &mut impl Write, elapsed: Duration) -> io::Result<()> {
        let seconds = elapsed.as_secs_f64();
        let rate = self.articles() as f64 / seconds.max(1e-6);
        let mut table = Table::new([("", Align::Left), ("", Align::Right)]);
        let mut row = |name: &str, value: String| table.row([name.into(), value.into()]);
        row("articles", count(self.articles()));
        row("text", output::bytes(self.text_bytes));
        row("seconds", format!("{seconds:.2}"));
        row("articles/s", count(rate.round() as u64));
        for (verdict, number) in &self.verdicts {
            row(verdict_name(*verdict), count(*number));
        }
        if self.resubmitted > 0 {
            row("of them submitted before", count(self.resubmitted));
        }
        row("errors", count(self.broken + self.refused));
        table.write(out, Style::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_aligns() {
        let mut summary = Summary::start();
        for verdict in [Verdict::New, Verdict::Exact, Verdict::New] {
            summary.answered(&Answer {
                verdict: verdict.into(),
                ..Answer::default()
            });
        }
        summary.refused();
        summary.read(3_000_000, 2);
        assert_eq!(
            summary.errors(),
            "2 lines could not be used, 1 article was refused"
        );
        let mut out = Vec::new();
        summary
            .write(&mut out, Duration::from_millis(500))
            .expect("memory");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "articles         4\n\
             text        3.0 MB\n\
             seconds       0.50\n\
             articles/s       8\n\
             EXACT            1\n\
             NEW              2\n\
             errors           3\n"
        );
    }
}
