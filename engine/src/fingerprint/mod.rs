//! Fingerprints: everything that the index keeps of a text.

mod content;
mod elias_fano;
mod exact;
mod numbers;
mod shingle_set;
mod simhash;
mod sketch;
mod stems;
mod vocabulary;

pub(crate) use content::{Content, StoredContent};
pub use exact::ExactHash;
pub(crate) use numbers::Numbers;
#[cfg(any(test, fuzzing))]
pub(crate) use numbers::SPELLED;
pub(crate) use shingle_set::ShingleSet;
pub use simhash::SimHash;
pub(crate) use sketch::{Sketch, is_below};
pub(crate) use vocabulary::{KEY_BITS, Vocabulary, Word};

use crate::{
    detector::{Detector, Method},
    evidence::Side,
    index::articles::Timestamp,
    shingle::{Shingler, runs},
    text::FoldedText,
};

/// What a text became: its hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Equal for texts that fold to the same words.
    pub exact: ExactHash,
    /// Near for texts that share most of their features.
    pub simhash: SimHash,
    /// Number of words.
    pub tokens: u32,
    /// Number of shingles that its sketch holds; 0 if it has none.
    pub sketch: u32,
}

/// Fingerprints one text after another, in memory that is allocated once.
#[derive(Debug, Default)]
pub struct Fingerprinter {
    text: FoldedText,
    title: FoldedText,
    shingler: Shingler,
    shingles: ShingleSet,
    content: Vec<u8>,
    lists: [Vec<u32>; 2],
    /// Of the words of the title, and of the text.
    heads: [Vec<u64>; 2],
    vocabulary: vocabulary::Room,
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
        let tokens = self.text.tokens().len() as u32;
        let mut counters = simhash::Counters::default();
        let features = detector.features;
        self.shingler.next();
        self.shingler.shingles(features, &self.text, &mut counters);
        self.shingles.clear(0);
        self.content.clear();
        let mut sketch = 0;
        if tokens >= Detector::MIN_TOKENS && detector.method == Method::Full {
            self.title.fold(title);
            sketch = self.write_content();
        }
        Fingerprint {
            exact: ExactHash::of(&self.text),
            simhash: counters.majority(),
            tokens,
            sketch,
        }
    }

    /// Writes all of the content; returns the number of shingles in the sketch.
    fn write_content(&mut self) -> u32 {
        let words = self.shingler.words(&self.text);
        self.shingles.clear(words.len());
        runs(words, sketch::SHINGLE_WORDS, &mut self.shingles);
        let [list, other] = &mut self.lists;
        let sketch = sketch::write(&self.shingles, (list, other), &mut self.content);
        let [of_title, of_text] = &mut self.heads;
        self.title.heads(of_title);
        self.text.heads(of_text);
        let (title, text) = ((&self.title, &**of_title), (&self.text, &**of_text));
        vocabulary::write(title, text, &mut self.vocabulary, &mut self.content);
        numbers::write(
            &self.text,
            (words, of_text),
            (list, other),
            &mut self.content,
        );
        sketch
    }

    /// The text that was fingerprinted last, folded.
    pub fn text(&self) -> &FoldedText {
        &self.text
    }

    /// The text that was fingerprinted last, as one of two that are compared. It has content unless it is
    /// too short, or made for a collection that keeps SimHash only.
    pub(crate) fn side<'a>(
        &'a self,
        fingerprint: &'a Fingerprint,
        published: Option<Timestamp>,
    ) -> Side<'a> {
        Side {
            fingerprint,
            content: Content::read(&self.content).ok(),
            published,
        }
    }

    /// All word shingles of the text that was fingerprinted last, if it has content.
    pub(crate) fn shingles(&self) -> &ShingleSet {
        &self.shingles
    }
}
