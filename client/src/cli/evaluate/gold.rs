//! The gold: pairs of articles that people have read, and what they called them.

use std::{io::Read, path::Path, sync::Arc};

use super::corpus::Corpus;
use crate::{cli::failure::Failure, input::open};

/// What a reader called a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// A duplicate: nobody would keep both.
    Duplicate,
    /// Nearly all of one is inside the other.
    Contained,
    /// They share some text, and both are worth keeping.
    Partial,
    /// The same formula about another event.
    Template,
    /// Different.
    Different,
}

impl Label {
    pub(super) const ALL: [Self; 5] = [
        Self::Duplicate,
        Self::Contained,
        Self::Partial,
        Self::Template,
        Self::Different,
    ];

    /// Whether such a pair is to be called a duplicate.
    pub(super) fn is_positive(self) -> bool {
        matches!(self, Self::Duplicate | Self::Contained)
    }

    /// The letter in the file.
    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::Duplicate => "D",
            Self::Contained => "C",
            Self::Partial => "P",
            Self::Template => "T",
            Self::Different => "R",
        }
    }
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    a: String,
    b: String,
    label: Label,
    weight: f64,
    /// Readers do not agree on it: it counts for nothing.
    disputed: bool,
}

/// A pair that counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    /// The place of the article that came second in the replay.
    pub(super) later: u32,
    /// That of the one before it.
    pub(super) earlier: u32,
    pub(super) label: Label,
    /// How many pairs of the corpus it stands for.
    pub(super) weight: f64,
}

/// The pairs that count, and how many do not.
#[derive(Debug, Default)]
pub(super) struct Gold {
    pub(super) pairs: Vec<Pair>,
    /// Pairs that readers do not agree on.
    pub(super) disputed: usize,
    /// Pairs of which an article is not in the corpus.
    pub(super) missing: usize,
}

impl Gold {
    /// Finds the articles of `rows` in the corpus.
    pub(super) fn new(rows: &[Row], corpus: &Corpus) -> Self {
        let mut gold = Self::default();
        for row in rows {
            match (corpus.place(&row.a), corpus.place(&row.b)) {
                _ if row.disputed => gold.disputed += 1,
                (Some(a), Some(b)) => gold.pairs.push(Pair {
                    later: a.max(b),
                    earlier: a.min(b),
                    label: row.label,
                    weight: row.weight,
                }),
                _ => gold.missing += 1,
            }
        }
        gold
    }
}

/// Reads a file of tab-separated values, plain or packed. Its first line names the columns: `a`, `b`
/// and `label` must be among them, `weight` may be.
pub(super) fn read(file: &Path) -> Result<Vec<Row>, Failure> {
    let mut text = String::new();
    open(file, Arc::default())
        .and_then(|mut reader| reader.read_to_string(&mut text))
        .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
    parse(&text).map_err(|(line, cause)| {
        let file = file.display();
        Failure::Other(format!("{file}:{line}: {cause}"))
    })
}

/// The rows, or the number of the first wrong line and what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Vec<Row>, (usize, String)> {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = (1..).zip(text.lines());
    let head = lines.next().map_or("", |(_, head)| head);
    let heads: Vec<&str> = head.split('\t').map(str::trim).collect();
    let find = |name: &str| heads.iter().position(|head| *head == name);
    let need = |name: &str| find(name).ok_or((1, format!("there is no column `{name}`")));
    let (a, b, label) = (need("a")?, need("b")?, need("label")?);
    let weight = find("weight");
    let mut rows = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
        let row = row(cell(a), cell(b), cell(label), weight.map(cell));
        rows.push(row.map_err(|cause| (number, cause))?);
    }
    Ok(rows)
}

fn row(a: &str, b: &str, label: &str, weight: Option<&str>) -> Result<Row, String> {
    if a.is_empty() || b.is_empty() || a == b {
        return Err(format!("`{a}` and `{b}` are not two articles"));
    }
    let letter = label.trim_end_matches('?');
    let read = Label::ALL
        .into_iter()
        .find(|label| label.letter() == letter);
    let weight: f64 = match weight {
        None => 1.0,
        Some(weight) => weight
            .parse()
            .ok()
            .filter(|weight: &f64| weight.is_finite() && *weight >= 0.0)
            .ok_or_else(|| format!("the weight `{weight}` is not a number from 0 on"))?,
    };
    Ok(Row {
        a: a.to_owned(),
        b: b.to_owned(),
        label: read.ok_or_else(|| format!("the label `{label}` is none of D, C, P, T and R"))?,
        weight,
        disputed: label.ends_with('?'),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_their_names() {
        let rows = parse("weight\tlabel\treason\tb\ta\r\n2.5\tD\tso\t2\t1\r\n\n7\tT?\t\t4\t3\n");
        let rows = rows.expect("rows");
        assert_eq!(rows.len(), 2);
        assert_eq!((&*rows[0].a, &*rows[0].b), ("1", "2"));
        assert_eq!((rows[0].label, rows[0].weight), (Label::Duplicate, 2.5));
        assert!(!rows[0].disputed && rows[1].disputed);
        assert_eq!(rows[1].label, Label::Template);
        let rows = parse("a\tb\tlabel\n1\t2\tR\n").expect("rows");
        assert_eq!(rows[0].weight, 1.0);
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        for (text, line, cause) in [
            ("", 1, "there is no column `a`"),
            ("a\tb\n", 1, "there is no column `label`"),
            ("a\tb\tlabel\n1\t2\tD\n1\t2\tX\n", 3, "the label `X`"),
            ("a\tb\tlabel\n1\t1\tD\n", 2, "not two articles"),
            ("a\tb\tlabel\n1\n", 2, "not two articles"),
            ("a\tb\tlabel\tweight\n1\t2\tD\t-1\n", 2, "the weight `-1`"),
        ] {
            let (number, message) = parse(text).expect_err(text);
            assert_eq!(number, line, "{text}");
            assert!(message.contains(cause), "{message}");
        }
    }
}
