//! What candidates turn out to be, measured one after the other, those that share most first.
//!
//! When as many matches as say that there are more have what a candidate shares with the text, it is not measured. A
//! boilerplate that thousands of texts share thus costs a check no more, and what shares something else is found beside
//! them.

use crate::answer::Match;

/// From so many matches on there may be more than are looked at.
pub(crate) const ENOUGH_TO_BE_MORE: usize = 24;

/// From this Jaccard similarity on a match is so much the same text that two dozen of them leave little to be found: of July no
/// answer differs from those with .6.
const ALIKE: f32 = 0.5;

/// Which of a text's hashes an article posts: a bit for each, or for several where they are many; none if it is a candidate
/// for another reason.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Which(pub(crate) u64);

impl Which {
    /// Those of a match that is nearly the text.
    const ALL: Self = Self(u64::MAX);

    /// Whether most of these are among the others.
    fn are_in(self, others: Self) -> bool {
        let shared = (self.0 & others.0).count_ones();
        others.0 == Self::ALL.0 || shared > 0 && 2 * shared >= self.0.count_ones()
    }
}

/// What candidates turn out to be.
#[derive(Debug)]
pub(crate) struct Measured {
    matches: Vec<Match>,
    /// What each has of the text.
    which: Vec<Which>,
    enough: usize,
}

impl Measured {
    /// None yet, where so many matches are wanted.
    pub(crate) fn for_so_many(limit: usize) -> Self {
        Self {
            matches: Vec::new(),
            which: Vec::new(),
            enough: ENOUGH_TO_BE_MORE.max(limit + 2),
        }
    }

    /// Whether enough matches have what a candidate shares with the text.
    pub(crate) fn has_enough_like(&self, candidate: Which) -> bool {
        let like = (self.which.iter()).filter(|which| candidate.are_in(**which));
        self.matches.len() >= self.enough && like.count() >= self.enough
    }

    /// Measures a candidate, unless enough matches are like it.
    pub(crate) fn measure(&mut self, candidate: Which, judge: impl FnOnce() -> Option<Match>) {
        if self.has_enough_like(candidate) {
            return;
        }
        if let Some(found) = judge() {
            let is_alike = found.evidence.jaccard.is_some_and(|share| share >= ALIKE);
            let which = if is_alike { Which::ALL } else { candidate };
            self.which.push(which);
            self.matches.push(found);
        }
    }

    /// All matches.
    pub(crate) fn matches(self) -> Vec<Match> {
        self.matches
    }
}
