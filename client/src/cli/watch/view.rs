//! How it is shown: drawn on a terminal, in lines, or as JSON.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use basma_proto::v1::StoredArticle;
use jiff::Timestamp;
use serde::Serialize;

use super::{Pulse, Seen, Session, Tail};
use crate::output::{
    self, Align, Cell, HEAD, Style, Table, bytes, count, rfc3339, utc, verdict_name,
};

/// Sources that are shown.
const TOP: usize = 8;
/// Duplicates that are shown at once where lines are printed.
const LINES: usize = 10;

/// The terminal while it shows the view; it is as before when this is dropped.
pub(super) struct Screen(());

impl Screen {
    /// The other screen of the terminal, without cursor, where long lines are cut off.
    pub(super) fn open() -> io::Result<Self> {
        print(b"\x1b[?1049h\x1b[?25l\x1b[?7l").map(|()| Self(()))
    }

    /// Draws the view in place of the last one, as far as the terminal has lines.
    pub(super) fn draw(
        &self,
        out: &mut impl Write,
        session: &Session,
        pulse: &Pulse,
        seen: &Seen,
        tail: &Tail,
        trouble: &str,
    ) -> io::Result<()> {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        let rows = size
            .map(|size| usize::from(size.ws_row))
            .filter(|rows| *rows > 1);
        let rows = rows.unwrap_or(24);
        let mut view = Vec::new();
        write_view(&mut view, session, pulse, seen, tail, trouble)?;
        let view = String::from_utf8_lossy(&view);
        let lines: Vec<&str> = view.lines().take(rows - 1).collect();
        write!(out, "\x1b[H")?;
        for line in lines {
            write!(out, "{line}\x1b[K\r\n")?;
        }
        write!(out, "\x1b[J")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Where stdout is closed there is no terminal to put right.
        let _ = print(b"\x1b[?7h\x1b[?25h\x1b[?1049l");
    }
}

fn print(codes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(codes)?;
    out.flush()
}

fn per_second(rate: Option<f64>) -> String {
    rate.map_or_else(String::new, |rate| {
        format!("{}/s", count(rate.round() as u64))
    })
}

fn write_view(
    out: &mut impl Write,
    session: &Session,
    pulse: &Pulse,
    seen: &Seen,
    tail: &Tail,
    trouble: &str,
) -> io::Result<()> {
    let (style, stats) = (session.style, &pulse.stats);
    let now = Timestamp::now().strftime("%H:%M:%S UTC");
    writeln!(
        out,
        "basma watch  {}  {}  {now}  (Ctrl-C ends)",
        session.client.server(),
        style.foreign(&stats.collection)
    )?;
    if trouble.is_empty() {
        writeln!(out)?;
    } else {
        writeln!(out, "as of before: {}", style.foreign(trouble))?;
    }
    let mut table = Table::new([
        ("", Align::Right),
        ("", Align::Left),
        ("", Align::Right),
        ("", Align::Left),
    ]);
    let stories = count(stats.cluster_count);
    table.row([
        count(stats.article_count).into(),
        "articles".into(),
        stories.into(),
        "stories".into(),
    ]);
    let rate = per_second(pulse.rate());
    table.row([
        rate.into(),
        "submitted".into(),
        bytes(stats.index_bytes).into(),
        "of index".into(),
    ]);
    table.write(out, style)?;

    writeln!(out)?;
    let all: u64 = stats.verdicts.iter().map(|verdict| verdict.count).sum();
    let mut table = Table::new([
        ("verdict", Align::Left),
        ("submitted", Align::Right),
        ("share", Align::Right),
        ("now", Align::Right),
        ("", Align::Left),
    ]);
    for (n, verdict) in stats.verdicts.iter().enumerate() {
        let share = verdict.count as f64 / all.max(1) as f64;
        table.row([
            style.foreign(&verdict.verdict).into(),
            count(verdict.count).into(),
            output::share(share).into(),
            per_second(pulse.rates.get(n).copied()).into(),
            "█".repeat((share * 30.0).round() as usize).into(),
        ]);
    }
    table.write(out, style)?;

    writeln!(out)?;
    if let Some(read) = tail.behind() {
        writeln!(
            out,
            "reading the list: {} of {} articles",
            count(read),
            count(stats.article_count)
        )?;
    }
    let mut table = Table::new([
        ("source", Align::Left),
        ("articles", Align::Right),
        ("duplicates", Align::Right),
    ]);
    for (name, source) in seen.top(TOP) {
        let share = source.duplicates as f64 / source.articles.max(1) as f64;
        table.row([
            style.foreign(name).into(),
            count(source.articles).into(),
            output::share(share).into(),
        ]);
    }
    table.write(out, style)?;

    writeln!(out)?;
    write_duplicates(out, style, seen.latest())
}

fn write_duplicates<'a>(
    out: &mut impl Write,
    style: Style,
    articles: impl Iterator<Item = &'a StoredArticle>,
) -> io::Result<()> {
    let mut table = Table::new([
        ("first seen (UTC)", Align::Left),
        ("duplicate", Align::Left),
        ("id", Align::Left),
        ("of", Align::Left),
        ("source", Align::Left),
        ("title", Align::Left),
    ]);
    for article in articles {
        table.row([
            Cell::painted(utc(article.first_seen_time.as_ref()), HEAD),
            verdict_name(article.verdict()).into(),
            style.foreign(&article.id).into(),
            style.foreign(&article.canonical_id).into(),
            style.foreign(&article.source).into(),
            style.foreign(&article.title).into(),
        ]);
    }
    table.write(out, style)
}

/// Prints a line of counts, and one for each duplicate since the last view.
pub(super) fn write_lines(
    out: &mut impl Write,
    style: Style,
    pulse: &Pulse,
    seen: &Seen,
) -> io::Result<()> {
    let stats = &pulse.stats;
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    write!(out, "{now}  {} articles", count(stats.article_count))?;
    if pulse.rate().is_some() {
        write!(out, "  {}", per_second(pulse.rate()))?;
    }
    for (verdict, rate) in stats
        .verdicts
        .iter()
        .zip(&pulse.rates)
        .filter(|(_, rate)| **rate > 0.0)
    {
        write!(out, "  {} {}", verdict.verdict, per_second(Some(*rate)))?;
    }
    writeln!(out)?;
    let fresh: Vec<_> = seen.latest().take(seen.fresh().min(LINES)).collect();
    for article in fresh.into_iter().rev() {
        let (id, of) = (
            style.foreign(&article.id),
            style.foreign(&article.canonical_id),
        );
        let (source, title) = (
            style.foreign(&article.source),
            style.foreign(&article.title),
        );
        writeln!(
            out,
            "  {}  {id} of {of}  {source}  {title}",
            verdict_name(article.verdict())
        )?;
    }
    match seen.fresh().saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(out, "  and {} duplicates before them", count(more as u64)),
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    collection: &'a str,
    articles: u64,
    clusters: u64,
    index_bytes: u64,
    per_second: Option<f64>,
    verdicts: BTreeMap<&'a str, u64>,
    /// Whether the sources are those of all articles yet.
    complete: bool,
    sources: Vec<SourceLine<'a>>,
    duplicates: Vec<DuplicateLine<'a>>,
}

#[derive(Serialize)]
struct SourceLine<'a> {
    source: &'a str,
    articles: u64,
    duplicates: u64,
}

#[derive(Serialize)]
struct DuplicateLine<'a> {
    id: &'a str,
    verdict: &'static str,
    canonical_id: &'a str,
    source: &'a str,
    title: &'a str,
    first_seen: Option<String>,
}

/// Prints everything as an object; its duplicates are those since the last one, at most the latest 50.
pub(super) fn write_json(
    out: &mut impl Write,
    pulse: &Pulse,
    seen: &Seen,
    tail: &Tail,
) -> io::Result<()> {
    let stats = &pulse.stats;
    let verdicts = stats
        .verdicts
        .iter()
        .map(|one| (one.verdict.as_str(), one.count));
    let sources = seen
        .top(TOP)
        .into_iter()
        .map(|(source, counted)| SourceLine {
            source,
            articles: counted.articles,
            duplicates: counted.duplicates,
        });
    let duplicates = seen
        .latest()
        .take(seen.fresh())
        .map(|article| DuplicateLine {
            id: &article.id,
            verdict: verdict_name(article.verdict()),
            canonical_id: &article.canonical_id,
            source: &article.source,
            title: &article.title,
            first_seen: rfc3339(article.first_seen_time.as_ref()),
        });
    output::write_json(
        out,
        &Line {
            time: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            collection: &stats.collection,
            articles: stats.article_count,
            clusters: stats.cluster_count,
            index_bytes: stats.index_bytes,
            per_second: pulse.rate(),
            verdicts: verdicts.collect(),
            complete: tail.behind().is_none(),
            sources: sources.collect(),
            duplicates: duplicates.collect(),
        },
    )
}
