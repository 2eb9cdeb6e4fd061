//! Collections and their settings.

use std::io::{self, Write};

use basma_proto::v1::{
    Collection, DetectorSettings, TimeSpan,
    detector_settings::{Features, Method},
    time_span,
};
use serde::Serialize;

use super::{
    Align, Style, Table,
    format::{rfc3339, utc},
};

/// A collection as a line of JSON.
#[derive(Debug, Serialize)]
pub(crate) struct CollectionLine<'a> {
    name: &'a str,
    method: &'static str,
    simhash_features: &'static str,
    simhash_feature_size: Option<u32>,
    simhash_distance: Option<u32>,
    min_score: Option<f64>,
    min_size_ratio: Option<f64>,
    min_partial: Option<f64>,
    retention: Option<SpanLine>,
    window: Option<SpanLine>,
    keep_texts: bool,
    created: Option<String>,
}

/// A span of time as JSON.
#[derive(Debug, Serialize)]
struct SpanLine {
    seconds: f64,
    by: &'static str,
}

impl From<TimeSpan> for SpanLine {
    fn from(span: TimeSpan) -> Self {
        let duration = span.span.unwrap_or_default();
        Self {
            seconds: duration.seconds as f64 + f64::from(duration.nanos) / 1e9,
            by: match span.clock() {
                time_span::Clock::Unspecified | time_span::Clock::FirstSeen => "first-seen",
                time_span::Clock::Published => "published",
            },
        }
    }
}

impl<'a> From<&'a Collection> for CollectionLine<'a> {
    fn from(collection: &'a Collection) -> Self {
        let detector = collection.detector.unwrap_or_default();
        Self {
            name: &collection.name,
            method: method(&detector),
            simhash_features: features(&detector),
            simhash_feature_size: detector.simhash_feature_size,
            simhash_distance: detector.simhash_distance,
            min_score: detector.min_score,
            min_size_ratio: detector.min_size_ratio,
            min_partial: detector.min_partial,
            retention: collection.retention.map(SpanLine::from),
            window: collection.window.map(SpanLine::from),
            keep_texts: collection.keep_texts,
            created: rfc3339(collection.create_time.as_ref()),
        }
    }
}

/// Prints collections as a table, one a row.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_collections(
    out: &mut impl Write,
    style: Style,
    collections: &[Collection],
) -> io::Result<()> {
    let mut table = Table::new([
        ("name", Align::Left),
        ("method", Align::Left),
        ("features", Align::Left),
        ("distance", Align::Right),
        ("min score", Align::Right),
        ("min size ratio", Align::Right),
        ("min partial", Align::Right),
        ("retention", Align::Left),
        ("window", Align::Left),
        ("texts", Align::Left),
        ("created (UTC)", Align::Left),
    ]);
    let score = |score: Option<f64>| score.map(|score| format!("{score:.2}")).unwrap_or_default();
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    for collection in collections {
        let detector = collection.detector.unwrap_or_default();
        let size = number(detector.simhash_feature_size);
        table.row([
            collection.name.as_str().into(),
            method(&detector).into(),
            format!("{size} {}", features(&detector)).into(),
            number(detector.simhash_distance).into(),
            score(detector.min_score).into(),
            score(detector.min_size_ratio).into(),
            score(detector.min_partial).into(),
            span(collection.retention).into(),
            span(collection.window).into(),
            if collection.keep_texts { "kept" } else { "" }.into(),
            utc(collection.create_time.as_ref()).into(),
        ]);
    }
    table.write(out, style)
}

/// 30 d, or 12 h published if it is not measured by when articles were first seen.
fn span(span: Option<TimeSpan>) -> String {
    let Some(line) = span.map(SpanLine::from) else {
        return String::new();
    };
    let (divisor, unit) = match line.seconds {
        seconds if seconds >= 172_800.0 => (86_400.0, "d"),
        seconds if seconds >= 7200.0 => (3600.0, "h"),
        _ => (1.0, "s"),
    };
    let amount = format!("{:.1}", line.seconds / divisor);
    let amount = amount.trim_end_matches(".0");
    match line.by {
        "published" => format!("{amount} {unit} published"),
        _ => format!("{amount} {unit}"),
    }
}

/// By the names that `collections create` takes.
fn method(detector: &DetectorSettings) -> &'static str {
    match detector.method() {
        Method::Unspecified => "default",
        Method::Full => "full",
        Method::SimhashOnly => "simhash-only",
    }
}

fn features(detector: &DetectorSettings) -> &'static str {
    match detector.simhash_features() {
        Features::Unspecified => "default",
        Features::Words => "words",
        Features::Characters => "characters",
    }
}
