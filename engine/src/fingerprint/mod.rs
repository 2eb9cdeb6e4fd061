//! Fingerprints: everything that the index keeps of a text.

mod exact;
mod numbers;
mod shingle_set;
mod simhash;
mod sketch;
mod vocabulary;

use std::sync::Arc;

pub use exact::ExactHash;
pub use numbers::Numbers;
pub(crate) use shingle_set::ShingleSet;
pub use simhash::SimHash;
pub use sketch::Sketch;
pub(crate) use sketch::is_below;
pub use vocabulary::Vocabulary;
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
    /// What the relation to another text is decided by; `None` in collections that keep SimHash only,
    /// and for texts too short to be compared. Shared by the article and the answers about it.
    pub content: Option<Arc<Content>>,
}

/// What is remembered of a text to tell how much of it stands in another, and whether what both have is
/// a story or a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// A sample of its word shingles.
    pub sketch: Sketch,
    /// Its words and its title's.
    pub vocabulary: Vocabulary,
    /// Its numbers.
    pub numbers: Numbers,
}

impl Content {
    /// Memory that it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(self.sketch.hashes())
            + self.vocabulary.bytes()
            + self.numbers.bytes()
    }
}

/// Fingerprints one text after another, with memory that is allocated once.
#[derive(Debug, Default)]
pub struct Fingerprinter {
    text: FoldedText,
    title: FoldedText,
    shingles: ShingleSet,
}

impl Fingerprinter {
    /// Fingerprints `text` as `detector` asks. The title, which may be empty, only says which of the
    /// text's words matter: the hashes are those of the text alone.
    ///
    /// # Panics
    ///
    /// If `text` is 4 GiB or longer.
    pub fn fingerprint(&mut self, title: &str, text: &str, detector: &Detector) -> Fingerprint {
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
            self.title.fold(title);
        }
        Fingerprint {
            exact: ExactHash::of(&self.text),
            simhash: counters.majority(),
            tokens,
            content: (!self.shingles.is_empty()).then(|| {
                Arc::new(Content {
                    sketch: Sketch::of(&self.shingles),
                    vocabulary: Vocabulary::of(&self.title, &self.text),
                    numbers: Numbers::of(&self.text),
                })
            }),
        }
    }

    /// The text that was fingerprinted last, folded.
    pub fn text(&self) -> &FoldedText {
        &self.text
    }

    /// All word shingles of the text that was fingerprinted last, if it has content to be compared by.
    pub(crate) fn shingles(&self) -> &ShingleSet {
        &self.shingles
    }
}
