//! Check-and-add, in two round trips: the article is appended to its lists, which say who was there before;
//! what is not remembered of these is fetched; then what was decided is written down.

use std::{collections::HashMap, sync::Arc, time::Duration};

use basma_engine::{
    Answer, Article,
    shared::{Counted, Decided, Question, Standing},
};
use basma_redis::{Command, Script, Value, cmd};
use futures_util::{TryFutureExt as _, future::join_all};

use super::{
    articles::{self, Found},
    ask::{Asked, Said},
    calendar,
    collection::{Collection, life_of},
    order::{self, Came},
    reply,
};
use crate::{failure::Failure, registry::now};

/// So often a submission begins anew because another of the same id came between, or did not wait for it.
const ATTEMPTS: usize = 16;

/// Between two attempts to take out what was replaced.
const PAUSE: Duration = Duration::from_secs(1);

/// Gives an id to an article, if it still has the one that was known. Returns which it has.
pub(super) static NAME: Script = Script::new(
    r"
local now = redis.call('GET', KEYS[1]) or ''
if now == ARGV[1] or now == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2])
  if tonumber(ARGV[3]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
  return ARGV[2]
end
return now
",
);

/// Adds an article to a story, of which the first may be known; returns who is the first, and 1 if the article
/// was added to others.
static JOIN: Script = Script::new(
    r"
if ARGV[1] ~= '' and redis.call('EXISTS', KEYS[1]) == 0 then redis.call('RPUSH', KEYS[1], ARGV[1]) end
local added = 0
if not redis.call('LPOS', KEYS[1], ARGV[2], 'RANK', -1, 'MAXLEN', 10000) then
  if redis.call('RPUSH', KEYS[1], ARGV[2]) > 1 then added = 1 end
end
if tonumber(ARGV[3]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return {redis.call('LINDEX', KEYS[1], 0), added}
",
);

/// What has become of an article that came before.
enum Fate {
    Decided(Arc<Article>),
    /// It is not decided, and has nothing to do with the text.
    Another,
    Gone,
}

/// What a submission that has begun knows.
struct Begun<'a> {
    question: &'a Question,
    asked: &'a Asked,
    /// The hashes that it posts.
    posted: Vec<u32>,
    sequence: u64,
    /// What stood under the id: nothing, or a sequence, which may be that of an attempt that was given up.
    named: Vec<u8>,
    /// The article that had the id.
    old: Option<Arc<Article>>,
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

    /// Takes out of the tables the article that has lost its id to another; goes on trying for a while. Says whether a
    /// story has one article less beside its first.
    async fn replace(&self, old: &Article, stays: bool) -> bool {
        match self.redis.write(self.removal(old, stays)).await {
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
        }
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
        commands.push(self.articles.of_id(question.id()));
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
        let old = articles::sequence(&named);
        let mut counted = question.count(&said.lists);
        let mut sequences = question.candidates(&said.lists, &counted);
        sequences.retain(|other| *other != sequence);
        sequences.extend(old);
        let found = self.articles.fetch(redis, &sequences, true).await?;
        let is_own = |found: &&Found| &*found.article.id == question.id();
        let mut begun = Begun {
            question,
            asked,
            posted: question.asked(),
            sequence,
            named,
            old: None,
        };
        begun.posted.truncate(question.posted());
        // The one that has the id; if none has it, one whose attempt is under way or has failed.
        let same = |found: &&Found| {
            is_own(found) && found.article.fingerprint.exact == question.fingerprint().exact
        };
        let has_id = |found: &&Found| is_own(found) && Some(found.article.sequence()) == old;
        let same = match found.iter().find(has_id) {
            Some(named) => Some(named).filter(same),
            None => {
                let mut same = found.iter().filter(same);
                same.find(|same| Self::came(same, &begun, &said) == Came::Earlier)
            }
        };
        if let Some(same) = same {
            let first = self.first_answer(&begun, same, text).await?;
            return Ok(first);
        }
        // Or one that has lost the id to an attempt that was then undone.
        let had_id = |found: &&Found| is_own(found) && found.is_decided;
        let mut own = found.iter().filter(had_id);
        let old = found.iter().find(has_id).or_else(|| own.next_back());
        begun.old = old.map(|found| Arc::clone(&found.article));
        let mut learned: HashMap<_, _> = sequences
            .iter()
            .map(|gone| (*gone, Standing::Gone))
            .collect();
        let others = self
            .earlier(&begun, (&said, &counted), found, &mut learned)
            .await?;
        if said.lists.settle(&learned) {
            counted = question.count(&said.lists);
        }
        let decided = question.decide(&counted, &others, &self.counts.stories);
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

    /// Those of the articles that came before, each of which is decided. Of all, which are taken for gone at first, it is
    /// learned what they are.
    async fn earlier(
        &self,
        begun: &Begun<'_>,
        (said, counted): (&Said, &Counted),
        found: Vec<Found>,
        learned: &mut HashMap<u64, Standing>,
    ) -> Result<Vec<Arc<Article>>, Failure> {
        let (mut others, mut earlier) = (Vec::new(), Vec::new());
        for other in found {
            let came = Self::came(&other, begun, said);
            if &*other.article.id == begun.question.id() {
                learned.remove(&other.article.sequence());
            } else if came != Came::Later {
                others.push((came, other));
            }
        }
        let decided = others.into_iter().map(|(came, other)| async move {
            let sequence = other.article.sequence();
            if other.is_decided {
                return Ok((sequence, Fate::Decided(other.article)));
            }
            // Only who matches is waited for: to which story the text belongs depends on it.
            let alone = [Arc::clone(&other.article)];
            let stories = &self.counts.stories;
            let decided = begun.question.decide(counted, &alone, stories);
            if decided.answer.matches.is_empty() {
                return Ok((sequence, Fate::Another));
            }
            let decided = match came {
                Came::Unsettled => self.articles.decided_by_now(&self.redis, sequence).await,
                _ => {
                    let decided = self.articles.decided(&self.redis, sequence, begun.sequence);
                    decided.await
                }
            };
            let fate = match decided? {
                Some(found) => Fate::Decided(found.article),
                None => Fate::Gone,
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
            }
        }
        Ok(earlier)
    }

    /// The text was submitted under its id before: what it was told then.
    async fn first_answer(
        &self,
        begun: &Begun<'_>,
        same: &Found,
        text: Option<&[u8]>,
    ) -> Result<Option<Answer>, Failure> {
        let undo = self.redis.write(self.undo(begun.asked, begun.sequence));
        let undo = undo.map_err(Failure::from);
        let (_, answer) = tokio::try_join!(undo, self.told_then(begun, same, text))?;
        Ok(answer)
    }

    /// What an article was told; `None` if that was never decided.
    async fn told_then(
        &self,
        begun: &Begun<'_>,
        same: &Found,
        text: Option<&[u8]>,
    ) -> Result<Option<Answer>, Failure> {
        let sequence = same.article.sequence();
        let same = match same.is_decided {
            true => Some(same.clone()),
            // An attempt of the same caller's, perhaps, that has failed: it is not waited for as others are.
            false => self.articles.decided(&self.redis, sequence, 0).await?,
        };
        let Some(Found { article, .. }) = same else {
            return Ok(None);
        };
        let is = sequence.to_be_bytes().to_vec();
        if begun.named != is {
            // Its attempt has failed before it had the id, or is about to give it: all of the rest is done again.
            let life = life_of(&self.settings.read(), &article, now());
            let mut commands = vec![self.name(begun, &is, life)];
            if article.cluster() != sequence {
                let first = self.first_member(&article).await?;
                commands.push(self.join(&article, &first));
            }
            if !article.is_story {
                commands.extend(begun.asked.mark(sequence));
            }
            commands.extend(text.map(|text| self.keep(sequence, text, life)));
            commands.extend(self.note(sequence));
            let named = self.redis.write(commands).await?.into_iter().next();
            if reply::bytes(named.unwrap_or(Value::Nil))? != is {
                return Ok(None);
            }
            self.counts.import(&article, self.counts.stories.usual());
        }
        let matched: Vec<_> = article.matched().collect();
        let others = self.articles.fetch_anew(&self.redis, &matched).await?;
        let mut answer = begun.question.first_answer(&article, &others);
        let own = self.canonical(&answer, Some(&article)).await?;
        answer.tell_canonical(&article.id, |other| own.get(&other.cluster()).cloned());
        let own = own.get(&article.cluster()).cloned();
        answer.canonical_id = own.filter(|id| *id != article.id);
        Ok(Some(answer))
    }

    /// Gives an article the id of the submission, if what stood there still does.
    fn name(&self, begun: &Begun<'_>, is: &[u8], life: i64) -> Command {
        let id = self.keys.id(begun.question.id());
        let life = life.to_string().into_bytes();
        Command::script(&NAME, &[id], &[begun.named.clone(), is.to_vec(), life])
    }

    /// Adds an article to its story, of which the first may be known.
    fn join(&self, article: &Article, first: &str) -> Command {
        let story = self.keys.cluster(article.cluster());
        let life = self.settings.read().life().to_string();
        Command::script(&JOIN, &[story], &[first, &*article.id, &*life])
    }

    /// The commands that note an article's coming.
    fn note(&self, sequence: u64) -> Vec<Command> {
        let life = self.settings.read().life();
        calendar::note(&self.keys, &self.noted, sequence, life)
    }

    /// The commands that undo what an attempt has begun.
    fn undo(&self, asked: &Asked, sequence: u64) -> Vec<Command> {
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
        let is = sequence.to_be_bytes().to_vec();
        let name = self.name(&begun, &is, life);
        let mut commands = vec![name, self.articles.decide(&article, before, life)];
        let best = decided.answer.matches.first().map(|best| &best.article);
        let joined = best.filter(|_| article.cluster() != sequence);
        if let Some(known) = joined {
            let first = self.first_member(known).await?;
            commands.push(self.join(&article, &first));
        }
        let answered = commands.len();
        let clusters = self.clusters(&decided.answer, None);
        commands.extend(clusters.iter().map(|cluster| self.first_of(*cluster)));
        if !article.is_story {
            commands.extend(asked.mark(sequence));
        }
        commands.extend(text.map(|text| self.keep(sequence, text, life)));
        commands.extend(self.note(sequence));
        let mut replies = self.redis.write(commands).await?;
        self.noted.note(sequence);
        let firsts = replies.split_off(answered);
        let mut replies = replies.into_iter();
        let named = reply::bytes(replies.next().unwrap_or(Value::Nil))?;
        let is_decided = reply::number(replies.next().unwrap_or(Value::Nil))? == 1;
        if named != is || !is_decided {
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
            let stays = old.cluster() == article.cluster();
            let left = self.replace(old, stays).await;
            self.counts.withdraw(old, left);
        }
        self.articles.remember(&article);
        Ok(Some(answer))
    }

    /// The id of the article that an article's story began with; empty if that is gone, and then the story has
    /// a list. Not simply the article itself: it may have been decided a moment ago, and not be in the list yet.
    async fn first_member(&self, article: &Article) -> Result<Box<str>, Failure> {
        if article.cluster() == article.sequence() {
            return Ok(article.id.clone());
        }
        let first = [article.cluster()];
        let found = self.articles.fetch(&self.redis, &first, false).await?;
        Ok(found
            .first()
            .map_or_else(Box::default, |found| found.article.id.clone()))
    }

    /// Keeps a text.
    pub(super) fn keep(&self, sequence: u64, text: &[u8], life: i64) -> Command {
        let key = self.keys.text(sequence);
        let mut set = cmd("SET");
        set.arg(&key).arg(text);
        if life > 0 {
            set.arg("PX").arg(life);
        }
        Command::new(key.as_bytes(), set)
    }
}
