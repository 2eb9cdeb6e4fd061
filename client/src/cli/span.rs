//! Spans of time as arguments: how long a collection remembers, and how far a search goes.

use basma_proto::v1::{Collection, TimeSpan, time_span};
use clap::{Args, ValueEnum};
use jiff::{Span, SpanRelativeTo};
use prost_types::Duration;

use super::detector::DetectorArgs;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ClockArg {
    /// When its id was first submitted
    FirstSeen,
    /// When it was published; if nobody said, when its id was first submitted
    Published,
}

/// A span, or none.
type Given = Option<Duration>;

/// How far a search goes.
#[derive(Debug, Args)]
pub(super) struct WindowArgs {
    /// Match only articles whose time is no further away: 12h, 3d, 2w
    #[arg(long, value_name = "SPAN", value_parser = parse)]
    window: Option<Given>,
    /// Which of an article's times the window is measured by [default: first-seen]
    #[arg(long, value_name = "CLOCK", requires = "window")]
    window_by: Option<ClockArg>,
}

/// What a collection is told.
#[derive(Debug, Args)]
pub(super) struct CollectionArgs {
    #[command(flatten)]
    detector: DetectorArgs,
    /// Delete articles whose time is longer ago: 12h, 30d, 8w, or none
    #[arg(long, value_name = "SPAN", value_parser = parse)]
    retention: Option<Given>,
    /// Which of an article's times the retention is measured by [default: first-seen]
    #[arg(long, value_name = "CLOCK", requires = "retention")]
    retention_by: Option<ClockArg>,
    #[command(flatten)]
    window: WindowArgs,
    /// Keep the texts of what is submitted from now on: to compare, export and fingerprint them anew
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    keep_texts: Option<bool>,
}

impl WindowArgs {
    /// As a message; `none` is none.
    pub(super) fn window(&self) -> Option<TimeSpan> {
        message(self.window, self.window_by)
    }
}

impl CollectionArgs {
    /// As a message; what is not given is left to the server.
    pub(super) fn collection(&self, name: &str) -> Collection {
        Collection {
            name: name.to_owned(),
            detector: Some(self.detector.settings()),
            create_time: None,
            retention: message(self.retention, self.retention_by),
            window: self.window.window(),
            keep_texts: self.keep_texts.unwrap_or_default(),
        }
    }

    /// The fields that are given.
    pub(super) fn paths(&self) -> Vec<String> {
        let given = [
            ("retention", self.retention.is_some()),
            ("window", self.window.window.is_some()),
            ("keep_texts", self.keep_texts.is_some()),
        ];
        let given = given.into_iter().filter(|(_, given)| *given);
        let mut paths = self.detector.paths();
        paths.extend(given.map(|(field, _)| field.to_owned()));
        paths
    }
}

fn message(span: Option<Given>, clock: Option<ClockArg>) -> Option<TimeSpan> {
    let clock = match clock {
        None => time_span::Clock::Unspecified,
        Some(ClockArg::FirstSeen) => time_span::Clock::FirstSeen,
        Some(ClockArg::Published) => time_span::Clock::Published,
    };
    Some(TimeSpan {
        span: Some(span??),
        clock: clock.into(),
    })
}

/// Reads `500ms`, `12h`, `3d`, `1w 2d` with days of 24 hours, and `none`.
fn parse(text: &str) -> Result<Given, String> {
    if text == "none" {
        return Ok(None);
    }
    let days = SpanRelativeTo::days_are_24_hours();
    let duration = text
        .parse::<Span>()
        .and_then(|span| span.to_duration(days))
        .ok()
        .filter(|duration| duration.is_positive());
    let duration =
        duration.ok_or("write a span with its unit, for example 12h, 30d or 8w, or none")?;
    Ok(Some(Duration {
        seconds: duration.as_secs(),
        nanos: duration.subsec_nanos(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        for (text, seconds) in [
            ("90s", 90),
            ("12h", 43_200),
            ("3d", 259_200),
            ("1w 1d", 691_200),
        ] {
            let span = parse(text).expect("a span").expect("some");
            assert_eq!(span.seconds, seconds, "{text}");
        }
        assert_eq!(parse("none"), Ok(None));
        for text in ["", "10", "0d", "-1d", "soon", "1 month"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
