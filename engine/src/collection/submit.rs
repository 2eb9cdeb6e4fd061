//! Check, and check-and-add.

use std::sync::{Arc, atomic::Ordering};

use super::{Collection, VERDICTS};
use crate::{
    age::{Scope, Window},
    answer::{Answer, Match, Verdict},
    detector::Detector,
    evidence::Side,
    fingerprint::{Content, Fingerprint, Fingerprinter, ShingleSet},
    index::{
        Slot,
        articles::{Article, Metadata, Timestamp},
        first_matches::FirstMatch,
    },
    journal::Journal,
    passages::passages,
    query::Query,
    story::MOST_MEMBERS,
};

/// The collection holds 2^32 - 1 articles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexFull;

/// An article to submit or to check.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The caller's name for it; not empty, save to check.
    pub id: &'a str,
    /// Its text.
    pub text: &'a str,
    /// What else is said of it.
    pub metadata: &'a Metadata,
    /// The time of the submission.
    pub now: Timestamp,
}

impl Collection {
    /// Says what is known of an article, and changes nothing. An indexed article of the same id is not
    /// reported; an empty id excludes none.
    pub fn check(
        &self,
        fingerprinter: &mut Fingerprinter,
        submission: Submission<'_>,
        scope: impl Into<Scope>,
    ) -> Answer {
        let Scope { limit, window } = scope.into();
        let detector = self.detector();
        let Submission {
            id, metadata, now, ..
        } = submission;
        let fingerprint = fingerprinter.fingerprint(&metadata.title, submission.text, &detector);
        let side = fingerprinter.side(&fingerprint, metadata.published);
        let mut asked = self.ask(detector, side, fingerprinter.shingles(), id, limit);
        asked.query.window = window.map(|age| Window::around(age, metadata, now));
        let matches = self.search(&asked);
        self.conclude(&asked.query, matches)
    }

    /// The answer that follows from all matches.
    fn conclude(&self, query: &Query<'_>, matches: Vec<Match>) -> Answer {
        let mut answer = query.conclude(matches);
        answer.choose_story(query, |article| self.cluster(article, 0, MOST_MEMBERS).0);
        answer
    }

    /// Says what is known of an article and adds it, in one step: of any number of concurrent
    /// submissions of copies of one text exactly one is told NEW. The same text under the same id gets
    /// the first answer again; a changed text replaces the old one.
    ///
    /// `journal` is told of the change, if there is one, before this returns.
    ///
    /// # Errors
    ///
    /// [`IndexFull`], and then nothing has changed.
    pub fn submit(
        &self,
        fingerprinter: &mut Fingerprinter,
        submission: Submission<'_>,
        scope: impl Into<Scope>,
        journal: &dyn Journal,
    ) -> Result<Answer, IndexFull> {
        // Held to the end: settings that shape fingerprints must not change under way.
        let settings = self.detector.read();
        let title = &submission.metadata.title;
        let fingerprint = fingerprinter.fingerprint(title, submission.text, &settings);
        self.submit_fingerprint(
            *settings,
            fingerprinter,
            fingerprint,
            submission,
            scope.into(),
            journal,
        )
    }

    /// As [`Collection::submit`], with what `fingerprinter` made of the text last, by the same settings:
    /// for a caller that fingerprints many texts at once and submits them in an order of its own, and
    /// writes nothing down.
    ///
    /// # Errors
    ///
    /// [`IndexFull`], and then nothing has changed.
    pub fn submit_fingerprinted(
        &self,
        fingerprinter: &Fingerprinter,
        fingerprint: Fingerprint,
        submission: Submission<'_>,
        limit: usize,
    ) -> Result<Answer, IndexFull> {
        let settings = self.detector.read();
        self.submit_fingerprint(
            *settings,
            fingerprinter,
            fingerprint,
            submission,
            limit.into(),
            &(),
        )
    }

    fn submit_fingerprint(
        &self,
        detector: Detector,
        fingerprinter: &Fingerprinter,
        fingerprint: Fingerprint,
        submission: Submission<'_>,
        scope: Scope,
        journal: &dyn Journal,
    ) -> Result<Answer, IndexFull> {
        let Scope { limit, window } = scope;
        let Submission {
            id, metadata, now, ..
        } = submission;
        let side = fingerprinter.side(&fingerprint, metadata.published);
        let shingles = fingerprinter.shingles();
        let locked = self.lock_id(id).lock();
        let old = self.articles.get_by_id(id);
        if let Some(old) = &old
            && old.fingerprint.exact == fingerprint.exact
        {
            return Ok(self.first_answer(old, shingles, limit));
        }

        let slot = self.slots.take().ok_or(IndexFull)?;
        let mut search = self.arrivals.open();
        let mut asked = self.ask(detector, side, shingles, id, limit);
        asked.query.window = window.map(|age| Window::around(age, metadata, now));
        let mut matches = self.search(&asked);
        let query = &asked.query;
        matches.extend(
            search
                .missed()
                .iter()
                .filter_map(|other| self.judge(query, other)),
        );
        let specificity = query.rarity.specificity();
        let mut answer = None;
        let article = search.admit(|sequence, missed| {
            matches.extend(missed.filter_map(|other| self.judge(query, other)));
            let is_story = !Query::is_copy(&matches);
            let told = answer.insert(self.conclude(query, std::mem::take(&mut matches)));
            let mut known = told.matches.iter().map(|found| &found.article);
            let story = known.find(|known| Some(known.cluster) == told.story);
            let story = story.map(Arc::clone);
            let article = Arc::new(admitted(
                (slot, sequence),
                &submission,
                old.as_deref(),
                told,
                side,
                is_story,
            ));
            // Here, because whoever is admitted next may be told of it, and of its story's first article.
            self.articles.insert(&article);
            if let Some(known) = story {
                self.join(&known, old.as_deref(), slot);
            }
            // Under the lock as well: the mean and the journal's order are those of admission.
            let usual = self.observe(&article, specificity);
            journal.admitted(&article, old.as_ref(), usual);
            article
        });
        self.enter(&article);
        drop(search);
        // Only now: between two revisions of an article there must be no moment in which others find
        // neither.
        if let Some(old) = &old {
            self.withdraw(old);
        }
        drop(locked);
        self.count(article.verdict);
        self.articles.spill();
        let answer = answer.unwrap_or_else(|| query.conclude(Vec::new()));
        Ok(Answer {
            revision: article.revision,
            ..answer
        })
    }

    /// What the submission of an article was told, for one with the same text, whose shingles these are.
    fn first_answer(&self, article: &Arc<Article>, shingles: &ShingleSet, limit: usize) -> Answer {
        let matches = article.first_matches.iter().filter_map(|first| {
            let other = self.articles.get(first.slot)?;
            let passages = passages(shingles, other.content());
            (other.sequence == first.sequence).then(|| Match {
                canonical_id: self.canonical_id(&other),
                relation: first.relation,
                evidence: first.evidence.unpack(passages),
                article: other,
            })
        });
        let matches: Vec<_> = matches.take(limit).collect();
        let canonical_id = self.canonical_id(article);
        Answer {
            verdict: article.verdict,
            story: Some(article.cluster),
            canonical_id: (canonical_id != article.id).then_some(canonical_id),
            fingerprint: article.fingerprint,
            truncated: article.truncated || article.first_matches.iter().count() > limit,
            matches,
            resubmission: true,
            revision: article.revision,
        }
    }

    /// Takes the specificity of an article that is a story into the mean, and returns that.
    pub(super) fn observe(&self, article: &Article, specificity: f64) -> f64 {
        match article.is_story && article.content.is_some() {
            true => self.stories.observe(specificity),
            false => self.stories.usual(),
        }
    }

    pub(super) fn count(&self, verdict: Verdict) {
        if let Some(n) = VERDICTS.iter().position(|other| *other == verdict) {
            self.verdicts[n].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The article that a submission becomes.
pub(crate) fn admitted(
    (slot, sequence): (Slot, u64),
    submission: &Submission<'_>,
    old: Option<&Article>,
    told: &Answer,
    side: Side<'_>,
    is_story: bool,
) -> Article {
    let cluster = told.story.unwrap_or(sequence);
    let revised = old.filter(|old| old.cluster == cluster);
    Article {
        id: submission.id.into(),
        metadata: submission.metadata.clone(),
        first_seen: old.map_or(submission.now, |old| old.first_seen),
        revision: old.map_or(1, |old| old.revision.saturating_add(1)),
        fingerprint: *side.fingerprint,
        content: side.content.map(Content::to_stored),
        verdict: told.verdict,
        slot,
        sequence,
        cluster,
        standing: revised.map_or(sequence, |old| old.standing),
        first_matches: told.matches.iter().map(FirstMatch::from).collect(),
        truncated: told.truncated,
        is_story,
    }
}
