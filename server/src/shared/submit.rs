//! Check-and-add, in two round trips: the article is appended to its lists, which say who was there before;
//! what is not remembered of these is fetched; then what was decided is written down.

use std::{sync::Arc, time::Duration};

use basma_engine::{
    Answer, Article,
    shared::{Counted, Decided, Question, Standing},
};
use basma_redis::{Command, Value};
use foldhash::HashMap;
use futures_util::future::join_all;

use super::{
    articles::Found,
    ask::{Asked, Said},
    calendar,
    collection::{Collection, life_of},
    ids,
    order::{self, Came},
    reply,
    waiting::Waited,
};
use crate::{failure::Failure, registry::now};

/// So often a submission begins anew because another of the same id came between, or did not wait for it.
const ATTEMPTS: usize = 16;

/// Between two attempts to take out what was replaced.
const PAUSE: Duration = Duration::from_secs(1);

/// What has become of an article that came before.
enum Fate {
    Decided(Arc<Article>),
    /// It is not decided, and has nothing to do with the text.
    Another,
    Gone,
    /// Who has waited for it has to begin anew.
    Anew,
}

/// What a submission that has begun knows.
pub(super) struct Begun<'a> {
    pub(super) question: &'a Question,
    pub(super) asked: &'a Asked,
    /// The hashes that it posts.
    posted: Vec<u32>,
    pub(super) sequence: u64,
    /// What stood under the id: nothing, or a sequence, which may be that of an attempt that was given up.
    pub(super) named: Vec<u8>,
    /// The article that had the id.
    pub(super) old: Option<Arc<Article>>,
}

impl Collection {
    /// Check-and-add.
    pub(super) async fn admit(
        &self,
        question: &Question,
        text: Option<&[u8]>,
    ) -> Result<Answer, Failure> {
        for _ in 0..ATTEMPTS {
            if let Some(answer) = self.attempt(question, text).await? {
                return Ok(answer);
            }
        }
        let message = "others submit other texts under the same id all the time";
        Err(Failure::busy(message))
    }

    /// `None` if it has to begin anew.
    async fn attempt(
        &self,
        question: &Question,
        text: Option<&[u8]>,
    ) -> Result<Option<Answer>, Failure> {
        let sequence = self.stamps.next();
        let _under_way = self.articles.under_way.begin(sequence);
        let asked = Asked::nearby(question, &self.keys);
        let attempted = self.attempt_as(question, text, (&asked, sequence)).await;
        if attempted.is_err() {
            // As far as it can be done now, also where nobody waits any more: who submits it again need not wait
            // for what is left of this, and must not be told of it before it is undone. What is decided stays:
            // others may have been told of it, and who submits it again is told what was decided.
            let (collection, remove) = (self.clone(), asked.remove(sequence));
            let undone = tokio::spawn(async move {
                let redis = &collection.redis;
                let decided = collection.articles.decided_by_now(redis, sequence).await;
                if matches!(decided, Ok(None)) {
                    let _as_far_as_possible = redis.write(remove).await;
                }
            });
            let _no_panic = undone.await;
        }
        attempted
    }

    /// Takes out of the tables the article that has lost its id to another; goes on trying for a while.
    pub(super) async fn replace(&self, old: &Article, new: &Article) {
        let stays = old.cluster() == new.cluster();
        let left = match self.redis.write(self.removal(old, stays)).await {
            Ok(mut replies) => !stays && replies.pop().is_some_and(|left| left == Value::Int(1)),
            Err(_) => {
                let (redis, removal) = (Arc::clone(&self.redis), self.removal(old, stays));
                tokio::spawn(async move {
                    for _ in 0..ATTEMPTS {
                        tokio::time::sleep(PAUSE).await;
                        if redis.write(removal.clone()).await.is_ok() {
                            return;
                        }
                    }
                });
                false
            }
        };
        self.counts.withdraw(old, left);
    }

    async fn attempt_as(
        &self,
        question: &Question,
        text: Option<&[u8]>,
        (asked, sequence): (&Asked, u64),
    ) -> Result<Option<Answer>, Failure> {
        let redis = &*self.redis;
        let settings = *self.settings.read();
        let simhash = question.fingerprint().simhash;
        let mut commands = asked.append(simhash, sequence, settings.life());
        commands.push(self.articles.pending(&question.undecided(sequence)));
        commands.push(ids::ask(&self.keys, question.id()));
        let mut replies = redis.write(commands).await?;
        let named = reply::bytes(replies.pop().unwrap_or(Value::Nil))?;
        replies.truncate(asked.len());
        let mut said = asked.said(replies)?;
        // Only now that others find this one: see `order`.
        if let Some(beyond) = Asked::beyond(question, &self.keys) {
            let beyond = beyond.read(redis).await?;
            said.lists.near.extend(beyond.lists.near);
        }

        // Whoever has the id now, and who was there before.
        let old = ids::read(&named);
        let mut counted = question.count(&said.lists);
        let mut sequences = question.candidates(&said.lists, &counted);
        sequences.retain(|other| *other != sequence);
        sequences.extend(old);
        let found = self.articles.fetch(redis, &sequences, true).await?;
        let is_own = |found: &&Found| &*found.article.id == question.id();
        let has_id = |found: &&Found| is_own(found) && Some(found.article.sequence()) == old;
        let old = found.iter().find(has_id).map(|found| &found.article);
        let mut begun = Begun {
            question,
            asked,
            posted: question.asked(),
            sequence,
            named,
            old: old.cloned(),
        };
        begun.posted.truncate(question.posted());
        let mut same = found
            .iter()
            .filter(is_own)
            .filter(|found| found.article.fingerprint.exact == question.fingerprint().exact);
        // The one that has the id; or else one whose attempt is under way or has failed: if an older text has the
        // id, only a revision of that which was decided.
        let same = same.find(|found| match old {
            Some(old) if old.sequence() == found.article.sequence() => true,
            Some(old) => found.is_decided && found.article.revision > old.revision,
            None => Self::came(found, &begun, &said) == Came::Earlier,
        });
        if let Some(same) = same {
            return self.first_answer(&begun, same, text).await;
        }
        if begun.old.is_none() {
            // Or one that has lost the id to an attempt that was then undone.
            let mut own = found.iter().filter(is_own).filter(|found| found.is_decided);
            begun.old = own.next_back().map(|found| Arc::clone(&found.article));
        }
        let mut learned: HashMap<_, _> = sequences
            .iter()
            .map(|gone| (*gone, Standing::Gone))
            .collect();
        let others = self
            .earlier(&begun, (&said, &counted), found, &mut learned)
            .await?;
        let Some(others) = others else {
            self.redis.write(self.undo(asked, sequence)).await?;
            return Ok(None);
        };
        if said.lists.settle(&learned) {
            counted = question.count(&said.lists);
        }
        let mut decided = question.decide(&counted, &others, &self.counts.stories);
        self.choose_story(question, &counted, &mut decided.answer)
            .await?;
        self.write(begun, decided, text).await
    }

    fn came(other: &Found, begun: &Begun<'_>, said: &Said) -> Came {
        let Begun {
            question,
            posted,
            sequence,
            ..
        } = begun;
        let is_decided = other.is_decided;
        order::came(
            &other.article,
            is_decided,
            question,
            posted,
            *sequence,
            said,
        )
    }

    /// Those of the articles that came before, each of which is decided; `None` if the attempt has to begin anew. Of all,
    /// which are taken for gone at first, it is learned what they are.
    async fn earlier(
        &self,
        begun: &Begun<'_>,
        (said, counted): (&Said, &Counted),
        found: Vec<Found>,
        learned: &mut HashMap<u64, Standing>,
    ) -> Result<Option<Vec<Arc<Article>>>, Failure> {
        let (mut earlier, mut undecided) = (Vec::new(), Vec::new());
        for other in found {
            let came = Self::came(&other, begun, said);
            let sequence = other.article.sequence();
            if &*other.article.id == begun.question.id() {
                learned.remove(&sequence);
                continue;
            }
            match came {
                Came::Later => {}
                _ if other.is_decided => {
                    learned.insert(sequence, Standing::of(&other.article));
                    earlier.push(other.article);
                }
                came => undecided.push((came, other)),
            }
        }
        let decided = undecided.into_iter().map(|(came, other)| async move {
            let sequence = other.article.sequence();
            // Only who matches is waited for: to which story the text belongs depends on it.
            let alone = [Arc::clone(&other.article)];
            let stories = &self.counts.stories;
            let decided = begun.question.decide(counted, &alone, stories);
            if decided.answer.matches.is_empty() {
                return Ok((sequence, Fate::Another));
            }
            let (articles, own) = (&self.articles, Some(begun.sequence));
            let waited = match came {
                Came::Unsettled => articles.decided_by_now(&self.redis, sequence).await?.into(),
                _ => articles.decided(&self.redis, sequence, own).await?,
            };
            let fate = match waited {
                Waited::Decided(found) => Fate::Decided(found.article),
                Waited::Gone => Fate::Gone,
                Waited::Anew => Fate::Anew,
            };
            Ok::<_, Failure>((sequence, fate))
        });
        for fate in join_all(decided).await {
            match fate? {
                (sequence, Fate::Decided(article)) => {
                    learned.insert(sequence, Standing::of(&article));
                    earlier.push(article);
                }
                (sequence, Fate::Another) => {
                    learned.remove(&sequence);
                }
                (_, Fate::Gone) => {}
                (_, Fate::Anew) => return Ok(None),
            }
        }
        Ok(Some(earlier))
    }

    /// What else is written of an article that is decided: that it is no story of its own, its text, and when it came.
    pub(super) fn rest(
        &self,
        asked: &Asked,
        article: &Article,
        text: Option<&[u8]>,
    ) -> Vec<Command> {
        let (settings, sequence) = (*self.settings.read(), article.sequence());
        let mut commands = Vec::new();
        if !article.is_story {
            commands.extend(asked.mark(sequence));
        }
        let life = life_of(&settings, article, now());
        commands.extend(text.map(|text| self.keep(sequence, text, life)));
        let note = calendar::note(&self.keys, &self.noted, sequence, settings.life());
        commands.extend(note);
        commands
    }

    /// The commands that undo what an attempt has begun.
    pub(super) fn undo(&self, asked: &Asked, sequence: u64) -> Vec<Command> {
        let mut commands = asked.remove(sequence);
        commands.push(self.articles.gone(sequence));
        commands
    }

    /// Writes down what was decided.
    async fn write(
        &self,
        begun: Begun<'_>,
        decided: Decided,
        text: Option<&[u8]>,
    ) -> Result<Option<Answer>, Failure> {
        let Begun {
            question,
            asked,
            sequence,
            old,
            ..
        } = &begun;
        let (sequence, old) = (*sequence, old.as_deref());
        let settings = *self.settings.read();
        let article = Arc::new(question.article(sequence, old, &decided));
        let life = life_of(&settings, &article, now());
        let before = self.counts.stories.usual();
        let give = ids::give(&self.keys, question.id(), &begun.named, sequence, life);
        let mut commands = vec![give, self.articles.decide(&article, before, life)];
        let mut matched = decided.answer.matches.iter().map(|found| &found.article);
        if let Some(known) = matched.find(|known| known.cluster() == article.cluster()) {
            let first = self.first_member(known).await?;
            commands.push(self.join(&article, &first));
        }
        let answered = commands.len();
        let clusters = Self::clusters(&decided.answer, None);
        commands.extend(clusters.iter().map(|cluster| self.first_of(*cluster)));
        commands.extend(self.rest(asked, &article, text));
        let mut replies = self.redis.write(commands).await?;
        self.noted.note(sequence);
        let firsts = replies.split_off(answered);
        let mut replies = replies.into_iter();
        let named = ids::read(&reply::bytes(replies.next().unwrap_or(Value::Nil))?);
        let is_decided = reply::number(replies.next().unwrap_or(Value::Nil))? == 1;
        if named != Some(sequence) || !is_decided {
            // Another took the id, or somebody has given up waiting for this one.
            self.redis.write(self.undo(asked, sequence)).await?;
            return Ok(None);
        }
        let mut story = replies
            .next()
            .map_or_else(|| Ok(Vec::new()), reply::several)?
            .into_iter();
        let first = story.next().map(reply::text).transpose()?;
        let was_added = story.next().map_or(Ok(0), reply::number)? == 1;
        let mut canonical = Self::firsts(&clusters, firsts)?;
        if let Some(first) = first {
            canonical.insert(article.cluster(), first.into());
        }
        let mut answer = decided.answer;
        answer.tell_canonical(&article.id, |other| {
            canonical.get(&other.cluster()).cloned()
        });
        answer.revision = article.revision;
        self.counts.admit(&article, decided.specificity, was_added);
        if let Some(old) = old {
            // Only now: what is not decided replaces nothing.
            self.replace(old, &article).await;
        }
        self.articles.remember(&article);
        Ok(Some(answer))
    }
}
