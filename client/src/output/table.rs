//! Aligned tables for people.

use std::io::{self, Write};

use anstyle::Style as Paint;
use unicode_width::UnicodeWidthStr;

use super::style::{HEAD, Style};

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One cell: text, which may come from anywhere, and its colour.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    /// A coloured cell.
    pub(crate) fn painted(text: impl Into<String>, paint: Paint) -> Self {
        Self {
            text: super::clean(&text.into()).trim().to_owned(),
            paint,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::painted(text, Paint::new())
    }
}

/// Rows under a line of heads; columns in which every cell is empty are left out.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    columns: [(&'static str, Align); N],
    rows: Vec<[Cell; N]>,
}

impl<const N: usize> Table<N> {
    /// An empty table; it has no line of heads if all of them are empty.
    pub(crate) fn new(columns: [(&'static str, Align); N]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [Cell; N]) {
        self.rows.push(cells);
    }

    /// Prints it.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(&self, out: &mut impl Write, style: Style) -> io::Result<()> {
        let mut shown = Vec::with_capacity(N);
        for (index, (head, align)) in self.columns.iter().enumerate() {
            let cells = self.rows.iter().map(|row| row[index].text.width());
            let widest = cells.max().unwrap_or(0);
            if widest > 0 {
                shown.push((index, *align, widest.max(head.width())));
            }
        }
        if self.columns.iter().any(|(head, _)| !head.is_empty()) {
            let heads = self.columns.map(|(head, _)| Cell {
                text: head.to_owned(),
                paint: HEAD,
            });
            write_row(out, style, &shown, &heads)?;
        }
        for row in &self.rows {
            write_row(out, style, &shown, row)?;
        }
        Ok(())
    }
}

fn write_row(
    out: &mut impl Write,
    style: Style,
    shown: &[(usize, Align, usize)],
    cells: &[Cell],
) -> io::Result<()> {
    // Written before the next cell that holds anything: nothing trails at the end of a line.
    let mut gap = String::new();
    for (index, align, width) in shown {
        let cell = &cells[*index];
        let padding = " ".repeat(width - cell.text.width());
        if *align == Align::Right || cell.text.is_empty() {
            gap.push_str(&padding);
        }
        if !cell.text.is_empty() {
            write!(
                out,
                "{gap}{}",
                style.paint(&style.foreign(&cell.text), cell.paint)
            )?;
            gap.clear();
            if *align == Align::Left {
                gap.push_str(&padding);
            }
        }
        gap.push_str("  ");
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<4> {
        let mut table = Table::new([
            ("name", Align::Left),
            ("count", Align::Right),
            ("none", Align::Left),
            ("title", Align::Left),
        ]);
        table.row(["ا".into(), "7".into(), "".into(), "عنوان\nثان".into()]);
        table.row(["latin".into(), "12,824".into(), "".into(), "".into()]);
        table
    }

    fn print(style: Style) -> String {
        let mut out = Vec::new();
        table().write(&mut out, style).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn aligns_by_what_is_seen_and_leaves_out_empty_columns() {
        assert_eq!(
            print(Style::default()),
            "name    count  title\n\
             ا           7  عنوان ثان\n\
             latin  12,824\n"
        );
    }

    #[test]
    fn marks_and_colours_take_no_room() {
        let printed = print(Style {
            colour: true,
            isolate: true,
        });
        assert!(
            printed.contains("\u{2068}ا\u{2069}           7  \u{2068}عنوان ثان\u{2069}\n"),
            "{printed:?}"
        );
        assert!(printed.starts_with("\u{1b}["));
    }
}
