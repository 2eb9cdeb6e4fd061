//! What the services ask of an index, wherever that is: in this process, or shared with others.
//!
//! - [`Catalog`]: the collections by name;
//! - [`Index`]: one collection: check-and-add, check, find, get, delete, expire.
//!
//! [`crate::registry`] keeps both in this process.

use std::{fmt, sync::Arc};

use basma_engine::{
    Answer, Article, Match, SimHash, Stats, Submission, Timestamp, age::Scope,
    collection::Compared, compare::Comparison,
};
use basma_proto::v1::Record;
use futures_util::{future::BoxFuture, stream::BoxStream};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::Access, failure::Failure, metrics::Figures, settings::Settings, store::Snapshot,
};

/// What is asked of a collection. Nothing that changes it is answered before it may be acknowledged.
#[tonic::async_trait]
pub(crate) trait Index: fmt::Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// When it was made.
    fn created(&self) -> Timestamp;

    /// Its settings.
    fn settings(&self) -> Settings;

    /// Changes its settings.
    ///
    /// # Errors
    ///
    /// If it holds articles whose fingerprints the change would make useless, or nothing can be written.
    async fn change(&self, settings: Settings) -> Result<(), Failure>;

    /// Whether it is elsewhere: what is asked has to wait for others, and then for a processor.
    fn is_elsewhere(&self) -> bool {
        false
    }

    /// Check-and-add. Of submissions that one caller makes one after the other, without waiting for the
    /// answers, the earlier is the earlier one for the index.
    fn submit(&self, submission: Submission<'_>, scope: Scope) -> Answering<Answer>;

    /// Says what is known of an article, and changes nothing.
    fn check(&self, submission: Submission<'_>, scope: Scope) -> Answering<Answer>;

    /// The article of an id.
    async fn get(&self, id: &str) -> Result<Option<Arc<Article>>, Failure>;

    /// At most `limit` articles from `from` on, and where the next page begins if there is one.
    async fn list(&self, from: u64, limit: usize) -> Result<Page, Failure>;

    /// An article's place in the order of [`Index::list`].
    fn place(&self, article: &Article) -> u64;

    /// The id of the first article of an article's story.
    async fn canonical_id(&self, article: &Article) -> Result<Box<str>, Failure>;

    /// At most `limit` articles of an article's story from the `from`th on, and how many there are.
    async fn cluster(
        &self,
        article: &Arc<Article>,
        from: usize,
        limit: usize,
    ) -> Result<(Vec<Arc<Article>>, usize), Failure>;

    /// What is near a SimHash, at most `limit`, but not `except`; and whether there is more.
    async fn find_near(
        &self,
        simhash: SimHash,
        distance: u32,
        except: Option<&Article>,
        limit: usize,
    ) -> Result<(Vec<Match>, bool), Failure>;

    /// What an indexed article matches today, at most `limit`, and whether there is more.
    async fn find_related(
        &self,
        article: &Arc<Article>,
        limit: usize,
    ) -> Result<(Vec<Match>, bool), Failure>;

    /// What one text or article is to another, and where they differ.
    async fn compare(&self, a: Compared<'_>, b: Compared<'_>) -> Result<Comparison, Failure>;

    /// The text of an article, if it was kept.
    async fn text(&self, article: &Article) -> Result<Option<String>, Failure>;

    /// Deletes the article of an id; false if there is none.
    async fn delete(&self, id: &str) -> Result<bool, Failure>;

    /// Deletes what is older than the retention, until told to stop; returns how many articles that were.
    async fn expire(&self, stop: &CancellationToken) -> u64;

    /// Counts what it holds.
    fn stats(&self) -> Stats;

    /// Gives out all articles in the order of their sequences, some at a time.
    fn export(self: Arc<Self>) -> BoxStream<'static, Result<Vec<Record>, Failure>>;

    /// Begins to take articles that another index has given out.
    fn import(self: Arc<Self>) -> Box<dyn Import>;
}

/// Articles of another index on their way into a collection, in the order of their sequences, which they keep.
#[tonic::async_trait]
pub(crate) trait Import: Send {
    /// Takes some; returns how many of them are new. May be given those again that were taken before.
    ///
    /// # Errors
    ///
    /// If the collection has other articles.
    async fn add(&mut self, records: Vec<Imported>) -> Result<u64, Failure>;

    /// All were taken: puts those together that are of one story. They may be acknowledged then.
    async fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// An article that is imported, and its text if that is kept.
pub(crate) type Imported = (basma_engine::Record, Option<String>);

/// Bytes of articles that are given out at a time, and how many articles.
pub(crate) const EXPORTED: (usize, usize) = (256 << 10, 256);

/// An answer that is on its way. What needs no waiting is done when it is made.
pub(crate) type Answering<T> = BoxFuture<'static, Result<T, Failure>>;

/// Articles of a list, and where the next page begins if there is one.
pub(crate) type Page = (Vec<Arc<Article>>, Option<u64>);

/// All collections; "default" always is one of them.
#[tonic::async_trait]
pub(crate) trait Catalog: fmt::Debug + Send + Sync {
    /// Makes it ready to be asked. To be called once; it can take a while.
    ///
    /// # Errors
    ///
    /// A sentence that says why it cannot be used.
    async fn recover(self: Arc<Self>) -> Result<(), String>;

    /// Whether the collections are all here.
    fn is_ready(&self) -> bool;

    /// The collection of a name, an empty one means the default, if the caller may do with it what he is
    /// about to. Nobody comes to a collection by another way, and who may not have it is told the same
    /// whether there is one or not.
    async fn get(&self, access: &Access, name: &str) -> Result<Arc<dyn Index>, Failure>;

    /// Makes a collection.
    async fn create(
        &self,
        access: &Access,
        name: &str,
        settings: Settings,
    ) -> Result<Arc<dyn Index>, Failure>;

    /// Deletes a collection with all that it holds.
    async fn delete(&self, access: &Access, name: &str) -> Result<(), Failure>;

    /// At most `limit` collections that the caller may read and whose names follow `after`, by name, and
    /// whether there are more.
    async fn list(
        &self,
        access: &Access,
        after: &str,
        limit: usize,
    ) -> Result<(Vec<Arc<dyn Index>>, bool), Failure>;

    /// All collections that are known, whoever asks: for the server itself.
    fn all(&self) -> Vec<Arc<dyn Index>>;

    /// A copy of everything as it is now.
    ///
    /// # Errors
    ///
    /// If there is nothing to copy here, or not yet, or the caller may not have all of it.
    async fn snapshot(&self, access: &Access) -> Result<Snapshot, Failure>;

    /// What is measured of where it is kept.
    fn register(&self, metrics: &mut prometheus_client::registry::Registry);

    /// How that is.
    fn figures(&self, out: &mut Figures<'_>) -> fmt::Result;

    /// Writes what is left.
    fn stop(&self);
}
