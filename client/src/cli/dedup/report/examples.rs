//! The texts of the pairs that are shown, and where they differ.

use std::collections::HashMap;

use basma_engine::{
    Collection, Compared, Detector, Evidence, Relation,
    compare::{Kind, Span},
};

use super::{
    differences::{Run, runs},
    sample::Sample,
};
use crate::{
    cli::item::Item,
    input::{Fields, Records},
};

/// What is shown, by relation.
#[derive(Debug, Default)]
pub(super) struct Examples {
    pub(super) by_relation: Vec<(Relation, Vec<Example>)>,
}

/// Two articles side by side.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) earlier: Side,
    pub(super) later: Side,
    pub(super) evidence: Evidence,
}

/// One of them, in runs that the other has, or has not.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) item: Item,
    pub(super) runs: Vec<Run>,
}

impl Examples {
    /// Finds the texts of the pairs in the input. A pair of which one is not found, because the file has
    /// been changed meanwhile, is left out.
    pub(super) fn read(
        sample: &Sample,
        mut input: Records,
        fields: &Fields,
        detector: &Detector,
    ) -> Self {
        let mut wanted = sample.ids();
        let mut found: HashMap<String, Item> = HashMap::new();
        let mut line = Vec::new();
        while !wanted.is_empty() {
            let place = match input.next(&mut line) {
                None => break,
                Some(Ok(place)) => place.to_string(),
                Some(Err(_)) => continue,
            };
            let Ok(parsed) = fields.parse(&line) else {
                continue;
            };
            // The first of an id has it; the others are named by their places.
            let id = &parsed.article.id;
            let name = if wanted.remove(id.as_str()) {
                id.clone()
            } else if wanted.remove(place.as_str()) {
                place
            } else {
                continue;
            };
            found.insert(name, Item::from(parsed.article));
        }
        // Empty: whoever has both texts needs no index to compare them.
        let collection = Collection::new(*detector);
        let example = |pair: &super::sample::Pair| {
            let (earlier, later) = (found.get(&*pair.earlier)?, found.get(&*pair.later)?);
            Some(Example::new(&collection, earlier, later))
        };
        let by_relation = sample
            .pairs()
            .map(|(relation, pairs)| (relation, pairs.filter_map(example).collect()));
        Self {
            by_relation: by_relation
                .filter(|(_, examples): &(_, Vec<_>)| !examples.is_empty())
                .collect(),
        }
    }
}

impl Example {
    fn new(collection: &Collection, earlier: &Item, later: &Item) -> Self {
        let comparison = collection.compare(&compared(later), &compared(earlier));
        let segments = comparison.segments.iter();
        let words = |span: &Option<Span>, kind| {
            let is_shared = matches!(kind, Kind::Equal | Kind::Folded);
            span.as_ref().map(|span| (span.words.clone(), is_shared))
        };
        let of_later = segments
            .clone()
            .filter_map(|segment| words(&segment.a, segment.kind));
        let of_earlier = segments.filter_map(|segment| words(&segment.b, segment.kind));
        Self {
            later: Side {
                runs: runs(&later.text, of_later),
                item: later.clone(),
            },
            earlier: Side {
                runs: runs(&earlier.text, of_earlier),
                item: earlier.clone(),
            },
            evidence: comparison.evidence,
        }
    }
}

fn compared(item: &Item) -> Compared<'_> {
    Compared::Text {
        title: &item.metadata.title,
        text: &item.text,
        published: item.metadata.published,
    }
}
