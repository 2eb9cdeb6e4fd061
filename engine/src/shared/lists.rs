//! What the tables say to a question.

use foldhash::HashMap;

use crate::{fingerprint::SimHash, index::articles::Article};

/// An article that posts a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The article's sequence.
    pub sequence: u64,
    /// See [`Article::is_story`].
    pub is_story: bool,
}

/// What the tables say to a question.
#[derive(Debug, Default)]
pub struct Lists {
    /// Who posts each hash of [`Question::asked`](super::Question::asked), oldest first.
    pub postings: Vec<Vec<Holder>>,
    /// Who has the same text, oldest first.
    pub same: Vec<u64>,
    /// Fingerprints, perhaps near, and who has them.
    pub near: Vec<(SimHash, u64)>,
}

/// What has become of an article that stands in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is a story of its own.
    Story,
    /// It is a copy of an earlier one.
    Copy,
    /// There is none, or none that came before.
    Gone,
}

impl Standing {
    /// That of an article that is decided.
    pub fn of(article: &Article) -> Self {
        match article.is_story {
            true => Self::Story,
            false => Self::Copy,
        }
    }
}

impl Lists {
    /// Takes in what was learned of articles since the lists were read, and says whether that changes anything. While
    /// copies of one text arrive together each stands in the lists as a story, and what they share would pass for
    /// a formula that many stories have.
    pub fn settle(&mut self, learned: &HashMap<u64, Standing>) -> bool {
        let mut changed = false;
        for list in &mut self.postings {
            list.retain_mut(|holder| match learned.get(&holder.sequence) {
                None => true,
                Some(Standing::Gone) => {
                    changed = true;
                    false
                }
                Some(standing) => {
                    let is_story = *standing == Standing::Story;
                    changed |= holder.is_story != is_story;
                    holder.is_story = is_story;
                    true
                }
            });
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_settled_by_what_became_of_their_articles() {
        let holder = |sequence| Holder {
            sequence,
            is_story: true,
        };
        let mut lists = Lists {
            postings: vec![vec![holder(1), holder(2), holder(3)], vec![holder(2)]],
            ..Lists::default()
        };
        let learned = HashMap::from_iter([(1, Standing::Story), (4, Standing::Gone)]);
        assert!(!lists.settle(&learned));
        let learned = HashMap::from_iter([(2, Standing::Gone), (3, Standing::Copy)]);
        assert!(lists.settle(&learned));
        let copy = Holder {
            is_story: false,
            ..holder(3)
        };
        assert_eq!(lists.postings, [vec![holder(1), copy], vec![]]);
        assert!(!lists.settle(&learned));
    }
}
