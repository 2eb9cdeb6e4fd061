//! A sweep as a picture: one SVG file that needs nothing else.

use std::fmt::Write;

use super::{
    score::Figures,
    sweep::{Point, Sweep},
};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 540.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 400.0;

/// What a line shows.
type Read = fn(&Figures) -> Option<f64>;

/// A line of the plot.
struct Line<'a> {
    name: String,
    colour: &'static str,
    dashes: &'static str,
    points: &'a [Point],
    read: Read,
}

/// Draws precision, recall and F1, all weighted, over the threshold.
pub(super) fn draw(sweep: &Sweep) -> String {
    let values = || sweep.points.iter().map(|point| point.value);
    let scale = Scale {
        least: values().fold(f64::INFINITY, f64::min),
        most: values().fold(f64::NEG_INFINITY, f64::max),
    };
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>Precision, recall and F1 by {name}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"26\" font-size=\"15\">Duplicate or contained, against the gold \
         (weighted)</text>\n",
        name = escape(sweep.threshold)
    );
    axes(&mut svg, sweep, &scale);
    for (row, line) in lines(sweep).iter().enumerate() {
        line.draw(&mut svg, &scale, row);
    }
    svg.push_str("</svg>\n");
    svg
}

fn lines(sweep: &Sweep) -> Vec<Line<'_>> {
    let figures: [(&str, &str, Read); 3] = [
        ("F1", "#0b57a4", |figures| figures.f1),
        ("precision", "#c2410c", |figures| figures.precision),
        ("recall", "#15803d", |figures| figures.recall),
    ];
    let mut lines: Vec<Line> = figures
        .into_iter()
        .map(|(name, colour, read)| Line {
            name: name.to_owned(),
            colour,
            dashes: "",
            points: &sweep.points,
            read,
        })
        .collect();
    for (curve, (colour, dashes)) in sweep
        .exact
        .iter()
        .zip([("#555555", "6 4"), ("#999999", "2 3")])
    {
        lines.push(Line {
            name: format!("F1, {}", curve.rule),
            colour,
            dashes,
            points: &curve.points,
            read: |figures| figures.f1,
        });
    }
    lines
}

/// From figures to places.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn x(&self, value: f64) -> f64 {
        let width = self.most - self.least;
        let share = if width > 0.0 {
            (value - self.least) / width
        } else {
            0.5
        };
        LEFT + share * (RIGHT - LEFT)
    }

    fn y(&self, share: f64) -> f64 {
        BOTTOM - share * (BOTTOM - TOP)
    }
}

fn axes(svg: &mut String, sweep: &Sweep, scale: &Scale) {
    for step in 0..=10 {
        let share = f64::from(step) / 10.0;
        let y = scale.y(share);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#e2e2e2\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{share:.1}</text>",
            LEFT - 8.0,
            y + 4.5
        );
    }
    // Every second value has a label where there are many.
    let every = if sweep.points.len() > 13 { 2 } else { 1 };
    for point in sweep.points.iter().step_by(every) {
        let x = scale.x(point.value);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {BOTTOM}v5\" stroke=\"#333333\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            BOTTOM + 20.0,
            point.value
        );
    }
    let _ = writeln!(
        svg,
        "<path d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\" fill=\"none\" stroke=\"#333333\"/>\n\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        f64::midpoint(LEFT, RIGHT),
        BOTTOM + 44.0,
        escape(sweep.threshold)
    );
    if (scale.least..=scale.most).contains(&sweep.current) {
        let x = scale.x(sweep.current);
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" stroke=\"#7c3aed\" stroke-dasharray=\"1 4\" \
             stroke-width=\"2\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#7c3aed\">set to {}</text>",
            TOP - 5.0,
            sweep.current
        );
    }
}

impl Line<'_> {
    fn draw(&self, svg: &mut String, scale: &Scale, row: usize) {
        let mut path = String::new();
        let mut dots = String::new();
        let mut pen = 'M';
        for point in self.points {
            let Some(share) = (self.read)(&point.score.weighted) else {
                // The line is broken where there is nothing to take a share of.
                pen = 'M';
                continue;
            };
            let (x, y) = (scale.x(point.value), scale.y(share));
            let _ = write!(path, "{pen}{x:.1} {y:.1}");
            pen = 'L';
            if self.dashes.is_empty() {
                let _ = write!(
                    dots,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{}\"/>",
                    self.colour
                );
            }
        }
        let (colour, dashes) = (self.colour, self.dashes);
        let stroke = format!(
            "fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{}\"",
            if dashes.is_empty() { "none" } else { dashes }
        );
        let y = TOP + 12.0 + 24.0 * row as f64;
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" {stroke}/>{dots}\n\
             <path d=\"M{:.1} {y:.1}h28\" {stroke}/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            RIGHT + 20.0,
            RIGHT + 56.0,
            y + 4.5,
            escape(&self.name)
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
