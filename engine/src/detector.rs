//! A collection's settings: what is kept of an article, and from when on two are related.

use crate::{index::MAX_DISTANCE, shingle::Shingling};

/// What is kept of each article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// SimHash and shingle sketch: every relation, decided by containment.
    Full,
    /// SimHash only: EXACT, and NEAR_DUPLICATE by Hamming distance.
    SimHashOnly,
}

/// How a collection decides.
///
/// `method` and `features` shape the fingerprints, so they are fixed once a collection holds an
/// article; the rest are thresholds and may change at any time, for the articles that come after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// What is kept of each article.
    pub method: Method,
    /// What the SimHash counts.
    pub features: Shingling,
    /// Articles whose SimHashes differ in at most this many bits are candidates, 0 to
    /// [`MAX_DISTANCE`]; with [`Method::SimHashOnly`] they are near duplicates.
    pub distance: u32,
    /// Least score at which two articles are one story, once the index knows a few hundred; see
    /// [`crate::answer::Evidence::score`]. Above 0, at most 1.
    pub min_score: f32,
    /// Of two articles of one story the shorter must have at least this share of the longer one's
    /// shingles in number for them to be near duplicates; else one is contained in the other. Above 0,
    /// at most 1.
    pub min_size_ratio: f32,
    /// Least share of one article's shingles in the other for the two to be reported at all, above 0,
    /// at most 1.
    pub min_partial: f32,
}

impl Detector {
    /// Texts of fewer words than this match only exactly: a headline or a caption has too few shingles
    /// for a share of them to mean anything.
    pub const MIN_TOKENS: u32 = 8;

    /// The defaults for a method. With sketches the SimHash only has to find what they miss, where it
    /// stands alone it reaches as far as its precision allows.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            features: Shingling::Characters(5),
            distance: match method {
                Method::Full => 3,
                Method::SimHashOnly => 8,
            },
            min_score: 0.39,
            min_size_ratio: 0.6,
            min_partial: 0.15,
        }
    }

    /// Says which setting is out of its range, and what the range is.
    ///
    /// # Errors
    ///
    /// The name of the first setting at fault, and a sentence.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        let (Shingling::Words(size) | Shingling::Characters(size)) = self.features;
        if !(1..=8).contains(&size) {
            return Err((
                "simhash_feature_size",
                format!("must be 1 to 8, not {size}"),
            ));
        }
        if self.distance > MAX_DISTANCE {
            let distance = self.distance;
            return Err((
                "simhash_distance",
                format!("must be 0 to {MAX_DISTANCE}, not {distance}"),
            ));
        }
        for (name, share) in [
            ("min_score", self.min_score),
            ("min_size_ratio", self.min_size_ratio),
            ("min_partial", self.min_partial),
        ] {
            // Written so that NaN is refused too.
            if !(share > 0.0 && share <= 1.0) {
                return Err((name, format!("must be above 0 and at most 1, not {share}")));
            }
        }
        Ok(())
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new(Method::Full)
    }
}
