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
    /// Least share of one article's shingles in the other for the two to be one story, above 0, at
    /// most 1.
    pub min_containment: f32,
    /// Least Jaccard similarity at which two articles of one story are near duplicates; below it one
    /// is contained in the other.
    pub min_jaccard: f32,
}

impl Detector {
    /// Texts of fewer words than this match only exactly: a headline or a caption has too few shingles
    /// for a share of them to mean anything.
    pub const MIN_TOKENS: u32 = 8;

    /// Least share of one article's shingles in the other for the two to be reported at all.
    pub const MIN_PARTIAL: f32 = 0.2;

    /// The defaults for a method. With sketches the SimHash only has to find what they miss, where it
    /// stands alone it reaches as far as its precision allows.
    pub fn new(method: Method) -> Self {
        Self {
            method,
            features: Shingling::Characters(5),
            distance: match method {
                Method::Full => 3,
                Method::SimHashOnly => 10,
            },
            min_containment: 0.5,
            min_jaccard: 0.5,
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
            ("min_containment", self.min_containment),
            ("min_jaccard", self.min_jaccard),
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
