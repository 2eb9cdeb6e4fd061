//! A naive collection: a list of articles, searched from end to end by comparing texts.

use crate::query::lie_apart;
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use super::*;
use crate::answer::{Evidence, Relation, Verdict};

const STORIES: u64 = 3;

/// A few stories, each in versions of every relation to the others.
pub(super) static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let versions = |n: u64| {
        let text = story(n, 90);
        let words: Vec<_> = text.split(' ').collect();
        [
            dressed(&text),
            edited(&text, 1, 1),
            edited(&text, 2, 2),
            edited(&text, 9, 3),
            words[..30].join(" "),
            format!("{} {}", words[..45].join(" "), story(n + 1, 80)),
            words[..5].join(" "),
            String::new(),
            text,
        ]
    };
    (0..STORIES).flat_map(versions).collect()
});

fn words(text: usize) -> usize {
    TEXTS[text].split_whitespace().count()
}

/// What each text is to each other one, by the comparison of two texts.
type Relations = Vec<Vec<(Option<Relation>, Evidence)>>;

static RELATIONS: LazyLock<[Relations; 2]> = LazyLock::new(|| {
    METHODS.map(|method| {
        let to_all = |a: &String| {
            let compared = TEXTS.iter().map(|b| {
                let comparison = compare(a, b, method);
                (comparison.relation, comparison.evidence)
            });
            compared.collect()
        };
        TEXTS.iter().map(to_all).collect()
    })
});

#[derive(Clone, Debug)]
pub(super) struct Entry {
    text: usize,
    sequence: u64,
    pub(super) revision: u32,
    pub(super) first_seen: i64,
    pub(super) story: u64,
    verdict: Verdict,
    matches: Vec<(String, u64, Relation)>,
    truncated: bool,
}

/// What an answer must be.
#[derive(Debug, PartialEq)]
pub(super) struct Expected {
    verdict: Verdict,
    canonical: Option<String>,
    matches: Vec<(String, Relation)>,
    truncated: bool,
    resubmission: bool,
    revision: u32,
}

impl From<Answer> for Expected {
    fn from(answer: Answer) -> Self {
        let matches = answer.matches.iter();
        Self {
            verdict: answer.verdict,
            canonical: answer.canonical_id.map(String::from),
            matches: matches
                .map(|found| (found.article.id.to_string(), found.relation))
                .collect(),
            truncated: answer.truncated,
            resubmission: answer.resubmission,
            revision: answer.revision,
        }
    }
}

impl Expected {
    /// Whether an answer is as it must be. With sketches what two articles are to each other depends on
    /// what else is known, save that the same text is the same text: so only that is held against the
    /// model, and that nothing matches that has nothing in common.
    pub(super) fn agrees(&self, model: &Self, method: Method) -> bool {
        if method == Method::SimHashOnly {
            return self == model;
        }
        let same = |answer: &Self| -> Vec<_> {
            let exact = answer
                .matches
                .iter()
                .filter(|(_, relation)| *relation == Relation::Exact);
            exact.cloned().collect()
        };
        let is_exact = |answer: &Self| answer.verdict == Verdict::Related(Relation::Exact);
        same(self) == same(model)
            && (is_exact(self), self.resubmission, self.revision)
                == (is_exact(model), model.resubmission, model.revision)
    }
}

pub(super) struct Model {
    relations: &'static Relations,
    pub(super) entries: HashMap<String, Entry>,
    /// The members of each story, first come first.
    pub(super) stories: BTreeMap<u64, Vec<String>>,
    sequence: u64,
}

impl Model {
    pub(super) fn new(method: usize) -> Self {
        Self {
            relations: &RELATIONS[method],
            entries: HashMap::new(),
            stories: BTreeMap::new(),
            sequence: 0,
        }
    }

    pub(super) fn canonical(&self, story: u64) -> String {
        self.stories[&story][0].clone()
    }

    /// All matches of a text, strongest first.
    fn scan(&self, id: &str, text: usize) -> Vec<(String, u64, Relation)> {
        let others = || self.entries.iter().filter(|(other, _)| *other != id);
        let duplicates: Vec<_> = others()
            .map(|(_, entry)| (entry.story, &self.relations[text][entry.text]))
            .filter(|(_, (relation, _))| relation.is_some_and(Relation::is_duplicate))
            .map(|(story, (_, evidence))| (story, &evidence.passages))
            .collect();
        let mut found: Vec<_> = others()
            .filter_map(|(other, entry)| {
                let (relation, evidence) = &self.relations[text][entry.text];
                // A text that holds two stories is not nearly the same as either.
                let longer = words(text) > words(entry.text);
                let holds_another = duplicates.iter().any(|(story, passages)| {
                    let apart = || lie_apart(&evidence.passages, passages);
                    *story != entry.story && !passages.is_empty() && apart()
                });
                let is_page = *relation == Some(Relation::NearDuplicate) && longer && holds_another;
                let relation = if is_page {
                    &Some(Relation::Contains)
                } else {
                    relation
                };
                let share = |share: Option<f32>| f64::from(share.unwrap_or_default());
                let greater = share(evidence.containment).max(share(evidence.contained));
                // No share is so small that it gets lost here.
                let strength = (greater * -1e9) as i64;
                let order = ((*relation)?, strength, evidence.hamming, entry.sequence);
                Some((order, other.clone()))
            })
            .collect();
        found.sort();
        let plain = |(order, id): ((Relation, _, _, u64), String)| (id, order.3, order.0);
        found.into_iter().map(plain).collect()
    }

    pub(super) fn check(&self, id: &str, text: usize, limit: usize) -> Expected {
        let matches = self.scan(id, text);
        let best = matches.first();
        let canonical = best
            .filter(|(.., relation)| relation.is_duplicate())
            .map(|(best, ..)| self.canonical(self.entries[best].story))
            .filter(|canonical| canonical != id);
        let kept = matches.iter().take(limit);
        Expected {
            verdict: best.map_or(Verdict::New, |(.., relation)| Verdict::Related(*relation)),
            canonical,
            matches: kept
                .map(|(id, _, relation)| (id.clone(), *relation))
                .collect(),
            truncated: matches.len() > limit,
            resubmission: false,
            revision: 0,
        }
    }

    pub(super) fn submit(&mut self, id: &str, text: usize, now: i64, limit: usize) -> Expected {
        let old = self.entries.get(id).cloned();
        if let Some(entry) = &old
            && (self.relations[text][entry.text].0 == Some(Relation::Exact)
                || TEXTS[text] == TEXTS[entry.text])
        {
            let canonical = self.canonical(entry.story);
            let left = entry.matches.iter().filter(|(id, sequence, _)| {
                self.entries
                    .get(id)
                    .is_some_and(|now| now.sequence == *sequence)
            });
            return Expected {
                verdict: entry.verdict,
                canonical: (canonical != id).then_some(canonical),
                matches: left
                    .map(|(id, _, relation)| (id.clone(), *relation))
                    .take(limit)
                    .collect(),
                truncated: entry.truncated || entry.matches.len() > limit,
                resubmission: true,
                revision: entry.revision,
            };
        }
        let revision = old.as_ref().map_or(1, |old| old.revision + 1);
        let expected = Expected {
            revision,
            ..self.check(id, text, limit)
        };
        let mut matches = self.scan(id, text);
        let best = matches
            .first()
            .filter(|(.., relation)| relation.is_duplicate());
        let story = best.map_or(self.sequence, |(best, ..)| self.entries[best].story);
        matches.truncate(limit);
        // A revision within its story keeps its place there.
        if old.as_ref().is_none_or(|old| old.story != story) {
            self.delete(id);
            self.stories.entry(story).or_default().push(id.to_owned());
        }
        let entry = Entry {
            text,
            sequence: self.sequence,
            revision,
            first_seen: old.map_or(now, |old| old.first_seen),
            story,
            verdict: expected.verdict,
            matches,
            truncated: expected.truncated,
        };
        self.entries.insert(id.to_owned(), entry);
        self.sequence += 1;
        expected
    }

    pub(super) fn delete(&mut self, id: &str) -> bool {
        let Some(entry) = self.entries.remove(id) else {
            return false;
        };
        let members = self.stories.get_mut(&entry.story).expect("it has a story");
        members.retain(|member| member != id);
        if members.is_empty() {
            self.stories.remove(&entry.story);
        }
        true
    }
}
