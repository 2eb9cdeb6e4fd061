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
    let mut lines = Vec::new();
    for size in ["001", "010", "050"] {
        if let Ok(record) = fs::read_to_string(folder.join(format!("lookup-{size}.json"))) {
            lines.extend(lookups(&serde_json::from_str(&record)?));
        }
    }
    if !lines.is_empty() {
        let title = "One lookup, median in us (logarithmic)";
        fs::write(folder.join("lookup.svg"), draw(title, &lines, true))?;
    }
    if let Ok(record) = fs::read_to_string(folder.join("rpc.jsonl")) {
        let loads: Result<Vec<Value>, _> = record.lines().map(serde_json::from_str).collect();
        let title = "Articles/s as a share of what a server reaches that only echoes";
        fs::write(folder.join("rpc.svg"), draw(title, &shares(&loads?), false))?;
    }
    Ok(())
}

fn lookups(record: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut before = (0, 0);
    let mut place = 0;
    for row in record["rows"].as_array().into_iter().flatten() {
        let number = |name: &str| row[name].as_u64().unwrap_or_default();
        let of = (number("fingerprints"), number("distance"));
        if of != before {
            let millions = of.0 / 1_000_000;
            lines.push(Line::Heading(format!(
                "{millions} M fingerprints, k = {}",
                of.1
            )));
            (before, place) = (of, 0);
        }
        lines.push(Line::Bar {
            name: row["engine"].as_str().unwrap_or_default().to_owned(),
            value: row["p50_us"].as_f64().unwrap_or_default(),
            colour: COLOURS[place % COLOURS.len()],
        });
        place += 1;
    }
    lines
}

fn shares(loads: &[Value]) -> Vec<Line> {
    let rate = |figures: &Value| figures["articles_per_s"].as_f64().unwrap_or_default();
    let mut lines = Vec::new();
    for collection in ["default", "simhash"] {
        lines.push(Line::Heading(format!("collection: {collection}")));
        for row in loads.iter().filter(|row| row["collection"] == collection) {
            let text = |name: &str| row[name].as_str().unwrap_or_default();
            lines.push(Line::Bar {
                name: format!(
                    "{} by {}, {} x {}",
                    text("rpc"),
                    text("mode"),
                    row["connections"],
                    row["in_flight"]
                ),
                value: rate(&row["load"]) / rate(&row["load"]["floor"]).max(1.0),
                colour: COLOURS[usize::from(collection == "simhash")],
            });
        }
    }
    lines
}

/// Horizontal bars, from a hundredth of a microsecond on if they are logarithmic, else from 0 to 1.
fn draw(title: &str, lines: &[Line], logarithmic: bool) -> String {
    let values = || {
        lines.iter().filter_map(|line| match line {
            Line::Bar { value, .. } => Some(*value),
            Line::Heading(_) => None,
        })
    };
    let most = values().fold(1.0, f64::max);
    let share = |value: f64| match logarithmic {
        true => (value.max(0.01) / 0.01).ln() / (most / 0.01).ln(),
        false => value / most,
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
