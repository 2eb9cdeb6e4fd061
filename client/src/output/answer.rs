//! An answer and its matches, for a person.

use std::io::{self, Write};

use basma_proto::v1::{Answer, Evidence, Match, Verdict};

use super::{
    Align, Style, Table, clean,
    format::{optional_share, utc},
    json::{relation_name, verdict_name},
    shorten,
    style::verdict_paint,
};

/// Titles are cut to this many columns, so that a row stays a row.
pub(super) const TITLE_COLUMNS: usize = 48;

/// Prints the verdict, what story the article belongs to, and its matches.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_answer(out: &mut impl Write, style: Style, answer: &Answer) -> io::Result<()> {
    let verdict = answer.verdict();
    write!(
        out,
        "{}",
        style.paint(verdict_name(verdict), verdict_paint(verdict))
    )?;
    if !answer.id.is_empty() {
        write!(out, "  {}", style.foreign(&answer.id))?;
    }
    if answer.canonical_id != answer.id && !answer.canonical_id.is_empty() {
        write!(
            out,
            "  first of its story: {}",
            style.foreign(&answer.canonical_id)
        )?;
    }
    writeln!(out)?;
    if answer.resubmission {
        writeln!(
            out,
            "submitted before with the same text: the first answer again"
        )?;
    } else if answer.revision > 1 {
        writeln!(
            out,
            "replaces an earlier text of this id: revision {}",
            answer.revision
        )?;
    }
    if let Some(print) = &answer.fingerprint {
        writeln!(
            out,
            "{} words, simhash {}",
            print.token_count,
            clean(&print.simhash_hex)
        )?;
    }
    if !answer.matches.is_empty() {
        writeln!(out)?;
        write_matches(out, style, &answer.matches, answer.truncated)?;
    } else if verdict == Verdict::New {
        writeln!(out, "nothing like it is known")?;
    }
    Ok(())
}

/// Prints matches as a table. `of this` is the share of the article asked about that stands in the
/// match, `of match` the share of the match that stands in the article.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_matches(
    out: &mut impl Write,
    style: Style,
    matches: &[Match],
    truncated: bool,
) -> io::Result<()> {
    let mut table = Table::new([
        ("relation", Align::Left),
        ("id", Align::Left),
        ("source", Align::Left),
        ("first seen (UTC)", Align::Left),
        ("distance", Align::Right),
        ("jaccard", Align::Right),
        ("of this", Align::Right),
        ("of match", Align::Right),
        ("title", Align::Left),
    ]);
    let none = Evidence::default();
    for found in matches {
        let evidence = found.evidence.as_ref().unwrap_or(&none);
        let distance = evidence.hamming_distance;
        table.row([
            relation_name(found.relation()).into(),
            found.id.as_str().into(),
            found.source.as_str().into(),
            utc(found.first_seen_time.as_ref()).into(),
            distance
                .map(|bits| bits.to_string())
                .unwrap_or_default()
                .into(),
            optional_share(evidence.jaccard).into(),
            optional_share(evidence.containment).into(),
            optional_share(evidence.contained).into(),
            shorten(&found.title, TITLE_COLUMNS).into(),
        ]);
    }
    table.write(out, style)?;
    if truncated {
        writeln!(out, "… and more; see them with --max-matches")?;
    }
    Ok(())
}
