//! An index that several processes share: its tables are elsewhere, and what they say becomes the same
//! answers as those of a [`Collection`](crate::Collection).
//!
//! Whoever keeps the tables asks for [`Question::asked`], the exact hash and the SimHash, has these
//! [counted](Question::count), fetches the [`Question::candidates`] among the articles that they lead to, has the
//! lists [settled](Lists::settle) by what these are, and has it [decided](Question::decide).

use std::sync::Arc;

use foldhash::HashMap;

use crate::{
    age::{Scope, Window},
    answer::{Answer, Match, Verdict},
    collection::{Submission, admitted},
    detector::{Detector, Method},
    evidence::Side,
    fingerprint::{Content, Fingerprint, Fingerprinter, ShingleSet, SimHash, StoredContent},
    index::{
        Slot,
        articles::{Article, Metadata, Timestamp},
        postings::{Holders, MOST},
        stories::Stories,
    },
    measured::Measured,
    passages::passages,
    query::{Query, Sharing, most_candidates},
    rarity::Rarity,
};

mod article;
mod lists;

pub use crate::story::MOST_MEMBERS;
pub use lists::{Holder, Lists, Standing};

/// With a window, so many articles that share hashes are fetched to see which are within.
const MOST_WITHIN: usize = 512;

/// At least so many articles near a SimHash are looked at.
const SPARE: usize = 16;

/// A text, and all that is needed to decide about it when the tables have answered.
#[derive(Debug)]
pub struct Question {
    id: Box<str>,
    metadata: Metadata,
    now: Timestamp,
    fingerprint: Fingerprint,
    content: Option<StoredContent>,
    shingles: ShingleSet,
    detector: Detector,
    scope: Scope,
}

/// Who shares hashes with a text, and in how many stories each hash stands.
#[derive(Debug)]
pub struct Counted {
    sharing: Sharing<u64>,
    stories: Vec<u32>,
}

/// What is decided about a text.
#[derive(Debug)]
pub struct Decided {
    /// The answer, its canonical articles still to be told.
    pub answer: Answer,
    /// See [`Article::is_story`].
    pub is_story: bool,
    /// How rare the text's shingles are: see [`Stories::observe`].
    pub specificity: f64,
}

impl Question {
    /// About a text that is submitted or checked.
    pub fn new(
        fingerprinter: &mut Fingerprinter,
        submission: Submission<'_>,
        detector: Detector,
        scope: Scope,
    ) -> Self {
        let Submission {
            id,
            text,
            metadata,
            now,
        } = submission;
        let fingerprint = fingerprinter.fingerprint(&metadata.title, text, &detector);
        let side = fingerprinter.side(&fingerprint, None);
        Self {
            id: id.into(),
            metadata: metadata.clone(),
            now,
            fingerprint,
            content: side.content.map(Content::to_stored),
            shingles: fingerprinter.shingles().clone(),
            detector,
            scope,
        }
    }

    /// About an indexed article, from what the index remembers of it.
    pub fn again(article: &Article, detector: Detector, limit: usize) -> Self {
        let shingles = article
            .content()
            .map(|content| ShingleSet::from(content.sketch));
        Self {
            id: article.id.clone(),
            metadata: article.metadata.clone(),
            now: article.first_seen,
            fingerprint: article.fingerprint,
            content: article.content.clone(),
            shingles: shingles.unwrap_or_default(),
            detector,
            scope: limit.into(),
        }
    }

    /// The id that the text is submitted under.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the text became.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// How the collection decides.
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    /// The hashes whose holders are asked for.
    pub fn asked(&self) -> Vec<u32> {
        let content = self.side().content;
        content
            .iter()
            .flat_map(|content| content.sketch.hashes())
            .collect()
    }

    /// So many of [`Question::asked`], from the first on, the text's own article posts.
    pub fn posted(&self) -> usize {
        let content = self.side().content;
        content
            .iter()
            .flat_map(|content| content.sketch.posted())
            .count()
    }

    /// The articles that are worth fetching, each once; `counted` is of the same lists.
    pub fn candidates(&self, lists: &Lists, counted: &Counted) -> Vec<u64> {
        let mut chosen = Vec::new();
        if self.fingerprint.tokens == 0 {
            return chosen;
        }
        // One more for the text's own article, and one more to know whether there are more.
        let most = self.scope.limit + 2;
        let (same, sharing) = match self.scope.window {
            None => (most, most_candidates(self.scope.limit)),
            Some(_) => {
                let sharing = MOST_WITHIN.max(most_candidates(self.scope.limit));
                (lists.same.len(), sharing)
            }
        };
        chosen.extend(lists.same.iter().take(same));
        chosen.extend(self.near(&lists.near, most));
        if self.detector.method == Method::Full {
            let shared = &counted.sharing;
            chosen.extend(shared.candidates(self.side(), sharing, |_| true));
        }
        let mut seen = foldhash::HashSet::default();
        chosen.retain(|sequence| seen.insert(*sequence));
        chosen
    }

    /// Who has one of the fingerprints within the distance, nearest and oldest first.
    fn near(&self, near: &[(SimHash, u64)], most: usize) -> Vec<u64> {
        if self.fingerprint.tokens < Detector::MIN_TOKENS {
            return Vec::new();
        }
        let bits = |(other, sequence): &(SimHash, u64)| {
            let bits = self.fingerprint.simhash.distance(*other);
            (bits <= self.detector.distance).then_some((bits, *other, *sequence))
        };
        let mut within: Vec<_> = near.iter().filter_map(bits).collect();
        within.sort_unstable();
        within.dedup();
        let alike = within.chunk_by(|(_, one, _), (_, other, _)| one == other);
        let each = alike.flat_map(|alike| alike.iter().take(most));
        let each = each.map(|(.., sequence)| *sequence);
        each.take(most.max(SPARE)).collect()
    }

    /// Counts who shares hashes, once for all decisions.
    pub fn count(&self, lists: &Lists) -> Counted {
        let (mut sharing, mut found) = (Sharing::default(), Vec::new());
        let stories = lists.postings.iter().map(|list| {
            let mut holders = Holders::default();
            found.clear();
            // As an index keeps them: the latest of either kind.
            for holder in list.iter().rev() {
                let count = match holder.is_story {
                    true => &mut holders.stories,
                    false => &mut holders.copies,
                };
                if *count < MOST as u32 {
                    *count += 1;
                    found.push(holder.sequence);
                }
            }
            sharing.add(&found);
            sharing.looked_at(holders);
            holders.stories
        });
        let stories = stories.collect();
        Counted { sharing, stories }
    }

    /// What follows from the candidates that are there. Of each match the canonical article is still to be
    /// told: see [`Answer::tell_canonical`].
    pub fn decide(
        &self,
        counted: &Counted,
        candidates: &[Arc<Article>],
        stories: &Stories,
    ) -> Decided {
        let query = self.query(counted, stories);
        let judge = |article: &Arc<Article>| {
            let known = || Some(Arc::clone(article));
            query.judge(article.side(), article.first_seen, known, |other| {
                other.id.clone()
            })
        };
        let mut measured = Measured::for_so_many(query.limit);
        for other in candidates {
            let which = counted.sharing.which(other.sequence());
            measured.measure(which, || judge(other));
        }
        let matches = measured.matches();
        Decided {
            is_story: !Query::is_copy(&matches),
            specificity: query.rarity.specificity(),
            answer: query.conclude(matches),
        }
    }

    /// Chooses the story of a text among those of [`Answer::wholes`], whose members these are.
    pub fn choose_story(
        &self,
        answer: &mut Answer,
        counted: &Counted,
        members: &HashMap<u64, Vec<Arc<Article>>>,
        stories: &Stories,
    ) {
        let query = self.query(counted, stories);
        answer.choose_story(&query, |article| {
            members.get(&article.cluster).cloned().unwrap_or_default()
        });
    }

    fn query<'a>(&'a self, counted: &Counted, stories: &'a Stories) -> Query<'a> {
        let window = self.scope.window;
        Query {
            side: self.side(),
            shingles: &self.shingles,
            detector: self.detector,
            id: &self.id,
            limit: self.scope.limit,
            window: window.map(|age| Window::around(age, &self.metadata, self.now)),
            rarity: Rarity::new(
                self.side().content,
                stories,
                counted.stories.iter().copied(),
            ),
            may_be_more: counted.sharing.may_be_more(self.scope.limit),
        }
    }

    /// The article that the text is before anything is decided about it.
    pub fn undecided(&self, sequence: u64) -> Article {
        let nothing = Decided {
            is_story: true,
            specificity: 1.0,
            answer: Answer {
                verdict: Verdict::New,
                canonical_id: None,
                story: None,
                fingerprint: self.fingerprint,
                matches: Vec::new(),
                truncated: false,
                resubmission: false,
                revision: 0,
            },
        };
        self.article(sequence, None, &nothing)
    }

    /// The article that the text becomes; in the place of `old`, if its id had another text.
    pub fn article(&self, sequence: u64, old: Option<&Article>, decided: &Decided) -> Article {
        let submission = Submission {
            id: &self.id,
            text: "",
            metadata: &self.metadata,
            now: self.now,
        };
        let (told, is_story) = (&decided.answer, decided.is_story);
        admitted(
            (Slot::NONE, sequence),
            &submission,
            old,
            told,
            self.side(),
            is_story,
        )
    }

    /// What the submission of an article was told, for one with the same text; `others` are the articles of
    /// [`Article::matched`] that are left.
    pub fn first_answer(&self, article: &Article, others: &[Arc<Article>]) -> Answer {
        let matches = article.first_matches.iter().filter_map(|first| {
            let other = others
                .iter()
                .find(|other| other.sequence == first.sequence)?;
            let passages = passages(&self.shingles, other.content());
            Some(Match {
                canonical_id: other.id.clone(),
                relation: first.relation,
                evidence: first.evidence.unpack(passages),
                article: Arc::clone(other),
            })
        });
        Answer {
            verdict: article.verdict,
            story: Some(article.cluster),
            canonical_id: None,
            fingerprint: article.fingerprint,
            truncated: article.truncated || article.first_matches.iter().count() > self.scope.limit,
            matches: matches.take(self.scope.limit).collect(),
            resubmission: true,
            revision: article.revision,
        }
    }

    fn side(&self) -> Side<'_> {
        Side {
            fingerprint: &self.fingerprint,
            content: self.content.as_ref().map(StoredContent::read),
            published: self.metadata.published,
        }
    }
}

impl Answer {
    /// Says which is the canonical article of each match, and so of the text, whose id is `own`.
    pub fn tell_canonical(&mut self, own: &str, canonical: impl Fn(&Article) -> Option<Box<str>>) {
        for found in &mut self.matches {
            if let Some(id) = canonical(&found.article) {
                found.canonical_id = id;
            }
        }
        self.name_canonical(own);
    }
}
