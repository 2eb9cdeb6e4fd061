//! A few pairs of each relation, the same ones for the same corpus.

use std::collections::{BTreeMap, HashSet};

use basma_engine::Relation;
use xxhash_rust::xxh3::xxh3_64;

/// How many pairs of a relation are shown: most of what is hardest to believe.
const SHOWN: [(Relation, usize); 6] = [
    (Relation::NearDuplicate, 10),
    (Relation::ContainedIn, 5),
    (Relation::Contains, 5),
    (Relation::Exact, 2),
    (Relation::Partial, 5),
    (Relation::Template, 5),
];

/// Pairs chosen by chance, each as likely as any other of its relation: those whose ids have the
/// smallest hashes.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Sample {
    pairs: [BTreeMap<u64, Pair>; SHOWN.len()],
}

/// An article and the one that it matched best, by their ids.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) later: Box<str>,
    pub(super) earlier: Box<str>,
}

impl Sample {
    /// Takes a pair into consideration.
    pub(in super::super) fn offer(&mut self, relation: Relation, later: &str, earlier: &str) {
        let shown = SHOWN.iter().zip(&mut self.pairs);
        for ((_, most), pairs) in shown.filter(|((known, _), _)| *known == relation) {
            let hash = xxh3_64(later.as_bytes());
            let full = pairs.len() >= *most;
            if full && pairs.last_key_value().is_some_and(|(last, _)| hash > *last) {
                return;
            }
            let (later, earlier) = (later.into(), earlier.into());
            pairs.insert(hash, Pair { later, earlier });
            if pairs.len() > *most {
                pairs.pop_last();
            }
        }
    }

    /// The pairs of each relation that has any.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (Relation, impl Iterator<Item = &Pair>)> {
        let shown = SHOWN.iter().zip(&self.pairs);
        shown.map(|((relation, _), pairs)| (*relation, pairs.values()))
    }

    /// The ids of all articles in it.
    pub(super) fn ids(&self) -> HashSet<&str> {
        let pairs = self.pairs.iter().flat_map(BTreeMap::values);
        pairs
            .flat_map(|pair| [&*pair.later, &*pair.earlier])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_pairs_in_any_order() {
        let choose = |ids: &mut dyn Iterator<Item = u32>| {
            let mut sample = Sample::default();
            ids.for_each(|id| sample.offer(Relation::Exact, &id.to_string(), "0"));
            let chosen: Vec<_> = sample
                .pairs()
                .flat_map(|(_, pairs)| pairs.map(|pair| pair.later.clone()))
                .collect();
            chosen
        };
        let chosen = choose(&mut (1..1000));
        assert_eq!(chosen.len(), 2);
        assert_eq!(choose(&mut (1..1000).rev()), chosen);
    }
}
