//! Tables that are elsewhere lead to the answers of a collection.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;

use super::{
    restore::{Step, steps, submission, told},
    *,
};
use crate::{
    Article, Record, Stories,
    shared::{Holder, Lists, MOST_MEMBERS, Question},
};

/// The plainest tables that there are: the records of all articles, oldest first.
#[derive(Debug, Default)]
struct Tables {
    records: BTreeMap<u64, Vec<u8>>,
    next: u64,
    stories: Stories,
    /// Ids, by the story's name.
    clusters: BTreeMap<u64, Vec<Box<str>>>,
}

impl Tables {
    fn articles(&self) -> impl Iterator<Item = Arc<Article>> {
        let articles = self.records.values();
        articles.map(|record| Arc::new(Record::decode(record).expect("a record").into_article()))
    }

    fn lists(&self, question: &Question) -> Lists {
        let all: Vec<_> = self
            .articles()
            .map(|article| (article.posts(), article))
            .collect();
        let holders = |hash: u32| {
            let holders = all.iter().filter(|(posts, _)| posts.contains(&hash));
            let holders = holders.map(|(_, article)| Holder {
                sequence: article.sequence(),
                is_story: article.is_story,
            });
            holders.collect()
        };
        let fingerprint = question.fingerprint();
        let same = all
            .iter()
            .filter(|(_, article)| article.fingerprint.exact == fingerprint.exact);
        let near = all
            .iter()
            .filter(|(_, article)| article.fingerprint.tokens >= Detector::MIN_TOKENS);
        Lists {
            postings: question.asked().into_iter().map(holders).collect(),
            same: same.map(|(_, article)| article.sequence()).collect(),
            near: near
                .map(|(_, article)| (article.fingerprint.simhash, article.sequence()))
                .collect(),
        }
    }

    fn fetch(&self, sequences: impl IntoIterator<Item = u64>) -> Vec<Arc<Article>> {
        let wanted: Vec<_> = sequences.into_iter().collect();
        let found = wanted.iter().filter_map(|wanted| {
            self.articles()
                .find(|article| article.sequence() == *wanted)
        });
        found.collect()
    }

    fn members(&self, story: u64) -> Vec<Arc<Article>> {
        let ids = self.clusters.get(&story).into_iter().flatten();
        let ids = ids.take(MOST_MEMBERS);
        ids.filter_map(|id| self.current(id)).collect()
    }

    fn canonical(&self, article: &Article) -> Option<Box<str>> {
        self.clusters.get(&article.cluster())?.first().cloned()
    }

    fn current(&self, id: &str) -> Option<Arc<Article>> {
        self.articles().find(|article| &*article.id == id)
    }

    fn submit(&mut self, submission: Submission<'_>, detector: Detector, limit: usize) -> Answer {
        let question = Question::new(
            &mut Fingerprinter::default(),
            submission,
            detector,
            limit.into(),
        );
        let old = self.current(submission.id);
        if let Some(old) = old
            .as_ref()
            .filter(|old| old.fingerprint.exact == question.fingerprint().exact)
        {
            let others = self.fetch(old.matched());
            let mut answer = question.first_answer(old, &others);
            answer.tell_canonical(submission.id, |article| self.canonical(article));
            answer.canonical_id = self.canonical(old).filter(|id| **id != *submission.id);
            return answer;
        }
        let lists = self.lists(&question);
        let counted = question.count(&lists);
        let candidates = self.fetch(question.candidates(&lists, &counted));
        let mut decided = question.decide(&counted, &candidates, &self.stories);
        let stories = decided.answer.wholes().map(|whole| whole.cluster());
        let members = stories.map(|story| (story, self.members(story)));
        let members = members.collect();
        question.choose_story(&mut decided.answer, &counted, &members, &self.stories);
        let sequence = self.next;
        self.next += 1;
        let article = question.article(sequence, old.as_deref(), &decided);
        if article.cluster() != sequence {
            let mut known = decided.answer.matches.iter().map(|found| &found.article);
            let known = known.find(|known| known.cluster() == article.cluster());
            let known = known.expect("one of the story");
            let members = self.clusters.entry(article.cluster()).or_default();
            if members.is_empty() {
                members.push(known.id.clone());
            }
            if !members.contains(&article.id) {
                members.push(article.id.clone());
            }
        }
        decided
            .answer
            .tell_canonical(submission.id, |article| self.canonical(article));
        let usual = self.stories.admit(&article, decided.specificity);
        let mut record = Vec::new();
        Record::encode(&article, None, usual, &mut record);
        self.records.insert(sequence, record);
        if let Some(old) = old {
            self.withdraw(&old, article.cluster() == old.cluster());
        }
        Answer {
            revision: article.revision,
            ..decided.answer
        }
    }

    fn withdraw(&mut self, article: &Article, stays: bool) {
        self.records.remove(&article.sequence());
        self.stories.withdraw(article);
        if let Some(members) = self.clusters.get_mut(&article.cluster()).filter(|_| !stays) {
            members.retain(|member| *member != article.id);
        }
    }

    fn take(&mut self, step: &Step, now: usize, detector: Detector) -> String {
        match step {
            Step::Submit(id, text) => submission(*id, *text, now, |submission, limit| {
                told(&self.submit(submission, detector, limit))
            }),
            Step::Delete(id) => {
                let found = self.current(&id.to_string());
                found
                    .iter()
                    .for_each(|article| self.withdraw(article, false));
                found.is_some().to_string()
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_those_of_a_collection(steps in steps(), method in 0..2usize) {
        let detector = Detector::new(METHODS[method]);
        let (collection, mut tables) = (Collection::new(detector), Tables::default());
        for (now, step) in steps.iter().enumerate() {
            let theirs = super::restore::take(&collection, step, now, &());
            prop_assert_eq!(tables.take(step, now, detector), theirs, "{:?}", step);
        }
    }
}
