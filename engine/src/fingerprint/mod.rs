//! Fingerprints: everything that the index keeps of a text.

mod content;
mod elias_fano;
mod exact;
mod numbers;
mod numeral;
mod shingle_set;
mod simhash;
mod sketch;
mod stems;
mod vocabulary;

pub(crate) use content::{Content, StoredContent};
pub use exact::ExactHash;
pub(crate) use numbers::Numbers;
pub(crate) use shingle_set::ShingleSet;
pub use simhash::SimHash;
pub(crate) use sketch::{Sketch, is_below};
use stems::Stems;
pub(crate) use vocabulary::{KEY_BITS, Vocabulary, Word};
#[cfg(any(test, fuzzing))]
pub(crate) use {numbers::COUNTED_ENDINGS, numeral::SPELLINGS};

use crate::{
    detector::{Detector, Method},
    evidence::Side,
    index::articles::Timestamp,
    shingle::{Shingler, Shingling},
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
    /// Of the title, and of the text.
    stems: [Stems; 2],
}

impl Fingerprinter {
    /// Fingerprints `text` as `detector` asks. The title, which may be empty, only says which of the
    /// text's words matter: the hashes are those of the text alone.
    ///
    /// # Panics
    ///
    /// If `text` is 4 GiB or longer.
    pub fn fingerprint(&mut self, title: &str, text: &str, detector: &Detector) -> Fingerprint {
        let fingerprint = self.sketch(text, detector);
        if fingerprint.sketch > 0 {
            self.title.fold(title);
            self.describe();
        }
        fingerprint
    }

    /// As [`Fingerprinter::fingerprint`], but only what finds a text: no words and numbers, without which nothing can be
    /// said of what is found. A text of which this alone is known counts as one without content.
    ///
    /// # Panics
    ///
    /// If `text` is 4 GiB or longer.
    pub fn sketch(&mut self, text: &str, detector: &Detector) -> Fingerprint {
        self.text.fold(text);
        let tokens = self.text.tokens().len() as u32;
        let has_content = tokens >= Detector::MIN_TOKENS && detector.method == Method::Full;
        let simhash = self.hash(detector.features, has_content);
        self.content.clear();
        let mut sketch = 0;
        if has_content {
            let [list, other] = &mut self.lists;
            sketch = sketch::write(&self.shingles, (list, other), &mut self.content);
        }
        Fingerprint {
            exact: ExactHash::of(&self.text),
            simhash,
            tokens,
            sketch,
        }
    }

    /// Hashes the text's features, and for content its words and shingles; which may be the same.
    fn hash(&mut self, features: Shingling, for_content: bool) -> SimHash {
        const SHINGLES: Shingling = Shingling::Words(sketch::SHINGLE_WORDS);
        let mut counters = simhash::Counters::default();
        let Self {
            text,
            shingler,
            shingles,
            ..
        } = self;
        shingler.next();
        let room = if for_content { text.tokens().len() } else { 0 };
        shingles.clear(room);
        if for_content && features == SHINGLES {
            shingler.shingles(SHINGLES, text, (&mut counters, shingles));
        } else {
            shingler.shingles(features, text, &mut counters);
            if for_content {
                shingler.shingles(SHINGLES, text, shingles);
            }
        }
        counters.majority()
    }

    /// Writes the rest of the content, behind the sketch.
    fn describe(&mut self) {
        let words = self.shingler.words(&self.text);
        let [list, other] = &mut self.lists;
        let [of_title, of_text] = &mut self.stems;
        of_title.find(&self.title);
        of_text.find(&self.text);
        vocabulary::write(
            (&self.title, of_title),
            (&self.text, of_text),
            (list, other),
            &mut self.content,
        );
        let text = (&self.text, words, &*of_text);
        numbers::write(text, (list, other), &mut self.content);
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
