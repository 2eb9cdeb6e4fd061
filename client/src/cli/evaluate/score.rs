//! How well a rule's calls agree with the gold.

use serde::Serialize;

use super::gold::{Label, Pair};

/// Right and wrong calls, by weight or by number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    called_rightly: f64,
    called_wrongly: f64,
    overlooked: f64,
}

impl Tally {
    fn add(&mut self, positive: bool, called: bool, weight: f64) {
        match (positive, called) {
            (true, true) => self.called_rightly += weight,
            (false, true) => self.called_wrongly += weight,
            (true, false) => self.overlooked += weight,
            (false, false) => {}
        }
    }

    fn figures(self) -> Figures {
        let right = self.called_rightly;
        Figures {
            precision: share(right, right + self.called_wrongly),
            recall: share(right, right + self.overlooked),
            f1: share(
                2.0 * right,
                2.0 * right + self.called_wrongly + self.overlooked,
            ),
        }
    }
}

/// `part / whole`; none of nothing.
pub(super) fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Precision, recall and their harmonic mean; absent where there is nothing to take a share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Figures {
    pub(super) precision: Option<f64>,
    pub(super) recall: Option<f64>,
    pub(super) f1: Option<f64>,
}

/// How many of a kind were called duplicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Called {
    pub(super) called: usize,
    pub(super) of: usize,
    /// The share of them, each with its weight.
    pub(super) weighted: Option<f64>,
}

/// The figures of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Score {
    /// Each pair counts as many times as it stands for pairs of the corpus.
    pub(super) weighted: Figures,
    /// Each pair counts once.
    pub(super) unweighted: Figures,
    /// The same formula about other events, called duplicates.
    pub(super) templates: Called,
}

/// Scores a rule that calls some pairs duplicates.
pub(super) fn score<'a>(
    pairs: impl IntoIterator<Item = &'a Pair>,
    mut calls: impl FnMut(&Pair) -> bool,
) -> Score {
    let (mut weighted, mut unweighted) = (Tally::default(), Tally::default());
    let mut templates = Called::default();
    let (mut called_weight, mut weight) = (0.0, 0.0);
    for pair in pairs {
        let called = calls(pair);
        weighted.add(pair.label.is_positive(), called, pair.weight);
        unweighted.add(pair.label.is_positive(), called, 1.0);
        if pair.label == Label::Template {
            templates.of += 1;
            weight += pair.weight;
            if called {
                templates.called += 1;
                called_weight += pair.weight;
            }
        }
    }
    templates.weighted = share(called_weight, weight);
    Score {
        weighted: weighted.figures(),
        unweighted: unweighted.figures(),
        templates,
    }
}
