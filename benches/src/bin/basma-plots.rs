//! Draws what was recorded: `basma-plots FOLDER` makes an SVG file of each record that it knows in the
//! folder.

use std::{error::Error, fmt::Write, fs, path::Path};

use serde_json::Value;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 300.0;
const RIGHT: f64 = 680.0;
const ROW: f64 = 17.0;
const COLOURS: [&str; 5] = ["#0b57a4", "#c2410c", "#6b7280", "#15803d", "#7c3aed"];

/// A bar, or the heading of those that follow.
enum Line {
    Heading(String),
    Bar {
        name: String,
        value: f64,
        colour: &'static str,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    let rows = |name: &str| rows(&folder.join(name).with_extension("json"));
    let plot = |name: &str, title: &str, lines: Vec<Line>, scale: Scale| match lines.is_empty() {
        true => Ok(()),
        false => fs::write(
            folder.join(name).with_extension("svg"),
            draw(title, &lines, scale),
        ),
    };

    let mut lines = Vec::new();
    for articles in ["real", "generated"] {
        lines.extend(multiples(
            articles,
            &rows(&format!("fingerprint-{articles}"))?,
        ));
    }
    let title = "Time for a fingerprint, as a multiple of that of from_utf8 for the same bytes";
    plot("fingerprint", title, lines, Scale::Linear)?;

    let mut lines = Vec::new();
    for size in ["001", "010", "050"] {
        lines.extend(lookups(&rows(&format!("lookup-{size}"))?));
    }
    let title = "One lookup, median in us (logarithmic)";
    plot("lookup", title, lines, Scale::Logarithmic)?;

    let mut lines = Vec::new();
    for (record, heading) in [
        ("memory-simhash", "SimHash only"),
        ("memory-spilled", "full, with a data folder"),
        ("memory-full", "full, all in memory"),
    ] {
        lines.extend(sizes(heading, &rows(record)?));
    }
    let title = "Memory of an article beyond its id and metadata, in bytes";
    plot("memory", title, lines, Scale::Linear)?;

    let mut lines = hostilities(&rows("adversarial-simhash")?);
    lines.extend(hostilities(&rows("adversarial-full")?));
    let title = "p99 of a check beside hostile articles, as a multiple of that of an ordinary one";
    plot("adversarial", title, lines, Scale::Linear)?;

    let loads = fs::read_to_string(folder.join("rpc.jsonl")).unwrap_or_default();
    let loads: Result<Vec<Value>, _> = loads.lines().map(serde_json::from_str).collect();
    let title = "Articles/s as a share of what a server reaches that only echoes";
    plot("rpc", title, shares(&loads?), Scale::Linear)?;
    Ok(())
}

/// The rows of a record; none if it is not there.
fn rows(file: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let Ok(record) = fs::read_to_string(file) else {
        return Ok(Vec::new());
    };
    let mut record: Value = serde_json::from_str(&record)?;
    Ok(serde_json::from_value(record["rows"].take())?)
}

/// `heading` and a bar for each row, if there are any, in these colours by turns.
fn bars(
    heading: &str,
    rows: &[Value],
    colours: &[&'static str],
    bar: impl Fn(&Value) -> (String, f64),
) -> Vec<Line> {
    let bars = rows
        .iter()
        .zip(colours.iter().cycle())
        .map(|(row, colour)| {
            let (name, value) = bar(row);
            Line::Bar {
                name,
                value,
                colour,
            }
        });
    let heading = (!rows.is_empty()).then(|| Line::Heading(heading.to_owned()));
    heading.into_iter().chain(bars).collect()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or_default()
}

fn multiples(articles: &str, rows: &[Value]) -> Vec<Line> {
    bars(
        &format!("{articles} articles"),
        rows,
        &COLOURS[..1],
        |row| (text(row, "what").to_owned(), number(row, "to_from_utf8")),
    )
}

fn sizes(heading: &str, rows: &[Value]) -> Vec<Line> {
    bars(heading, rows, &COLOURS[..1], |row| {
        let articles = format!("{} articles", number(row, "articles"));
        (articles, number(row, "beyond_id_and_metadata"))
    })
}

fn hostilities(rows: &[Value]) -> Vec<Line> {
    let method = rows.first().map_or("", |row| text(row, "method"));
    bars(method, rows, &COLOURS[..1], |row| {
        let name = format!("{}: {}", text(row, "hostility"), text(row, "asked_about"));
        (name, number(row, "p99_ratio"))
    })
}

fn shares(loads: &[Value]) -> Vec<Line> {
    let collections = loads.chunk_by(|one, other| one["collection"] == other["collection"]);
    let of_collection = |loads: &[Value]| {
        let heading = format!("collection: {}", text(&loads[0], "collection"));
        bars(&heading, loads, &COLOURS[..1], |row| {
            let [rpc, mode] = ["rpc", "mode"].map(|name| text(row, name));
            let name = format!(
                "{rpc} by {mode}, {} x {}",
                row["connections"], row["in_flight"]
            );
            let rate = |figures: &Value| number(figures, "articles_per_s");
            (
                name,
                rate(&row["load"]) / rate(&row["load"]["floor"]).max(1.0),
            )
        })
    };
    collections.flat_map(of_collection).collect()
}

fn lookups(rows: &[Value]) -> Vec<Line> {
    let of = |row: &Value| ["fingerprints", "distance"].map(|name| number(row, name));
    let alike = rows.chunk_by(|one, other| of(one) == of(other));
    let of_alike = |rows: &[Value]| {
        let [fingerprints, distance] = of(&rows[0]);
        let heading = format!("{} M fingerprints, k = {distance}", fingerprints / 1e6);
        bars(&heading, rows, &COLOURS, |row| {
            (text(row, "engine").to_owned(), number(row, "p50_us"))
        })
    };
    alike.flat_map(of_alike).collect()
}

/// How long the bars are.
enum Scale {
    /// From 0 on.
    Linear,
    /// From a hundredth on.
    Logarithmic,
}

/// Horizontal bars.
fn draw(title: &str, lines: &[Line], scale: Scale) -> String {
    let values = || {
        lines.iter().filter_map(|line| match line {
            Line::Bar { value, .. } => Some(*value),
            Line::Heading(_) => None,
        })
    };
    let most = values().fold(1.0, f64::max);
    let share = |value: f64| match scale {
        Scale::Linear => value / most,
        Scale::Logarithmic => (value.max(0.01) / 0.01).ln() / (most / 0.01).ln(),
    };
    let height = 50.0 + ROW * lines.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\">{title}</text>\n"
    );
    for (n, line) in lines.iter().enumerate() {
        let y = 44.0 + ROW * n as f64;
        // Writing to a string does not fail.
        let _ = match line {
            Line::Heading(text) => {
                writeln!(
                    svg,
                    "<text x=\"16\" y=\"{:.1}\" font-weight=\"bold\">{text}</text>",
                    y + 10.0
                )
            }
            Line::Bar {
                name,
                value,
                colour,
            } => {
                let length = (RIGHT - LEFT) * share(*value);
                let end = LEFT + length + 6.0;
                let baseline = y + 10.0;
                writeln!(
                    svg,
                    "<text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{name}</text>\
                     <rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"13\" fill=\"{colour}\"/>\
                     <text x=\"{end:.1}\" y=\"{baseline:.1}\">{value:.2}</text>",
                    LEFT - 8.0
                )
            }
        };
    }
    svg.push_str("</svg>\n");
    svg
}
