//! What whoever keeps the tables asks of an article.

use crate::{index::articles::Article, query::least_shared};

impl Article {
    /// The sequences of the articles that its submission was told of.
    pub fn matched(&self) -> impl Iterator<Item = u64> {
        self.first_matches.iter().map(|first| first.sequence)
    }

    /// The story it belongs to: the sequence of the story's first article.
    pub fn cluster(&self) -> u64 {
        self.cluster
    }

    /// Its place in that story: the sequence of the first of the revisions that it goes back to.
    pub fn standing(&self) -> u64 {
        self.standing
    }

    /// The hashes that lead to it.
    pub fn posts(&self) -> Vec<u32> {
        let content = self.content();
        content
            .iter()
            .flat_map(|content| content.sketch.posted())
            .collect()
    }

    /// The places of those of some hashes, ascending, that lead to it as well.
    pub fn posted_among<'a>(&'a self, hashes: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let content = self.content().into_iter();
        let mut own = content
            .flat_map(|content| content.sketch.posted())
            .peekable();
        (0..hashes.len()).filter(move |place| {
            while own.next_if(|own| *own < hashes[*place]).is_some() {}
            own.peek() == Some(&hashes[*place])
        })
    }

    /// Whether a submission of its text is sure to find who stands in so many of the posting lists that it stands in.
    pub fn finds_by(&self, lists: usize) -> bool {
        lists >= least_shared(self.side()) as usize
    }

    /// The keys of the stems that its text has.
    pub fn stems(&self) -> Vec<u16> {
        let content = self.content();
        let words = content
            .iter()
            .flat_map(|content| content.vocabulary.words())
            .filter(|word| word.count > 0);
        words.map(|word| word.key).collect()
    }

    /// Whether it has what stories are counted by.
    pub fn has_content(&self) -> bool {
        self.content.is_some()
    }
}
