//! The exact truth about which articles share their words: sets of word shingles, and every pair of
//! articles whose sets overlap enough.

use std::ops::Range;

use basma_engine::{FoldedText, Shingling};

use super::{corpus::Corpus, score::share};

/// Articles with fewer words are in no pair: a share of few shingles means little.
const MIN_WORDS: usize = 30;

/// Shingles are runs of three folded words.
const SHINGLING: Shingling = Shingling::Words(3);

/// The shingles of every article, by its place in the corpus.
#[derive(Debug, Default)]
pub(super) struct Sets {
    /// Hashes of the shingles, ascending, each once.
    sets: Vec<Vec<u64>>,
    words: Vec<usize>,
}

/// How much two sets have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overlap {
    pub(super) shared: usize,
    sizes: [usize; 2],
}

impl Overlap {
    /// Shared shingles by all shingles of both.
    pub(super) fn jaccard(self) -> f64 {
        let all = self.sizes[0] + self.sizes[1] - self.shared;
        share(self.shared as f64, all as f64).unwrap_or_default()
    }

    /// Shared shingles by those of the smaller set.
    pub(super) fn containment(self) -> f64 {
        let smaller = self.sizes[0].min(self.sizes[1]);
        share(self.shared as f64, smaller as f64).unwrap_or_default()
    }
}

/// Two articles that overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExactPair {
    pub(super) later: u32,
    pub(super) earlier: u32,
    pub(super) overlap: Overlap,
}

impl Sets {
    /// The sets of all articles.
    pub(super) fn new(corpus: &Corpus) -> Self {
        let mut folded = FoldedText::default();
        let mut sets = Self::default();
        for item in &corpus.items {
            folded.fold(&item.text);
            let mut set = Vec::with_capacity(folded.tokens().len());
            SHINGLING.for_each(&folded, |shingle| set.push(shingle));
            set.sort_unstable();
            set.dedup();
            set.shrink_to_fit();
            sets.sets.push(set);
            sets.words.push(folded.tokens().len());
        }
        sets
    }

    /// What two articles share.
    pub(super) fn overlap(&self, a: u32, b: u32) -> Overlap {
        let (a, b) = (&self.sets[a as usize], &self.sets[b as usize]);
        let (mut at, mut shared) = (0, 0);
        for hash in a {
            while b.get(at).is_some_and(|other| other < hash) {
                at += 1;
            }
            shared += usize::from(b.get(at) == Some(hash));
        }
        Overlap {
            shared,
            sizes: [a.len(), b.len()],
        }
    }

    /// Every pair that `keep` keeps, by the later article and then by the earlier. No shingle is left
    /// out, however many articles have it, so the time grows with the squares of those numbers.
    pub(super) fn pairs(&self, keep: impl Fn(Overlap) -> bool) -> Vec<ExactPair> {
        let (owners, behind) = self.owners();
        let mut shared = vec![0usize; self.sets.len()];
        let (mut touched, mut pairs) = (Vec::new(), Vec::new());
        for (later, behind) in (0u32..).zip(behind) {
            for earlier in behind.into_iter().flat_map(|before| &owners[before]) {
                let count = &mut shared[*earlier as usize];
                if *count == 0 {
                    touched.push(*earlier);
                }
                *count += 1;
            }
            touched.sort_unstable();
            for earlier in touched.drain(..) {
                let overlap = Overlap {
                    shared: std::mem::take(&mut shared[earlier as usize]),
                    sizes: [later, earlier].map(|at| self.sets[at as usize].len()),
                };
                if keep(overlap) {
                    pairs.push(ExactPair {
                        later,
                        earlier,
                        overlap,
                    });
                }
            }
        }
        pairs
    }

    /// The inverted index: the owners of all shingles, one shingle after the other, each shingle's in
    /// their order; and for each article, where in it those stand that had one of its shingles before.
    fn owners(&self) -> (Vec<u32>, Vec<Vec<Range<usize>>>) {
        let mut entries: Vec<(u64, u32)> = (0u32..)
            .zip(self.sets.iter().zip(&self.words))
            .filter(|(_, (_, words))| **words >= MIN_WORDS)
            .flat_map(|(place, (set, _))| set.iter().map(move |hash| (*hash, place)))
            .collect();
        entries.sort_unstable();
        let mut behind = vec![Vec::new(); self.sets.len()];
        let mut first = 0;
        for (at, (hash, owner)) in entries.iter().enumerate() {
            if entries[first].0 != *hash {
                first = at;
            }
            if first < at {
                behind[*owner as usize].push(first..at);
            }
        }
        let owners = entries.into_iter().map(|(_, owner)| owner).collect();
        (owners, behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_what_comparing_all_with_all_finds() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut sets = Sets::default();
        for _ in 0..60 {
            let mut set: Vec<u64> = (0..random.usize(0..40))
                .map(|_| random.u64(0..90))
                .collect();
            set.sort_unstable();
            set.dedup();
            sets.words
                .push(MIN_WORDS - usize::from(random.u8(0..5) == 0));
            sets.sets.push(set);
        }
        let long = |place: &u32| sets.words[*place as usize] >= MIN_WORDS;
        let mut expected = Vec::new();
        for later in (0..60).filter(long) {
            for earlier in (0..later).filter(long) {
                let overlap = sets.overlap(later, earlier);
                if overlap.shared > 0 && overlap.jaccard() > 0.1 {
                    expected.push(ExactPair {
                        later,
                        earlier,
                        overlap,
                    });
                }
            }
        }
        assert!(expected.len() > 100);
        assert_eq!(sets.pairs(|overlap| overlap.jaccard() > 0.1), expected);
    }
}
