//! The figures as the main threshold moves. Each of its values is a replay of its own: what a decision
//! leaves in the index may bear on the next.

use std::{
    num::NonZero,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use basma_engine::Detector;
use serde::Serialize;

use super::{
    corpus::{Background, Corpus},
    gold::Pair,
    replay::Replay,
    score::{Score, score},
    sets::Sets,
    settings::MainThreshold,
};
use crate::cli::failure::Failure;

/// The figures at every value of a threshold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Sweep {
    /// Which threshold.
    pub(super) threshold: &'static str,
    /// Its value in the settings that are evaluated.
    pub(super) current: f64,
    pub(super) points: Vec<Point>,
    /// Simpler rules at the same values, where these are shares.
    pub(super) exact: Vec<Curve>,
}

/// The figures at one value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Point {
    pub(super) value: f64,
    #[serde(flatten)]
    pub(super) score: Score,
}

/// Another rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Curve {
    pub(super) rule: &'static str,
    pub(super) points: Vec<Point>,
}

/// Replays the corpus at every value, on all processors; `show` is told how many are done, of how many.
pub(super) fn sweep(
    corpus: &Corpus,
    background: Option<&Background>,
    gold: &[Pair],
    sets: &Sets,
    detector: Detector,
    show: impl Fn(usize, usize) + Sync,
) -> Result<Sweep, Failure> {
    let threshold = MainThreshold::of(&detector);
    let values = threshold.values();
    let point = |value| {
        let replay = Replay::run(corpus, background, threshold.moved(detector, value), false)?;
        let score = score(gold, |pair| replay.calls(pair.later, pair.earlier));
        Ok(Point { value, score })
    };
    Ok(Sweep {
        threshold: threshold.name(),
        current: threshold.read(&detector),
        points: in_parallel(&values, point, show)?,
        exact: match threshold {
            MainThreshold::Score => exact(gold, sets, &values),
            MainThreshold::Distance => Vec::new(),
        },
    })
}

fn exact(gold: &[Pair], sets: &Sets, values: &[f64]) -> Vec<Curve> {
    let curve = |rule, of: fn(super::sets::Overlap) -> f64| Curve {
        rule,
        points: values
            .iter()
            .map(|value| Point {
                value: *value,
                score: score(gold, |pair| {
                    of(sets.overlap(pair.later, pair.earlier)) >= *value
                }),
            })
            .collect(),
    };
    vec![
        curve("exact containment", |overlap| overlap.containment()),
        curve("exact Jaccard", |overlap| overlap.jaccard()),
    ]
}

/// `work` on each value, the results in the order of the values, or the first failure among them.
fn in_parallel<T: Copy + Sync, R: Send>(
    values: &[T],
    work: impl Fn(T) -> Result<R, Failure> + Sync,
    show: impl Fn(usize, usize) + Sync,
) -> Result<Vec<R>, Failure> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(values.len()));
    let worker = || {
        while let Some((index, value)) = {
            let index = next.fetch_add(1, Relaxed);
            values.get(index).map(|value| (index, *value))
        } {
            let result = work(value);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((index, result));
            show(done.len(), values.len());
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..workers.min(values.len()) {
            scope.spawn(worker);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
