//! The report, for a person.

use std::io::{self, Write};

use super::{
    confusion::{self, COLUMNS},
    recall::{KINDS, RELATED},
    report::{Block, Cost, Report},
    score::Score,
    sweep::Sweep,
};
use crate::output::{Align, Cell, HEAD, Style, Table, bytes, count};

/// Prints all of it; the list of mistakes only if `mistakes`.
///
/// # Errors
/// Those of `out`.
pub(super) fn print(
    out: &mut impl Write,
    style: Style,
    report: &Report,
    mistakes: bool,
) -> io::Result<()> {
    let corpus = &report.corpus;
    writeln!(
        out,
        "{} articles of {} days{}{}",
        count(corpus.articles as u64),
        corpus.days,
        corpus
            .shuffled_by
            .map_or(String::new(), |seed| format!(", days shuffled by {seed}")),
        match corpus.background {
            0 => String::new(),
            articles => format!(", after {} of background", count(articles)),
        },
    )?;
    writeln!(out, "{}", report.detector)?;
    heading(out, style, "Gold: D and C are to be called duplicates")?;
    block(out, style, &report.warm)?;
    if let Some(cold) = &report.cold {
        heading(
            out,
            style,
            "Cold: a collection that holds the gold's articles only",
        )?;
        block(out, style, cold)?;
    }
    heading(
        out,
        style,
        "Pairs by exact sets of word 3-shingles (J Jaccard, C containment of the smaller)",
    )?;
    exact(out, style, report)?;
    heading(
        out,
        style,
        "Beside other rules (weighted; the last columns: share of exact pairs called duplicates)",
    )?;
    rules(out, style, report)?;
    if let Some(found) = &report.sweep {
        let title = format!("By --{} (now {}), weighted", found.threshold, found.current);
        heading(out, style, &title)?;
        sweep(out, style, found)?;
    }
    if mistakes {
        heading(out, style, "Called wrongly")?;
        wrong(out, style, report)?;
    }
    Ok(())
}

fn heading(out: &mut impl Write, style: Style, title: &str) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    writeln!(out, "\n{}", style.paint(title, bold))
}

/// Three digits behind the point; `-` for none.
fn figure(value: Option<f64>) -> String {
    digits(value, 3)
}

/// So many digits behind the point. All is only what is all: 0.9999 is 0.999.
fn digits(value: Option<f64>, digits: usize) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    let last = 10f64.powi(-(digits as i32));
    let shown = if value < 1.0 {
        value.min(1.0 - last)
    } else {
        value
    };
    format!("{shown:.digits$}")
}

fn block(out: &mut impl Write, style: Style, block: &Block) -> io::Result<()> {
    let left_out = [
        (block.disputed, "disputed"),
        (block.missing, "not in the corpus"),
    ]
    .into_iter()
    .filter(|(pairs, _)| *pairs > 0)
    .map(|(pairs, why)| format!("; {pairs} left out: {why}"))
    .collect::<String>();
    writeln!(
        out,
        "{} articles, {} pairs{left_out}",
        count(block.articles as u64),
        block.pairs
    )?;
    if block.truncated > 0 {
        writeln!(
            out,
            "{} articles had more matches than are looked at",
            block.truncated
        )?;
    }
    let mut table = Table::new([
        ("", Align::Left),
        ("precision", Align::Right),
        ("recall", Align::Right),
        ("F1", Align::Right),
        ("F1 by day", Align::Right),
        ("sd", Align::Right),
        ("days", Align::Right),
    ]);
    let Score {
        weighted,
        unweighted,
        templates,
    } = block.score;
    for (name, figures, spread) in [
        ("weighted", weighted, block.by_day.weighted),
        ("unweighted", unweighted, block.by_day.unweighted),
    ] {
        table.row([
            Cell::painted(name, HEAD),
            figure(figures.precision).into(),
            figure(figures.recall).into(),
            figure(figures.f1).into(),
            figure(spread.mean).into(),
            figure(spread.sd).into(),
            spread.days.to_string().into(),
        ]);
    }
    table.write(out, style)?;
    let reported = |relation: &str| {
        let cells = block.confusion.iter().filter(|row| row.label == "T");
        let cells = cells.flat_map(|row| &row.reported);
        cells
            .filter(|cell| cell.relation == relation)
            .map(|cell| cell.pairs)
            .sum::<usize>()
    };
    writeln!(
        out,
        "templates: {} of {} called duplicates (weighted {}); reported as TEMPLATE {}, as PARTIAL {}, \
         not matched {}",
        templates.called,
        templates.of,
        figure(templates.weighted),
        reported("TEMPLATE"),
        reported("PARTIAL"),
        reported("none"),
    )?;
    let stories = block.stories;
    writeln!(
        out,
        "in one story, weighted: precision {}, recall {}, F1 {}; templates {} of {}\n",
        figure(stories.weighted.precision),
        figure(stories.weighted.recall),
        figure(stories.weighted.f1),
        stories.templates.called,
        stories.templates.of,
    )?;
    matrix(out, style, "pairs", &block.confusion, |cell| {
        cell.pairs as f64
    })?;
    writeln!(out)?;
    matrix(out, style, "weighted", &block.confusion, |cell| cell.weight)
}

fn matrix(
    out: &mut impl Write,
    style: Style,
    head: &'static str,
    rows: &[confusion::Row],
    read: impl Fn(&confusion::Cell) -> f64,
) -> io::Result<()> {
    let mut columns = [(head, Align::Left); COLUMNS + 2];
    columns[COLUMNS + 1] = ("all", Align::Right);
    if let Some(row) = rows.first() {
        for (column, cell) in columns[1..].iter_mut().zip(&row.reported) {
            *column = (cell.relation, Align::Right);
        }
    }
    let mut table = Table::new(columns);
    for row in rows {
        let number = |value: f64| count(value.round() as u64);
        let mut cells: [Cell; COLUMNS + 2] = std::array::from_fn(|_| "".into());
        cells[0] = Cell::painted(row.label, HEAD);
        for (cell, from) in cells[1..].iter_mut().zip(&row.reported) {
            *cell = number(read(from)).into();
        }
        cells[COLUMNS + 1] = number(row.reported.iter().map(&read).sum()).into();
        table.row(cells);
    }
    table.write(out, style)
}

fn exact(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let mut table = Table::new([
        ("", Align::Left),
        ("pairs", Align::Right),
        ("matched", Align::Right),
        ("called duplicate", Align::Right),
    ]);
    for recall in &report.exact_pairs {
        table.row([
            Cell::painted(recall.kind, HEAD),
            count(recall.pairs as u64).into(),
            // Close to 1, where the fourth digit counts.
            digits(recall.matched, 4).into(),
            figure(recall.called).into(),
        ]);
    }
    table.write(out, style)?;
    writeln!(
        out,
        "{} pairs called duplicates, {} of them with J >= {RELATED}",
        count(report.called.pairs as u64),
        figure(report.called.related),
    )
}

fn rules(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let [jaccard_7, jaccard_5, containment_8] = KINDS.map(|(kind, _)| kind);
    let mut table = Table::new([
        ("rule", Align::Left),
        ("precision", Align::Right),
        ("recall", Align::Right),
        ("F1", Align::Right),
        ("unweighted F1", Align::Right),
        ("templates", Align::Right),
        (jaccard_7, Align::Right),
        (jaccard_5, Align::Right),
        (containment_8, Align::Right),
    ]);
    for rule in &report.rules {
        let Score {
            weighted,
            unweighted,
            templates,
        } = rule.score;
        let [a, b, c] = rule.exact_pairs_called.map(figure);
        table.row([
            (&*rule.rule).into(),
            figure(weighted.precision).into(),
            figure(weighted.recall).into(),
            figure(weighted.f1).into(),
            figure(unweighted.f1).into(),
            format!("{} of {}", templates.called, templates.of).into(),
            a.into(),
            b.into(),
            c.into(),
        ]);
    }
    table.write(out, style)
}

fn sweep(out: &mut impl Write, style: Style, sweep: &Sweep) -> io::Result<()> {
    let mut table = Table::new([
        (sweep.threshold, Align::Right),
        ("precision", Align::Right),
        ("recall", Align::Right),
        ("F1", Align::Right),
        ("templates", Align::Right),
        ("exact containment F1", Align::Right),
        ("exact Jaccard F1", Align::Right),
    ]);
    for (index, point) in sweep.points.iter().enumerate() {
        let templates = point.score.templates;
        let mut exact = sweep
            .exact
            .iter()
            .map(|curve| figure(curve.points[index].score.weighted.f1));
        table.row([
            point.value.to_string().into(),
            figure(point.score.weighted.precision).into(),
            figure(point.score.weighted.recall).into(),
            figure(point.score.weighted.f1).into(),
            format!("{} of {}", templates.called, templates.of).into(),
            exact.next().unwrap_or_default().into(),
            exact.next().unwrap_or_default().into(),
        ]);
    }
    table.write(out, style)
}

fn wrong(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let mut table = Table::new([
        ("later", Align::Left),
        ("earlier", Align::Left),
        ("label", Align::Left),
        ("reported", Align::Left),
        ("weight", Align::Right),
        ("exact J", Align::Right),
        ("exact C", Align::Right),
        ("hamming", Align::Right),
        ("containment", Align::Right),
        ("contained", Align::Right),
    ]);
    for mistake in &report.mistakes {
        let evidence = mistake.evidence.as_ref();
        let share = |value: Option<f32>| value.map_or(String::new(), |value| format!("{value:.2}"));
        let hamming = evidence.and_then(|evidence| evidence.hamming);
        table.row([
            (&*mistake.later).into(),
            (&*mistake.earlier).into(),
            mistake.label.into(),
            mistake.reported.into(),
            format!("{:.1}", mistake.weight).into(),
            format!("{:.2}", mistake.exact_jaccard).into(),
            format!("{:.2}", mistake.exact_containment).into(),
            hamming
                .map_or(String::new(), |bits| bits.to_string())
                .into(),
            share(evidence.and_then(|evidence| evidence.containment)).into(),
            share(evidence.and_then(|evidence| evidence.contained)).into(),
        ]);
    }
    table.write(out, style)
}

/// Prints what it took. It differs from run to run, so it goes where results do not.
///
/// # Errors
/// Those of `out`.
pub(super) fn print_cost(out: &mut impl Write, cost: &Cost) -> io::Result<()> {
    write!(
        out,
        "replay {:.2} s, {} articles/s; index {}; exact pairs {:.2} s; ",
        cost.replay_seconds,
        count(cost.articles_per_second.round() as u64),
        bytes(cost.index_bytes),
        cost.exact_seconds,
    )?;
    if let Some(seconds) = cost.sweep_seconds {
        write!(out, "sweep {seconds:.1} s; ")?;
    }
    write!(out, "in all {:.1} s", cost.total_seconds)?;
    if let Some(peak) = cost.peak_bytes {
        write!(out, ", {} of memory", bytes(peak))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_all_only_if_it_is_all() {
        let shown = [1.0, 0.9996, 0.9994, 0.0].map(|value| figure(Some(value)));
        assert_eq!(shown, ["1.000", "0.999", "0.999", "0.000"]);
        assert_eq!(digits(Some(0.99996), 4), "0.9999");
        assert_eq!(figure(None), "-");
    }
}
