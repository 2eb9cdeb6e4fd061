//! How much the figures differ from day to day.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::Offset};
use serde::Serialize;

use super::{
    corpus::Corpus,
    gold::Pair,
    replay::Replay,
    score::{Score, score},
};

/// F1 by the day on which the later article of a pair was published.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Days {
    pub(super) weighted: Spread,
    pub(super) unweighted: Spread,
    pub(super) days: Vec<Day>,
}

/// The pairs of one day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Day {
    /// As `2015-07-21`.
    pub(super) day: String,
    pub(super) pairs: usize,
    #[serde(flatten)]
    pub(super) score: Score,
}

/// Mean and standard deviation over the days that have an F1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) days: usize,
    pub(super) mean: Option<f64>,
    /// Of the sample: none of fewer than two days.
    pub(super) sd: Option<f64>,
}

impl Spread {
    pub(super) fn of(values: impl Iterator<Item = Option<f64>>) -> Self {
        let values: Vec<f64> = values.flatten().collect();
        let count = values.len() as f64;
        let mean = (count > 0.0).then(|| values.iter().sum::<f64>() / count);
        let sd = mean.filter(|_| count > 1.0).map(|mean| {
            let squares = values.iter().map(|value| (value - mean).powi(2));
            (squares.sum::<f64>() / (count - 1.0)).sqrt()
        });
        Self {
            days: values.len(),
            mean,
            sd,
        }
    }
}

/// Scores the days one by one. Pairs whose later article has no date are left out.
pub(super) fn days(pairs: &[Pair], corpus: &Corpus, replay: &Replay) -> Days {
    let mut by_day: BTreeMap<i64, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        if let Some(day) = corpus.items[pair.later as usize].day() {
            by_day.entry(day).or_default().push(pair);
        }
    }
    let days: Vec<Day> = by_day
        .into_iter()
        .map(|(day, pairs)| Day {
            day: date(day),
            pairs: pairs.len(),
            score: score(pairs, |pair| replay.calls(pair.later, pair.earlier)),
        })
        .collect();
    Days {
        weighted: Spread::of(days.iter().map(|day| day.score.weighted.f1)),
        unweighted: Spread::of(days.iter().map(|day| day.score.unweighted.f1)),
        days,
    }
}

fn date(day: i64) -> String {
    Timestamp::from_second(day * 24 * 3600)
        .map(|time| Offset::UTC.to_datetime(time).date().to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_known_values() {
        let spread = Spread::of([Some(0.5), None, Some(1.0), Some(0.75)].into_iter());
        assert_eq!((spread.days, spread.mean), (3, Some(0.75)));
        assert_eq!(spread.sd, Some(0.25));
        assert_eq!(Spread::of([Some(1.0)].into_iter()).sd, None);
        assert_eq!(Spread::of(std::iter::empty()).mean, None);
    }

    #[test]
    fn dates_are_written_out() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(16_637), "2015-07-21");
    }
}
