//! A collection that is kept in this process.

mod migration;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use basma_engine::{
    Answer, Article, Collection, Match, SimHash, Stats, Submission, Timestamp, age::Scope,
    collection::Compared, compare::Comparison,
};
use basma_proto::v1::Record;
use futures_util::{FutureExt as _, stream::BoxStream};
use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use self::migration::Incoming;
use crate::{
    failure::Failure,
    fingerprinting::fingerprinting,
    heap,
    index::{Answering, Import, Index},
    limits,
    registry::now,
    settings::Settings,
    store::{Book, Page, Texts, pack},
};

/// Articles that are looked at, and deleted if they are to be, before others are let go first.
const STEP: usize = 1000;

/// A collection, and what belongs to it.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) collection: Collection,
    /// The texts that it keeps.
    pub(crate) texts: Texts,
    /// Where its changes are written down, if anywhere.
    pub(crate) book: Option<Book>,
    /// The collection has the detector that is in force.
    settings: RwLock<Settings>,
    /// How many articles were deleted.
    deleted: AtomicU64,
    /// The last field: all else has gone when it goes.
    _large: heap::Large,
}

/// So many deletions free memory that is worth giving back.
const MANY: u64 = 4096;

impl Named {
    pub(crate) fn new(
        (name, created): (&str, Timestamp),
        settings: Settings,
        collection: Collection,
        texts: Texts,
        book: Option<Book>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            created,
            collection,
            texts,
            book,
            settings: RwLock::new(settings),
            deleted: AtomicU64::new(0),
            _large: heap::Large,
        }
    }

    /// What is told of the submission of a text.
    pub(crate) fn page(&self, text: &str) -> Page<'_> {
        let keep = self.settings.read().keep_texts;
        Page::new(self, keep.then(|| pack(text)))
    }

    /// Deletes the article of an id, if it is as it should be.
    fn delete_if(&self, id: &str, condition: impl FnOnce(&Article) -> bool) -> bool {
        let deleted = (self.collection).delete_if(id, condition, &Page::new(self, None));
        if deleted && (self.deleted.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(MANY) {
            heap::freed();
        }
        deleted
    }

    /// Nothing may change for the time being, and why.
    fn writable(&self) -> Result<(), Failure> {
        match self.book.as_ref().and_then(Book::refusal) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Gives out what was made, once every change so far may be acknowledged.
    fn once_durable<T: Send + 'static>(&self, made: T) -> Answering<T> {
        match &self.book {
            None => std::future::ready(Ok(made)).boxed(),
            Some(book) => {
                let written = book.written();
                async move {
                    limits::leave();
                    written.await?;
                    Ok(made)
                }
                .boxed()
            }
        }
    }
}

fn refused<T: Send + 'static>(failure: Failure) -> Answering<T> {
    std::future::ready(Err(failure)).boxed()
}

#[tonic::async_trait]
impl Index for Named {
    fn name(&self) -> &str {
        &self.name
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn settings(&self) -> Settings {
        Settings {
            detector: self.collection.detector(),
            ..*self.settings.read()
        }
    }

    async fn change(&self, settings: Settings) -> Result<(), Failure> {
        self.writable()?;
        {
            let mut current = self.settings.write();
            self.collection
                .set_detector(settings.detector)
                .map_err(|_| Failure::settings_fixed())?;
            *current = settings;
            self.book.iter().for_each(Book::changed);
        }
        self.once_durable(()).await
    }

    fn submit(&self, submission: Submission<'_>, scope: Scope) -> Answering<Answer> {
        if let Err(refusal) = self.writable() {
            return refused(refusal);
        }
        let page = self.page(submission.text);
        let answer = fingerprinting(submission.text, |fingerprinter| {
            (self.collection).submit(fingerprinter, submission, scope, &page)
        });
        match answer {
            Ok(answer) => self.once_durable(answer),
            Err(_) => {
                let message = "the collection holds as many articles as it can";
                refused(Failure::new(Code::ResourceExhausted, "INDEX_FULL", message))
            }
        }
    }

    fn check(&self, submission: Submission<'_>, scope: Scope) -> Answering<Answer> {
        let answer = fingerprinting(submission.text, |fingerprinter| {
            self.collection.check(fingerprinter, submission, scope)
        });
        std::future::ready(Ok(answer)).boxed()
    }

    async fn get(&self, id: &str) -> Result<Option<Arc<Article>>, Failure> {
        Ok(self.collection.get(id))
    }

    async fn list(&self, from: u64, limit: usize) -> Result<crate::index::Page, Failure> {
        let Ok(from) = u32::try_from(from) else {
            return Ok((Vec::new(), None));
        };
        let (page, next) = self.collection.list(from, limit);
        Ok((page, next.map(u64::from)))
    }

    fn place(&self, article: &Article) -> u64 {
        article.place().into()
    }

    async fn canonical_id(&self, article: &Article) -> Result<Box<str>, Failure> {
        Ok(self.collection.canonical_id(article))
    }

    async fn cluster(
        &self,
        article: &Arc<Article>,
        from: usize,
        limit: usize,
    ) -> Result<(Vec<Arc<Article>>, usize), Failure> {
        Ok(self.collection.cluster(article, from, limit))
    }

    async fn find_near(
        &self,
        simhash: SimHash,
        distance: u32,
        except: Option<&Article>,
        limit: usize,
    ) -> Result<(Vec<Match>, bool), Failure> {
        Ok(self.collection.find_near(simhash, distance, except, limit))
    }

    async fn find_related(
        &self,
        article: &Arc<Article>,
        limit: usize,
    ) -> Result<(Vec<Match>, bool), Failure> {
        Ok(self.collection.find_related(article, limit))
    }

    async fn compare(&self, a: Compared<'_>, b: Compared<'_>) -> Result<Comparison, Failure> {
        // Finding where two long texts differ can take a good part of a second.
        Ok(tokio::task::block_in_place(|| {
            self.collection.compare(&a, &b)
        }))
    }

    async fn text(&self, article: &Article) -> Result<Option<String>, Failure> {
        let text = tokio::task::block_in_place(|| self.texts.get(article.sequence()));
        text.map_err(|error| Failure::text_unreadable(&article.id, &error))
    }

    async fn delete(&self, id: &str) -> Result<bool, Failure> {
        self.writable()?;
        let deleted = self.delete_if(id, |_| true);
        self.once_durable(deleted).await
    }

    async fn expire(&self, stop: &CancellationToken) -> u64 {
        let (mut from, mut deleted) = (0, 0);
        while !stop.is_cancelled() && self.writable().is_ok() {
            // Read anew: it may have been changed.
            let Some(retention) = self.settings().retention else {
                break;
            };
            let oldest = now().saturating_sub(retention.most);
            let (page, next) = self.collection.list(from, STEP);
            for article in &page {
                let time = retention.time(&article.metadata, article.first_seen);
                // Unless its id has another text by now.
                let same = |now: &Article| now.sequence() == article.sequence();
                if time < oldest && self.delete_if(&article.id, same) {
                    deleted += 1;
                }
            }
            // Not more at once than can be written.
            if self.once_durable(()).await.is_err() {
                break;
            }
            match next {
                Some(next) => from = next,
                None => break,
            }
            tokio::task::yield_now().await;
        }
        deleted
    }

    fn stats(&self) -> Stats {
        self.collection.stats()
    }

    fn export(self: Arc<Self>) -> BoxStream<'static, Result<Vec<Record>, Failure>> {
        self.give_out()
    }

    fn import(self: Arc<Self>) -> Box<dyn Import> {
        Box::new(Incoming {
            named: self,
            import: Default::default(),
        })
    }
}
