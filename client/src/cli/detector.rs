//! The settings of a detector as arguments: for a collection of a server, and for one in process.

use basma_engine::{Detector, Shingling};
use basma_proto::v1::{
    DetectorSettings,
    detector_settings::{Features, Method},
};
use clap::{Args, ValueEnum};

use super::failure::Failure;

/// How a collection decides.
#[derive(Debug, Args)]
pub(super) struct DetectorArgs {
    /// What is kept of each article
    #[arg(long)]
    method: Option<MethodArg>,
    /// What the SimHash counts: runs of words or of characters
    #[arg(long)]
    features: Option<FeaturesArg>,
    /// How many words or characters make one feature, 1 to 8
    #[arg(long, value_name = "N")]
    feature_size: Option<u32>,
    /// Articles within this Hamming distance are candidates, 0 to 12
    #[arg(long, value_name = "K")]
    distance: Option<u32>,
    /// Least score at which two articles are one story, 0 to 1
    #[arg(long, value_name = "SCORE")]
    min_score: Option<f64>,
    /// Least size of the shorter of two near duplicates by that of the longer, 0 to 1
    #[arg(long, value_name = "RATIO")]
    min_size_ratio: Option<f64>,
    /// Least share of one article in another to be reported at all, 0 to 1
    #[arg(long, value_name = "SHARE")]
    min_partial: Option<f64>,
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

impl DetectorArgs {
    /// As a message; what is not given is left to the server.
    pub(super) fn settings(&self) -> DetectorSettings {
        let method = match self.method {
            None => Method::Unspecified,
            Some(MethodArg::Full) => Method::Full,
            Some(MethodArg::SimhashOnly) => Method::SimhashOnly,
        };
        let features = match self.features {
            None => Features::Unspecified,
            Some(FeaturesArg::Words) => Features::Words,
            Some(FeaturesArg::Characters) => Features::Characters,
        };
        DetectorSettings {
            method: method.into(),
            simhash_features: features.into(),
            simhash_feature_size: self.feature_size,
            simhash_distance: self.distance,
            min_score: self.min_score,
            min_size_ratio: self.min_size_ratio,
            min_partial: self.min_partial,
        }
    }

    /// The fields that are given.
    pub(super) fn paths(&self) -> Vec<String> {
        let given = [
            ("method", self.method.is_some()),
            ("simhash_features", self.features.is_some()),
            ("simhash_feature_size", self.feature_size.is_some()),
            ("simhash_distance", self.distance.is_some()),
            ("min_score", self.min_score.is_some()),
            ("min_size_ratio", self.min_size_ratio.is_some()),
            ("min_partial", self.min_partial.is_some()),
        ];
        let given = given.into_iter().filter(|(_, given)| *given);
        given
            .map(|(field, _)| format!("detector.{field}"))
            .collect()
    }

    /// As settings of the engine; what is not given gets its default.
    pub(super) fn detector(&self) -> Result<Detector, Failure> {
        let defaults = Detector::new(match self.method {
            Some(MethodArg::SimhashOnly) => basma_engine::Method::SimHashOnly,
            Some(MethodArg::Full) | None => basma_engine::Method::Full,
        });
        let (Shingling::Words(size) | Shingling::Characters(size)) = defaults.features;
        // What does not fit into a byte is out of range anyway.
        let size = self
            .feature_size
            .map_or(size, |size| u8::try_from(size).unwrap_or(u8::MAX));
        let features = match (self.features, defaults.features) {
            (Some(FeaturesArg::Words), _) | (None, Shingling::Words(_)) => Shingling::Words(size),
            _ => Shingling::Characters(size),
        };
        let detector = Detector {
            features,
            distance: self.distance.unwrap_or(defaults.distance),
            min_score: self
                .min_score
                .map_or(defaults.min_score, |given| given as f32),
            min_size_ratio: self
                .min_size_ratio
                .map_or(defaults.min_size_ratio, |given| given as f32),
            min_partial: self
                .min_partial
                .map_or(defaults.min_partial, |given| given as f32),
            ..defaults
        };
        detector
            .validate()
            .map_err(|(setting, message)| Failure::Other(format!("{setting} {message}")))?;
        Ok(detector)
    }
}
