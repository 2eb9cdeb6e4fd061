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

#[cfg(test)]
mod tests {
    use super::*;
    use basma_proto::v1::{Fingerprint, Relation};

    fn print(answer: &Answer) -> String {
        let mut out = Vec::new();
        write_answer(&mut out, Style::default(), answer).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn shows_the_verdict_and_what_it_rests_on() {
        let found = |id: &str, relation: Relation, bits, share| Match {
            id: id.to_owned(),
            relation: relation.into(),
            evidence: Some(Evidence {
                hamming_distance: Some(bits),
                jaccard: Some(share),
                containment: Some(share),
                contained: Some(1.0),
                ..Evidence::default()
            }),
            title: "افتتاح معرض الكتاب".to_owned(),
            first_seen_time: Some(prost_types::Timestamp {
                seconds: 65,
                nanos: 0,
            }),
            ..Match::default()
        };
        let fingerprint = Fingerprint {
            token_count: 120,
            simhash_hex: "00ff00ff00ff00ff".to_owned(),
            ..Fingerprint::default()
        };
        let answer = Answer {
            id: "خبر-9".to_owned(),
            verdict: Verdict::NearDuplicate.into(),
            canonical_id: "خبر-1".to_owned(),
            fingerprint: Some(fingerprint),
            matches: vec![
                found("خبر-1", Relation::NearDuplicate, 3, 0.966),
                found("خبر-17", Relation::Contains, 14, 0.5),
            ],
            truncated: true,
            ..Answer::default()
        };
        assert_eq!(
            print(&answer),
            "NEAR_DUPLICATE  خبر-9  first of its story: خبر-1\n\
             120 words, simhash 00ff00ff00ff00ff\n\
             \n\
             relation        id      first seen (UTC)     distance  jaccard  of this  of match  title\n\
             NEAR_DUPLICATE  خبر-1   1970-01-01 00:01:05         3     97 %     97 %     100 %  افتتاح معرض الكتاب\n\
             CONTAINS        خبر-17  1970-01-01 00:01:05        14     50 %     50 %     100 %  افتتاح معرض الكتاب\n\
             … and more; see them with --max-matches\n"
        );
    }

    #[test]
    fn what_is_new_says_so() {
        let answer = Answer {
            id: "خبر-1".to_owned(),
            verdict: Verdict::New.into(),
            canonical_id: "خبر-1".to_owned(),
            ..Answer::default()
        };
        assert_eq!(print(&answer), "NEW  خبر-1\nnothing like it is known\n");
    }
}
