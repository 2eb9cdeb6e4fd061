//! Fingerprints: everything that the index keeps of a text.

mod exact;
mod shingle_set;
mod simhash;
mod sketch;

pub use exact::ExactHash;
pub(crate) use shingle_set::ShingleSet;
pub use simhash::SimHash;
pub use sketch::Sketch;
pub(crate) use sketch::is_below;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    detector::{Detector, Method},
    shingle::Shingling,
    text::FoldedText,
};

/// What a text became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Equal for texts that fold to the same words.
    pub exact: ExactHash,
    /// Near for texts that share most of their features.
    pub simhash: SimHash,
    /// Number of words.
    pub tokens: u32,
    /// A sample of the word shingles; `None` in collections that keep SimHash only, and for texts too
    /// short to be compared.
    pub sketch: Option<Sketch>,
}

/// Fingerprints one text after another, with memory that is allocated once.
#[derive(Debug, Default)]
pub struct Fingerprinter {
    text: FoldedText,
    shingles: ShingleSet,
}

impl Fingerprinter {
    /// Fingerprints `text` as `detector` asks.
    ///
    /// # Panics
    ///
    /// If `text` is 4 GiB or longer.
    pub fn fingerprint(&mut self, text: &str, detector: &Detector) -> Fingerprint {
        self.text.fold(text);
        self.shingles.clear();
        let tokens = self.text.tokens().len() as u32;
        let comparable = tokens >= Detector::MIN_TOKENS;
        let mut counters = simhash::Counters::default();
        detector
            .features
            .for_each(&self.text, |feature| counters.add(xxh3_64(feature)));
        if comparable && detector.method == Method::Full {
            Shingling::Words(sketch::SHINGLE_WORDS)
                .for_each(&self.text, |shingle| self.shingles.push(xxh3_64(shingle)));
        }
        Fingerprint {
            exact: ExactHash::of(&self.text),
            simhash: counters.majority(),
            tokens,
            sketch: (!self.shingles.is_empty()).then(|| Sketch::of(&self.shingles)),
        }
    }

    /// The text that was fingerprinted last, folded.
    pub fn text(&self) -> &FoldedText {
        &self.text
    }

    /// All word shingles of the text that was fingerprinted last, if it has a sketch.
    pub(crate) fn shingles(&self) -> &ShingleSet {
        &self.shingles
    }
}
