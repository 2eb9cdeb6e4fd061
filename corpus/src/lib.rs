//! A corpus of Arabic-looking articles, any number of them, the same for the same seed.
//!
//! Article `i` of a seed is a pure function of both, so threads can write articles independently.
//! Nothing in it comes from a newspaper: the words are derived from roots and patterns.
//!
//! - [`random`]: the generator of chance; `zipf`: Zipf's law.
//! - `lexicon`, `names`, `frames`: the tables of roots, words, names and sentence frames.
//! - [`vocabulary`]: roots and patterns to surface forms; `sentence`: frames to sentences.
//! - [`article`]: original articles; [`calendar`]: their dates; [`token`]: words of a text.
//! - [`edit`]: what an editor, a scanner or a careless copyist does to a text.
//! - [`page`]: texts inside other texts: briefs, reports, glued pages, the wrappers of a site.
//! - [`template`]: telegrams and bulletins, the same formula with other facts.
//! - [`stream`]: originals mixed with planted copies, with the truth about each; `mix`: its shares.

pub mod article;
pub mod calendar;
pub mod edit;
mod frames;
mod lexicon;
mod mix;
mod names;
pub mod page;
pub mod random;
mod sentence;
pub mod stream;
mod synonyms;
pub mod template;
pub mod token;
pub mod vocabulary;
mod zipf;

pub use article::Article;
pub use edit::Edit;
pub use mix::Mix;
pub use page::{Page, Part};
pub use stream::{Kind, Planted, Stream, Truth};
pub use template::Template;

/// The originals of a seed.
#[derive(Clone, Copy, Debug)]
pub struct Corpus {
    seed: u64,
    mean_words: f64,
}

impl Corpus {
    /// The corpus of `seed`, with 290 words an article on average.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            mean_words: 290.0,
        }
    }

    /// The same with another mean length.
    #[must_use]
    pub fn mean_words(self, mean_words: f64) -> Self {
        Self { mean_words, ..self }
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Article `index`, in constant time.
    #[must_use]
    pub fn article(&self, index: u64) -> Article {
        article::write(self.seed, index, self.mean_words)
    }

    /// Originals mixed with planted copies.
    #[must_use]
    pub fn stream(self, mix: Mix) -> Stream {
        Stream::new(self, mix)
    }
}

#[cfg(test)]
mod tests;
