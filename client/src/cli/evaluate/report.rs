//! Everything that is found out, as it is printed for machines.

use basma_engine::Detector;
use serde::Serialize;

use super::{
    baselines::Rule,
    confusion::{self, confusion},
    corpus::Corpus,
    days::{Days, days},
    gold::Gold,
    mistakes::Mistake,
    recall::{Called, Recall},
    replay::Replay,
    score::{Score, score},
    settings::describe,
    sweep::Sweep,
};

/// The whole evaluation.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// All settings, in one line.
    pub(super) detector: String,
    pub(super) corpus: CorpusLine,
    /// The corpus through one collection.
    pub(super) warm: Block,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) exact_pairs: Vec<Recall>,
    pub(super) called: Called,
    pub(super) rules: Vec<Rule>,
    /// The gold's articles alone through another collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cold: Option<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sweep: Option<Sweep>,
    /// The only part that differs from run to run.
    pub(super) cost: Cost,
}

/// What was replayed.
#[derive(Debug, Serialize)]
pub(super) struct CorpusLine {
    pub(super) articles: usize,
    pub(super) days: usize,
    /// Articles submitted before.
    pub(super) background: u64,
    /// The seed by which the days were put in another order.
    pub(super) shuffled_by: Option<u64>,
    /// Lines that hold no usable article, the background's too.
    pub(super) broken_lines: u64,
}

/// What one replay makes of the gold.
#[derive(Debug, Serialize)]
pub(super) struct Block {
    pub(super) articles: usize,
    /// Pairs of the gold that count.
    pub(super) pairs: usize,
    pub(super) disputed: usize,
    pub(super) missing: usize,
    #[serde(flatten)]
    pub(super) score: Score,
    /// The score where all pairs count as called that are in one story.
    pub(super) stories: Score,
    pub(super) confusion: Vec<confusion::Row>,
    pub(super) by_day: Days,
    /// Articles that had more matches than were looked at.
    pub(super) truncated: usize,
}

/// Time and memory.
#[derive(Debug, Default, Serialize)]
pub(super) struct Cost {
    /// Of one replay of the corpus, on one thread.
    pub(super) replay_seconds: f64,
    pub(super) articles_per_second: f64,
    /// Of the index, as the engine estimates it.
    pub(super) index_bytes: u64,
    /// Of the exact sets and all their pairs.
    pub(super) exact_seconds: f64,
    pub(super) sweep_seconds: Option<f64>,
    pub(super) total_seconds: f64,
    /// Of this process, where the system tells.
    pub(super) peak_bytes: Option<u64>,
}

impl Block {
    pub(super) fn new(corpus: &Corpus, gold: &Gold, replay: &Replay) -> Self {
        let calls = |pair: &super::gold::Pair| replay.calls(pair.later, pair.earlier);
        Self {
            articles: corpus.items.len(),
            pairs: gold.pairs.len(),
            disputed: gold.disputed,
            missing: gold.missing,
            score: score(&gold.pairs, calls),
            stories: score(&gold.pairs, |pair| {
                replay.are_one_story(pair.later, pair.earlier)
            }),
            confusion: confusion(&gold.pairs, replay),
            by_day: days(&gold.pairs, corpus, replay),
            truncated: replay.truncated,
        }
    }
}

impl Report {
    /// A report on one replay; the rest is filled in later.
    pub(super) fn new(detector: &Detector, corpus: &Corpus, gold: &Gold, replay: &Replay) -> Self {
        Self {
            detector: describe(detector),
            corpus: CorpusLine {
                articles: corpus.items.len(),
                days: corpus.days().len(),
                background: replay.background,
                shuffled_by: None,
                broken_lines: corpus.broken + replay.broken,
            },
            warm: Block::new(corpus, gold, replay),
            mistakes: Vec::new(),
            exact_pairs: Vec::new(),
            called: Called::default(),
            rules: Vec::new(),
            cold: None,
            sweep: None,
            cost: Cost {
                replay_seconds: replay.seconds,
                articles_per_second: corpus.items.len() as f64 / replay.seconds,
                index_bytes: replay.bytes,
                ..Cost::default()
            },
        }
    }
}
