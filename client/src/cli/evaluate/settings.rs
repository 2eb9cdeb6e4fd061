//! The detector that is evaluated, and its main threshold, which a sweep moves.

use basma_engine::{Detector, MAX_DISTANCE, Method, Shingling};

/// All settings in one line.
pub(super) fn describe(detector: &Detector) -> String {
    let fields = format!("{detector:?}");
    let fields = fields.trim_start_matches("Detector { ");
    fields.trim_end_matches(" }").to_owned()
}

/// SimHash alone, as a collection of [`Method::SimHashOnly`] has it.
pub(super) fn simhash_only(features: Shingling, distance: u32) -> Detector {
    Detector {
        features,
        distance,
        ..Detector::new(Method::SimHashOnly)
    }
}

/// The threshold on which the decision hangs more than on any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MainThreshold {
    /// The least score.
    Score,
    /// The greatest Hamming distance.
    Distance,
}

impl MainThreshold {
    /// That of a detector.
    pub(super) fn of(detector: &Detector) -> Self {
        match detector.method {
            Method::Full => Self::Score,
            Method::SimHashOnly => Self::Distance,
        }
    }

    /// What it is called on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Score => "min-score",
            Self::Distance => "distance",
        }
    }

    /// Where it stands in a detector.
    pub(super) fn read(self, detector: &Detector) -> f64 {
        match self {
            // By its digits: 0.3 as f32 is not 0.3 as f64.
            Self::Score => f64::from((detector.min_score * 1e4).round()) / 1e4,
            Self::Distance => f64::from(detector.distance),
        }
    }

    /// The detector with the threshold elsewhere.
    pub(super) fn moved(self, detector: Detector, to: f64) -> Detector {
        match self {
            Self::Score => Detector {
                min_score: to as f32,
                ..detector
            },
            Self::Distance => Detector {
                distance: to as u32,
                ..detector
            },
        }
    }

    /// The values that a sweep visits.
    pub(super) fn values(self) -> Vec<f64> {
        match self {
            Self::Score => (4..=14).map(|step| f64::from(step) / 20.0).collect(),
            Self::Distance => (0..=MAX_DISTANCE).map(f64::from).collect(),
        }
    }
}
