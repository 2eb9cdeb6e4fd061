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
    /// Least share of the shorter article that a longer one must hold, 0 to 1
    #[arg(long, value_name = "SHARE")]
    min_containment: Option<f32>,
    /// Least Jaccard similarity of near duplicates, 0 to 1
    #[arg(long, value_name = "SHARE")]
    min_jaccard: Option<f32>,
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
            min_containment: self.min_containment.unwrap_or(defaults.min_containment),
            min_jaccard: self.min_jaccard.unwrap_or(defaults.min_jaccard),
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
    /// The least containment.
    Containment,
    /// The greatest Hamming distance.
    Distance,
}

impl MainThreshold {
    /// That of a detector.
    pub(super) fn of(detector: &Detector) -> Self {
        match detector.method {
            Method::Full => Self::Containment,
            Method::SimHashOnly => Self::Distance,
        }
    }

    /// What it is called on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Containment => "min-containment",
            Self::Distance => "distance",
        }
    }

    /// Where it stands in a detector.
    pub(super) fn read(self, detector: &Detector) -> f64 {
        match self {
            // By its digits: 0.3 as f32 is not 0.3 as f64.
            Self::Containment => f64::from((detector.min_containment * 1e4).round()) / 1e4,
            Self::Distance => f64::from(detector.distance),
        }
    }

    /// The detector with the threshold elsewhere.
    pub(super) fn moved(self, detector: Detector, to: f64) -> Detector {
        match self {
            Self::Containment => Detector {
                min_containment: to as f32,
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
            Self::Containment => (2..=19).map(|step| f64::from(step) / 20.0).collect(),
            Self::Distance => (0..=MAX_DISTANCE).map(f64::from).collect(),
        }
    }
}
