//! A corpus through the engine, article by article, as the server would take it.

use std::{collections::HashMap, time::Instant};

use basma_engine::{Collection, Detector, Evidence, Fingerprinter, Match, Relation, Submission};

use super::corpus::{Background, Corpus};
use crate::cli::{failure::Failure, item::Item};

/// How many matches of an article are looked at.
const MATCHES: usize = 1000;

/// An earlier article of the corpus that one matched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    earlier: u32,
    pub(super) relation: Relation,
    pub(super) hamming: Option<u32>,
    pub(super) jaccard: Option<f32>,
    pub(super) containment: Option<f32>,
    pub(super) contained: Option<f32>,
}

/// What each article matched when it came, and where it went.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// By the place of the later article; each by the place of the earlier.
    found: Vec<Vec<Found>>,
    /// The story of each article at the end, by its place.
    stories: Vec<Option<u64>>,
    /// Articles that had more matches than were looked at.
    pub(super) truncated: usize,
    /// Articles before the corpus.
    pub(super) background: u64,
    /// Lines of the background that hold no usable article.
    pub(super) broken: u64,
    /// Time that the corpus took, the background not counted.
    pub(super) seconds: f64,
    /// Memory of the index at the end, as the engine estimates it.
    pub(super) bytes: u64,
}

impl Replay {
    /// Replays `corpus` into a new collection that holds `background`, whose broken lines are named if
    /// `complaining`.
    pub(super) fn run(
        corpus: &Corpus,
        background: Option<&Background>,
        detector: Detector,
        complaining: bool,
    ) -> Result<Self, Failure> {
        let collection = Collection::new(detector);
        let mut clock = Clock::default();
        let mut fingerprinter = Fingerprinter::default();
        let mut submit = |id: &str, item: &Item| {
            let submission = Submission {
                id,
                text: &item.text,
                metadata: &item.metadata,
                now: clock.at(item),
            };
            collection
                .submit(&mut fingerprinter, submission, MATCHES, &())
                .map_err(|_| Failure::Other("the collection is full".to_owned()))
        };
        let mut replay = Self::default();
        if let Some(background) = background {
            replay.broken = background.for_each(complaining, |item| {
                replay.background += 1;
                // Ids of their own: an article of the corpus must not replace them.
                let id = format!("background/{}/{}", replay.background, item.id);
                submit(&id, &item).map(|_| ())
            })?;
        }
        let places: HashMap<&str, u32> = corpus
            .items
            .iter()
            .zip(0..)
            .map(|(item, place)| (&*item.id, place))
            .collect();
        let start = Instant::now();
        for item in &corpus.items {
            let answer = submit(&item.id, item)?;
            replay.truncated += usize::from(answer.truncated);
            let mut found: Vec<Found> = answer
                .matches
                .iter()
                .filter_map(|found| Some(Found::new(*places.get(&*found.article.id)?, found)))
                .collect();
            found.sort_unstable_by_key(|found| found.earlier);
            found.shrink_to_fit();
            replay.found.push(found);
        }
        replay.seconds = start.elapsed().as_secs_f64();
        let stories = (corpus.items.iter()).map(|item| collection.get(&item.id));
        replay.stories = stories
            .map(|article| article.map(|article| article.cluster()))
            .collect();
        replay.bytes = collection.stats().bytes;
        Ok(replay)
    }

    /// The match of two articles, if the later one was answered with it.
    pub(super) fn found(&self, later: u32, earlier: u32) -> Option<&Found> {
        let found = self.found.get(later as usize)?;
        let at = found.binary_search_by_key(&earlier, |found| found.earlier);
        Some(&found[at.ok()?])
    }

    /// Their relation.
    pub(super) fn relation(&self, later: u32, earlier: u32) -> Option<Relation> {
        Some(self.found(later, earlier)?.relation)
    }

    /// All pairs that were called duplicates, the later one first.
    pub(super) fn called(&self) -> impl Iterator<Item = (u32, u32)> {
        let all = (0..).zip(&self.found);
        let all = all.flat_map(|(later, found)| found.iter().map(move |found| (later, found)));
        let called = all.filter(|(_, found)| found.relation.is_duplicate());
        called.map(|(later, found)| (later, found.earlier))
    }

    /// Whether both are in one story at the end.
    pub(super) fn are_one_story(&self, later: u32, earlier: u32) -> bool {
        let story = |place: u32| self.stories.get(place as usize).copied().flatten();
        story(later).is_some() && story(later) == story(earlier)
    }

    /// Whether the later one was called a duplicate of the earlier.
    pub(super) fn calls(&self, later: u32, earlier: u32) -> bool {
        self.relation(later, earlier)
            .is_some_and(Relation::is_duplicate)
    }
}

#[cfg(test)]
impl Replay {
    /// One in which the articles had these relations: later, earlier, relation.
    pub(super) fn of(articles: usize, relations: &[(u32, u32, Relation)]) -> Self {
        let mut found = vec![Vec::new(); articles];
        for (later, earlier, relation) in relations {
            found[*later as usize].push(Found {
                earlier: *earlier,
                relation: *relation,
                hamming: None,
                jaccard: None,
                containment: None,
                contained: None,
            });
        }
        Self {
            found,
            ..Self::default()
        }
    }
}

impl Found {
    fn new(earlier: u32, found: &Match) -> Self {
        let Evidence {
            hamming,
            jaccard,
            containment,
            contained,
            ..
        } = found.evidence;
        Self {
            earlier,
            relation: found.relation,
            hamming,
            jaccard,
            containment,
            contained,
        }
    }
}

/// The time of a submission: when the article was published, but never before what came earlier, as
/// no clock goes back.
#[derive(Debug, Default)]
struct Clock {
    now: Option<i64>,
}

impl Clock {
    fn at(&mut self, item: &Item) -> i64 {
        let next = self.now.map_or(0, |now| now + 1);
        let now = item.metadata.published.unwrap_or(next);
        *self
            .now
            .insert(self.now.map_or(now, |before| before.max(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_does_not_go_back() {
        let mut clock = Clock::default();
        let times = [None, Some(5), Some(3), None, Some(9)];
        let seen = times.map(|published| {
            let mut item = Item::default();
            item.metadata.published = published;
            clock.at(&item)
        });
        assert_eq!(seen, [0, 5, 5, 6, 9]);
    }
}
