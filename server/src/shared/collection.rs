//! A collection that is shared.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use basma_engine::{
    Answer, Article, Match, SimHash, Stats, Submission, Timestamp, age::Scope,
    collection::Compared, compare::Comparison, shared::Question,
};
use basma_proto::v1::Record;
use basma_redis::Redis;
use futures_util::stream::BoxStream;
use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;

use super::{
    articles::Articles, calendar, entries, keys::Keys, migration::Incoming, reply, stamps::Stamps,
    stories::Counts, task::under_way,
};
use crate::{
    failure::Failure,
    index::{Answering, Import, Index, Page},
    settings::Settings,
    store::pack,
};

/// What outlives its retention in the cluster, in milliseconds: so long those have who delete it one by one.
const MARGIN: i64 = 600_000;

impl Settings {
    /// How long a list stays that nothing comes to any more, in milliseconds; 0 for good.
    pub(super) fn life(&self) -> i64 {
        self.retention
            .map_or(0, |retention| retention.most.saturating_add(MARGIN))
    }
}

/// How long an article's record stays, in milliseconds; 0 for good.
pub(super) fn life_of(settings: &Settings, article: &Article, now: Timestamp) -> i64 {
    settings.retention.map_or(0, |retention| {
        let from = retention.time(&article.metadata, article.first_seen);
        let end = from.saturating_add(retention.most).max(now);
        end.saturating_sub(now).saturating_add(MARGIN)
    })
}

/// A collection that is shared, as this server knows it. Clones are one.
#[derive(Clone, Debug)]
pub(super) struct Collection(pub(super) Arc<Inner>);

impl std::ops::Deref for Collection {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) number: u64,
    pub(super) settings: RwLock<Settings>,
    /// How often this server has changed them.
    changes: AtomicU64,
    pub(super) redis: Arc<Redis>,
    pub(super) keys: Keys,
    pub(super) stamps: Arc<Stamps>,
    pub(super) articles: Articles,
    pub(super) counts: Counts,
    pub(super) noted: calendar::Noted,
}

impl Collection {
    pub(super) fn new(
        (name, created, number): (&str, Timestamp, u64),
        settings: Settings,
        redis: Arc<Redis>,
        stamps: Arc<Stamps>,
    ) -> Self {
        let keys = Keys::new(number);
        Self(Arc::new(Inner {
            name: name.to_owned(),
            created,
            number,
            settings: RwLock::new(settings),
            changes: AtomicU64::new(0),
            redis,
            articles: Articles::new(keys.clone()),
            keys,
            stamps,
            counts: Counts::default(),
            noted: calendar::Noted::default(),
        }))
    }

    /// How often this server has changed the settings.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Takes the settings as they were read from the cluster, unless this server has changed them since it had
    /// done so as often as this: what was read may be of before.
    pub(super) fn follow(&self, changes: u64, read: Settings) {
        let mut settings = self.settings.write();
        if self.changes() == changes {
            *settings = read;
        }
    }

    /// Exchanges counts with the other servers.
    pub(super) async fn exchange(&self) -> Result<(), Failure> {
        self.counts.exchange(&self.redis, &self.keys).await
    }
}

#[tonic::async_trait]
impl Index for Collection {
    fn name(&self) -> &str {
        &self.name
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn settings(&self) -> Settings {
        *self.settings.read()
    }

    async fn change(&self, settings: Settings) -> Result<(), Failure> {
        let before = *self.settings.read();
        let shape = |settings: &Settings| (settings.detector.method, settings.detector.features);
        if shape(&before) != shape(&settings) && !self.list(0, 1).await?.0.is_empty() {
            return Err(Failure::settings_fixed());
        }
        let change = entries::change(self, before, settings);
        let replies = self.redis.write(vec![change]).await?;
        let is = replies
            .into_iter()
            .next()
            .map_or_else(|| Ok(Vec::new()), reply::bytes)?;
        if is.is_empty() {
            return Err(Failure::collection_not_found(&self.name));
        }
        let (number, state) = entries::decode(&is)?;
        if number != self.number {
            return Err(Failure::collection_not_found(&self.name));
        }
        {
            let mut settings = self.settings.write();
            self.changes.fetch_add(1, Ordering::Relaxed);
            *settings = state.settings;
        }
        match state.settings == settings {
            true => Ok(()),
            false => Err(Failure::collection_busy(&self.name)),
        }
    }

    fn is_elsewhere(&self) -> bool {
        true
    }

    fn submit(&self, submission: Submission<'_>, scope: Scope) -> Answering<Answer> {
        let keep = self.settings.read().keep_texts;
        let text = keep.then(|| pack(submission.text));
        let question = self.question(submission, scope);
        let collection = self.clone();
        under_way(async move { collection.admit(&question, text.as_deref()).await })
    }

    fn check(&self, submission: Submission<'_>, scope: Scope) -> Answering<Answer> {
        let question = self.question(submission, scope);
        let collection = self.clone();
        under_way(async move { collection.answer(&question).await })
    }

    async fn get(&self, id: &str) -> Result<Option<Arc<Article>>, Failure> {
        self.articles.get(&self.redis, id).await
    }

    async fn list(&self, from: u64, limit: usize) -> Result<Page, Failure> {
        let mut page = Vec::new();
        let mut from = from;
        loop {
            let sequences = calendar::since(&self.redis, &self.keys, from, limit + 1).await?;
            let Some(last) = sequences.last().copied() else {
                return Ok((page, None));
            };
            for some in sequences.chunks(limit + 1) {
                page.extend(self.articles.fetch_anew(&self.redis, some).await?);
                if page.len() > limit {
                    let next = page[limit].sequence();
                    page.truncate(limit);
                    return Ok((page, Some(next)));
                }
            }
            from = last + 1;
        }
    }

    fn place(&self, article: &Article) -> u64 {
        article.sequence()
    }

    async fn canonical_id(&self, article: &Article) -> Result<Box<str>, Failure> {
        let firsts = self.firsts_of(&[article.cluster()]).await?;
        let first = firsts.into_values().next();
        Ok(first.unwrap_or_else(|| article.id.clone()))
    }

    async fn cluster(
        &self,
        article: &Arc<Article>,
        from: usize,
        limit: usize,
    ) -> Result<(Vec<Arc<Article>>, usize), Failure> {
        self.members(article, from, limit).await
    }

    async fn find_near(
        &self,
        simhash: SimHash,
        distance: u32,
        except: Option<&Article>,
        limit: usize,
    ) -> Result<(Vec<Match>, bool), Failure> {
        self.near(simhash, distance, except, limit).await
    }

    async fn find_related(
        &self,
        article: &Arc<Article>,
        limit: usize,
    ) -> Result<(Vec<Match>, bool), Failure> {
        let detector = self.settings.read().detector;
        let question = Question::again(article, detector, limit);
        let answer = self.answer(&question).await?;
        Ok((answer.matches, answer.truncated))
    }

    async fn compare(&self, a: Compared<'_>, b: Compared<'_>) -> Result<Comparison, Failure> {
        self.compared(a, b).await
    }

    async fn text(&self, article: &Article) -> Result<Option<String>, Failure> {
        self.kept(article).await
    }

    async fn delete(&self, id: &str) -> Result<bool, Failure> {
        match self.get(id).await? {
            Some(article) => self.withdraw(&article).await,
            None => Ok(false),
        }
    }

    async fn expire(&self, stop: &CancellationToken) -> u64 {
        self.expire_all(stop).await
    }

    fn stats(&self) -> Stats {
        self.counts.stats()
    }

    fn export(self: Arc<Self>) -> BoxStream<'static, Result<Vec<Record>, Failure>> {
        self.give_out()
    }

    fn import(self: Arc<Self>) -> Box<dyn Import> {
        Box::new(Incoming {
            collection: (*self).clone(),
            followers: Vec::new(),
        })
    }
}
