//! The detector that is evaluated, from arguments named as those of `collections create`; and its main
//! threshold, which a sweep moves. What the engine's settings are is known here and nowhere else in
//! `evaluate`.

use basma_engine::{Detector, MAX_DISTANCE, Method, Shingling};
use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;

/// How the collection decides.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Settings of the collection; what is not given gets its default")]
pub(super) struct SettingsArgs {
    /// What is kept of each article
    #[arg(long)]
    method: Option<MethodArg>,
    /// What the SimHash counts: runs of words or of characters
    #[arg(long)]
    features: Option<FeaturesArg>,
    /// How many words or characters make one feature, 1 to 8
    #[arg(long, value_name = "N")]
    feature_size: Option<u8>,
    /// Articles within this Hamming distance are candidates, 0 to 12
    #[arg(long, value_name = "K")]
    distance: Option<u32>,
    /// Least score at which two articles are one story, 0 to 1
    #[arg(long, value_name = "SCORE")]
    min_score: Option<f32>,
    /// Least size of the shorter of two near duplicates by that of the longer, 0 to 1
    #[arg(long, value_name = "RATIO")]
    min_size_ratio: Option<f32>,
    /// Least share of one article in another to be reported at all, 0 to 1
    #[arg(long, value_name = "SHARE")]
    min_partial: Option<f32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MethodArg {
    /// SimHash and shingle sketch: every relation
    Full,
    /// SimHash only, at a fraction of the memory
    SimhashOnly,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FeaturesArg {
    Words,
    Characters,
}

impl SettingsArgs {
    /// The settings that the arguments ask for.
    pub(super) fn detector(&self) -> Result<Detector, Failure> {
        let defaults = Detector::new(match self.method {
            Some(MethodArg::SimhashOnly) => Method::SimHashOnly,
            Some(MethodArg::Full) | None => Method::Full,
        });
        let (Shingling::Words(size) | Shingling::Characters(size)) = defaults.features;
        let size = self.feature_size.unwrap_or(size);
        let features = match (self.features, defaults.features) {
            (Some(FeaturesArg::Words), _) | (None, Shingling::Words(_)) => Shingling::Words(size),
            _ => Shingling::Characters(size),
        };
        let detector = Detector {
            features,
            distance: self.distance.unwrap_or(defaults.distance),
            min_score: self.min_score.unwrap_or(defaults.min_score),
            min_size_ratio: self.min_size_ratio.unwrap_or(defaults.min_size_ratio),
            min_partial: self.min_partial.unwrap_or(defaults.min_partial),
            ..defaults
        };
        detector
            .validate()
            .map_err(|(setting, message)| Failure::Other(format!("{setting} {message}")))?;
        Ok(detector)
    }
}

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
