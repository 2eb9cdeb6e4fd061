//! What is asked of a shared collection, and changes nothing.

use std::collections::{BTreeSet, HashMap};

use basma_engine::{
    Answer, Article, Match, Relation, SimHash, Submission,
    age::Scope,
    answer::Evidence,
    collection::Compared,
    compare::Comparison,
    detector::Method,
    shared::{Holder, Question, Standing},
};

use super::{ask::Asked, collection::Collection};
use crate::{failure::Failure, fingerprinting::fingerprinting};

impl Collection {
    /// What a submission asks.
    pub(super) fn question(&self, submission: Submission<'_>, scope: Scope) -> Question {
        let detector = self.settings.read().detector;
        fingerprinting(submission.text, |fingerprinter| {
            Question::new(fingerprinter, submission, detector, scope)
        })
    }

    /// What is known, and nothing changed.
    pub(super) async fn answer(&self, question: &Question) -> Result<Answer, Failure> {
        let mut said = Asked::by(question, &self.keys).read(&self.redis).await?;
        let mut counted = question.count(&said.lists);
        let candidates = question.candidates(&said.lists, &counted);
        let found = self.articles.fetch(&self.redis, &candidates, false).await?;
        let decided = found.into_iter().filter(|found| found.is_decided);
        let articles: Vec<_> = decided.map(|found| found.article).collect();
        let gone = candidates.iter().map(|gone| (*gone, Standing::Gone));
        let known = articles
            .iter()
            .map(|article| (article.sequence(), Standing::of(article)));
        if said.lists.settle(&gone.chain(known).collect()) {
            counted = question.count(&said.lists);
        }
        let mut answer = question
            .decide(&counted, &articles, &self.counts.stories)
            .answer;
        self.choose_story(question, &counted, &mut answer).await?;
        let canonical = self.canonical(&answer, None).await?;
        answer.tell_canonical(question.id(), |other| {
            canonical.get(&other.cluster()).cloned()
        });
        Ok(answer)
    }

    /// What is near a SimHash, nearest first, and whether there is more.
    pub(super) async fn near(
        &self,
        simhash: SimHash,
        distance: u32,
        except: Option<&Article>,
        limit: usize,
    ) -> Result<(Vec<Match>, bool), Failure> {
        let said = Asked::around(simhash, distance, &self.keys)
            .read(&self.redis)
            .await?;
        let bits = |(other, sequence): (SimHash, u64)| (simhash.distance(other), other, sequence);
        let mut near: Vec<_> = said.lists.near.into_iter().map(bits).collect();
        near.retain(|(bits, ..)| *bits <= distance);
        near.sort_unstable();
        near.dedup();
        near.truncate(limit + 2);
        let sequences: Vec<_> = near.iter().map(|(.., sequence)| *sequence).collect();
        let found = self.articles.fetch(&self.redis, &sequences, false).await?;
        let decided = found.into_iter().filter(|found| found.is_decided);
        let mut others: Vec<_> = decided.map(|found| found.article).collect();
        others.retain(|article| except.is_none_or(|except| except.id != article.id));
        let stories: BTreeSet<_> = others.iter().map(|article| article.cluster()).collect();
        let firsts = self
            .firsts_of(&stories.into_iter().collect::<Vec<_>>())
            .await?;
        let matches = others.into_iter().map(|article| Match {
            canonical_id: match firsts.get(&article.cluster()) {
                Some(first) => first.clone(),
                None => article.id.clone(),
            },
            relation: Relation::NearDuplicate,
            evidence: Evidence {
                hamming: Some(simhash.distance(article.fingerprint.simhash)),
                ..Evidence::default()
            },
            article,
        });
        let mut matches: Vec<_> = matches.collect();
        matches.sort_by_key(|found| (found.evidence.hamming, found.article.sequence()));
        let truncated = matches.len() > limit;
        matches.truncate(limit);
        Ok((matches, truncated))
    }

    /// The one beside the other.
    pub(super) async fn compared(
        &self,
        a: Compared<'_>,
        b: Compared<'_>,
    ) -> Result<Comparison, Failure> {
        let detector = self.settings.read().detector;
        let hashes = match detector.method {
            Method::Full => tokio::task::block_in_place(|| a.posts(&detector)),
            Method::SimHashOnly => Vec::new(),
        };
        let said = Asked::holders(&hashes, &self.keys)
            .read(&self.redis)
            .await?;
        let stories =
            |list: &Vec<Holder>| list.iter().filter(|holder| holder.is_story).count() as u32;
        let counts = said.lists.postings.iter().map(stories);
        let posted: HashMap<_, _> = hashes.iter().copied().zip(counts).collect();
        let posted = |hash| posted.get(&hash).copied().unwrap_or_default();
        Ok(tokio::task::block_in_place(|| {
            Compared::compare([&a, &b], &detector, &self.counts.stories, posted)
        }))
    }
}
