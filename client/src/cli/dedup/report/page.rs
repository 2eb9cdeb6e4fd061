//! The page itself.

use std::io::{self, Write};

use basma_engine::{Evidence, Metadata, Relation, Verdict, collection::VERDICTS};

use super::{
    super::decide::Counts,
    differences::Run,
    examples::{Example, Examples, Side},
    figures::Figures,
    html::{Name, Text, direction, link},
};
use crate::output::{count, share, utc};

/// Sources in the table; the others are counted.
const SOURCES: usize = 30;

/// Writes it.
pub(super) fn write(
    out: &mut impl Write,
    files: &[String],
    counts: &Counts,
    figures: &Figures,
    examples: &Examples,
) -> io::Result<()> {
    // Nothing is loaded and nothing is run, whatever stands in an article.
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Duplicates: {}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>",
        Text(&files.join(", ")),
        include_str!("page.css")
    )?;
    write_head(out, files, counts, figures)?;
    write_sources(out, figures)?;
    write_matrix(out, figures)?;
    write_sizes(out, figures)?;
    write_largest(out, figures)?;
    write_examples(out, examples)?;
    writeln!(
        out,
        "<p class=\"faint\">Written by basma {}.</p>\n</main>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION")
    )
}

fn part(of: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        of as f64 / all as f64
    }
}

fn write_head(
    out: &mut impl Write,
    files: &[String],
    counts: &Counts,
    figures: &Figures,
) -> io::Result<()> {
    writeln!(out, "<h1>Duplicates</h1>\n<p class=\"faint\">")?;
    for (index, file) in files.iter().enumerate() {
        write!(out, "{}{}", if index > 0 { ", " } else { "" }, Name(file))?;
    }
    writeln!(out, "</p>\n<ul class=\"tiles\">")?;
    let duplicates = counts.articles - counts.kept;
    let largest = figures.largest.first().map_or(0, |story| story.size as u64);
    for (number, name) in [
        (count(counts.articles), "articles"),
        (count(counts.kept), "kept"),
        (count(duplicates), "duplicates"),
        (
            share(part(duplicates, counts.articles)),
            "of all are duplicates",
        ),
        (count(figures.stories), "stories with duplicates"),
        (count(largest), "articles in the largest story"),
    ] {
        writeln!(out, "<li><b>{number}</b>{name}</li>")?;
    }
    writeln!(out, "</ul>\n<div class=\"stack\">")?;
    let verdicts = || {
        VERDICTS
            .iter()
            .zip(counts.verdicts)
            .filter(|(_, number)| *number > 0)
    };
    for (verdict, number) in verdicts() {
        let (name, colour) = (verdict.name(), colour(*verdict));
        writeln!(
            out,
            "<span style=\"--n:{number};--c:var(--{colour})\" title=\"{name} {}\"></span>",
            count(number)
        )?;
    }
    writeln!(out, "</div>\n<ul class=\"key\">")?;
    for (verdict, number) in verdicts() {
        let (name, colour) = (verdict.name(), colour(*verdict));
        writeln!(
            out,
            "<li><i style=\"--c:var(--{colour})\"></i>{name} {} <span class=\"faint\">{}</span></li>",
            count(number),
            share(part(number, counts.articles))
        )?;
    }
    writeln!(
        out,
        "</ul>\n<p class=\"faint\">EXACT, NEAR_DUPLICATE, CONTAINED_IN and CONTAINS are duplicates of an \
         article that came before, and are left out; the others are kept.</p>"
    )
}

fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::New => "new",
        Verdict::Related(Relation::Exact) => "exact",
        Verdict::Related(Relation::NearDuplicate) => "near",
        Verdict::Related(Relation::ContainedIn) => "in",
        Verdict::Related(Relation::Contains) => "contains",
        Verdict::Related(Relation::Partial) => "partial",
        Verdict::Related(Relation::Template) => "template",
    }
}

/// The name of an outlet, as a heading or a cell.
fn outlet(name: &str) -> String {
    if name.is_empty() {
        return "<span class=\"faint\">no source</span>".to_owned();
    }
    Name(name).to_string()
}

fn write_sources(out: &mut impl Write, figures: &Figures) -> io::Result<()> {
    writeln!(
        out,
        "<h2>By source</h2>\n<div class=\"wide\"><table>\n<tr><th>source</th><th class=\"n\">articles</th>\
         <th class=\"n\">duplicates</th><th class=\"n\">of its articles</th><th></th>\
         <th class=\"n\">of its own stories</th><th class=\"n\">others’ copies of its stories</th></tr>"
    )?;
    for source in figures.sources.iter().take(SOURCES) {
        let duplicates = part(source.duplicates, source.articles);
        writeln!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"bar\"><span style=\"--share:{duplicates:.3}\"></span></td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            outlet(&source.name),
            count(source.articles),
            count(source.duplicates),
            share(duplicates),
            count(source.own),
            count(source.copied),
        )?;
    }
    writeln!(out, "</table></div>")?;
    match figures.sources.len().saturating_sub(SOURCES) {
        0 => Ok(()),
        left => writeln!(
            out,
            "<p class=\"faint\">and {} more with fewer duplicates</p>",
            count(left as u64)
        ),
    }
}

fn write_matrix(out: &mut impl Write, figures: &Figures) -> io::Result<()> {
    if figures.matrix.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Who copies whom</h2>\n<p>How many articles of the source in the row came after one of the \
         source in the column that began their story. First is what came first in the input; two that \
         print the same agency look as if one had copied the other.</p>\n\
         <div class=\"wide\"><table class=\"matrix\">\n<tr><th class=\"faint\">later ↓ first →</th>"
    )?;
    let name = |place: usize| match figures.outlets.get(place) {
        Some(name) => outlet(name),
        None => "<span class=\"faint\">others</span>".to_owned(),
    };
    for column in 0..figures.matrix.len() {
        write!(out, "<th scope=\"col\">{}</th>", name(column))?;
    }
    writeln!(out, "</tr>")?;
    let across = |row: usize, column: usize| row != column || row >= figures.outlets.len();
    let most = figures.matrix.iter().enumerate().flat_map(|(row, cells)| {
        cells
            .iter()
            .enumerate()
            .filter(move |(column, _)| across(row, *column))
            .map(|(_, cell)| *cell)
    });
    let most = most.max().unwrap_or_default();
    for (row, cells) in figures.matrix.iter().enumerate() {
        write!(out, "<tr><th scope=\"row\">{}</th>", name(row))?;
        for (column, cell) in cells.iter().enumerate() {
            let number = if *cell == 0 {
                String::new()
            } else {
                count(*cell)
            };
            if across(row, column) {
                write!(
                    out,
                    "<td style=\"--share:{:.3}\">{number}</td>",
                    part(*cell, most)
                )?;
            } else {
                write!(out, "<td class=\"self\" style=\"--share:0\">{number}</td>")?;
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table></div>")
}

fn write_sizes(out: &mut impl Write, figures: &Figures) -> io::Result<()> {
    if figures.stories == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Stories by size</h2>\n<div class=\"wide\"><table>\n<tr><th class=\"n\">articles in the story</th>\
         <th class=\"n\">stories</th><th></th><th class=\"n\">articles in all</th></tr>"
    )?;
    let most = figures
        .sizes
        .iter()
        .map(|size| size.stories)
        .max()
        .unwrap_or_default();
    for size in figures.sizes.iter().filter(|size| size.stories > 0) {
        let range = match (size.from, size.to) {
            (from, usize::MAX) => format!("{from} or more"),
            (from, to) if from == to => from.to_string(),
            (from, to) => format!("{from} to {to}"),
        };
        writeln!(
            out,
            "<tr><td class=\"n\">{range}</td><td class=\"n\">{}</td>\
             <td class=\"bar\"><span style=\"--share:{:.3}\"></span></td><td class=\"n\">{}</td></tr>",
            count(size.stories),
            part(size.stories, most),
            count(size.articles)
        )?;
    }
    writeln!(out, "</table></div>")
}

fn write_largest(out: &mut impl Write, figures: &Figures) -> io::Result<()> {
    if figures.largest.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>The largest stories</h2>\n<div class=\"wide\"><table>\n<tr><th class=\"n\">articles</th>\
         <th class=\"n\">sources</th><th>began with</th><th>in</th><th>on (UTC)</th></tr>"
    )?;
    for story in &figures.largest {
        writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
            count(story.size as u64),
            count(story.sources as u64),
            headline(&story.first, &story.id),
            outlet(&super::figures::outlet(&story.first)),
            day(&story.first),
        )?;
    }
    writeln!(out, "</table></div>")
}

/// The headline, or else the id, as a link where there is an address.
fn headline(metadata: &Metadata, id: &str) -> String {
    let name = if metadata.title.trim().is_empty() {
        id
    } else {
        &metadata.title
    };
    match link(&metadata.url) {
        Some(url) => format!(
            "<a href=\"{url}\" rel=\"noopener noreferrer\">{}</a>",
            Name(name)
        ),
        None => Name(name).to_string(),
    }
}

fn day(metadata: &Metadata) -> String {
    let time = metadata.published.map(|time| prost_types::Timestamp {
        seconds: time.div_euclid(1000),
        nanos: 0,
    });
    utc(time.as_ref())
}

fn write_examples(out: &mut impl Write, examples: &Examples) -> io::Result<()> {
    if examples.by_relation.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h2>Examples</h2>\n<p>Chosen by chance; on the right the one that came first. \
         <span class=\"earlier\"><mark>Marked so</mark></span> is what only the first has, \
         <span class=\"later\"><mark>so</mark></span> what only the later has.</p>"
    )?;
    for (relation, examples) in &examples.by_relation {
        writeln!(
            out,
            "<h3>{} <span class=\"faint\">{}</span></h3>",
            relation.name(),
            meaning(*relation)
        )?;
        for example in examples {
            write_example(out, example)?;
        }
    }
    Ok(())
}

fn meaning(relation: Relation) -> &'static str {
    match relation {
        Relation::Exact => "the same words in the same order: left out",
        Relation::NearDuplicate => "the same story in nearly the same words: left out",
        Relation::ContainedIn => "the later stands nearly whole in the first: left out",
        Relation::Contains => "the later holds nearly all of the first: left out",
        Relation::Partial => "they share passages: kept",
        Relation::Template => "the same formula about another event: kept",
    }
}

fn write_example(out: &mut impl Write, example: &Example) -> io::Result<()> {
    writeln!(
        out,
        "<article class=\"pair\">\n<p>{}</p>\n<div class=\"sides\" dir=\"rtl\">",
        evidence(&example.evidence)
    )?;
    for (side, class) in [(&example.earlier, "earlier"), (&example.later, "later")] {
        write_side(out, side, class)?;
    }
    writeln!(out, "</div>\n</article>")
}

fn evidence(evidence: &Evidence) -> String {
    let shares = [
        ("Jaccard", evidence.jaccard),
        ("of the later in the first", evidence.containment),
        ("of the first in the later", evidence.contained),
    ];
    let shares = shares
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", share(f64::from(value?)))));
    let distance = evidence
        .hamming
        .map(|bits| format!("{bits} of 64 bits of the SimHash differ"));
    shares.chain(distance).collect::<Vec<_>>().join(" · ")
}

fn write_side(out: &mut impl Write, side: &Side, class: &str) -> io::Result<()> {
    let Side { item, runs } = side;
    let metadata = &item.metadata;
    writeln!(
        out,
        "<section class=\"side {class}\">\n<h4>{}</h4>\n<p class=\"of\">{} <bdi>{}</bdi></p>",
        headline(metadata, &item.id),
        outlet(&super::figures::outlet(metadata)),
        day(metadata)
    )?;
    let direction = direction(&item.text);
    let language = if direction == "rtl" {
        " lang=\"ar\""
    } else {
        ""
    };
    write!(out, "<p class=\"text\" dir=\"{direction}\"{language}>")?;
    for run in runs {
        match run {
            Run::Shared(text) => write!(out, "{}", Text(text))?,
            Run::Own(text) => write!(out, "<mark>{}</mark>", Text(text))?,
            Run::LeftOut { words, shared } => {
                let tag = if *shared { "span" } else { "mark" };
                write!(
                    out,
                    "<{tag} class=\"out\"><bdi dir=\"ltr\">… {} words …</bdi></{tag}>",
                    count(*words as u64)
                )?;
            }
        }
    }
    writeln!(out, "</p>\n</section>")
}

#[cfg(test)]
mod tests;
