//! The collections by name, and the store behind them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use basma_engine::{Article, Collection, Timestamp};
use basma_proto::DEFAULT_COLLECTION;
use dashmap::{DashMap, Entry};
use parking_lot::RwLock;
use tonic::Code;

use crate::{
    auth::{Access, Role},
    failure::Failure,
    heap, limits,
    metrics::Figures,
    settings::Settings,
    store::{Book, Page, Snapshot, Store, Texts, pack},
};

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

    /// Its settings.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            detector: self.collection.detector(),
            ..*self.settings.read()
        }
    }

    /// Changes its settings.
    ///
    /// # Errors
    ///
    /// If it holds articles whose fingerprints the change would make useless.
    pub(crate) fn change(&self, settings: Settings) -> Result<(), Failure> {
        let mut current = self.settings.write();
        self.collection
            .set_detector(settings.detector)
            .map_err(|_| {
                let message = "the collection holds articles: the method and the features of their \
                               fingerprints cannot change; create another collection";
                Failure::new(Code::FailedPrecondition, "SETTINGS_FIXED", message)
            })?;
        *current = settings;
        self.book.iter().for_each(Book::changed);
        Ok(())
    }

    /// What is told of the submission of a text.
    pub(crate) fn page(&self, text: &str) -> Page<'_> {
        let keep = self.settings.read().keep_texts;
        Page::new(self, keep.then(|| pack(text)))
    }

    /// The text of an article, if it was kept.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn text(&self, article: &Article) -> Result<Option<String>, Failure> {
        self.texts.get(article.sequence()).map_err(|error| {
            let message = format!("the kept text of {:?} cannot be read: {error}", article.id);
            Failure::new(Code::DataLoss, "TEXT_UNREADABLE", message)
        })
    }

    /// Deletes an article, unless its id has another text by now.
    pub(crate) fn expire(&self, article: &Article) -> bool {
        let same = |now: &Article| now.sequence() == article.sequence();
        self.delete_if(&article.id, same)
    }

    /// Deletes an article; false if there is none of this id.
    pub(crate) fn delete(&self, id: &str) -> bool {
        self.delete_if(id, |_| true)
    }

    fn delete_if(&self, id: &str, condition: impl FnOnce(&Article) -> bool) -> bool {
        let deleted = (self.collection).delete_if(id, condition, &Page::new(self, None));
        if deleted && (self.deleted.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(MANY) {
            heap::freed();
        }
        deleted
    }
}

/// All collections; "default" always is one of them.
#[derive(Debug)]
pub(crate) struct Registry {
    collections: DashMap<String, Arc<Named>>,
    most: usize,
    store: Option<Store>,
    /// Whether the collections are all here.
    ready: AtomicBool,
}

impl Registry {
    /// A registry of at most `most` collections. It refuses everything until [`Registry::recover`] is
    /// done.
    pub(crate) fn new(most: usize, store: Option<Store>) -> Self {
        Self {
            collections: DashMap::new(),
            most,
            store,
            ready: AtomicBool::new(false),
        }
    }

    /// Reads what the store holds. To be called once; it can take a while.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the store.
    pub(crate) fn recover(&self) -> Result<(), String> {
        if let Some(store) = &self.store {
            for named in store.recover()? {
                self.collections.insert(named.name.clone(), named);
            }
        }
        if !self.collections.contains_key(DEFAULT_COLLECTION) {
            let made = self.make(DEFAULT_COLLECTION, Settings::default());
            self.collections.insert(DEFAULT_COLLECTION.to_owned(), made);
        }
        self.ready.store(true, Ordering::Release);
        Ok(())
    }

    /// Nothing may change for the time being, and why.
    pub(crate) fn writable(&self) -> Result<(), Failure> {
        match self.store.as_ref().and_then(Store::refusal) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Where the changes so far end: what [`Registry::durable`] waits for.
    pub(crate) fn mark(&self) -> u64 {
        self.store.as_ref().map_or(0, Store::mark)
    }

    /// Returns when every change before a mark may be acknowledged.
    pub(crate) async fn durable(&self, mark: u64) -> Result<(), Failure> {
        match &self.store {
            Some(store) => {
                limits::leave();
                store.written(mark).await
            }
            None => Ok(()),
        }
    }

    /// Where the journals stand now.
    ///
    /// # Errors
    ///
    /// If there are none, or not yet, or the caller may not have all of them.
    pub(crate) async fn snapshot(&self, access: &Access) -> Result<Snapshot, Failure> {
        access.may_everywhere()?;
        self.ready()?;
        match &self.store {
            Some(store) => store.snapshot().await,
            None => {
                let message = "the index is in memory only: there is nothing to copy";
                Err(Failure::new(Code::FailedPrecondition, "NO_STORE", message))
            }
        }
    }

    /// What is measured of the store.
    pub(crate) fn register(&self, metrics: &mut prometheus_client::registry::Registry) {
        self.store.iter().for_each(|store| store.register(metrics));
    }

    /// How the store is.
    pub(crate) fn figures(&self, out: &mut Figures<'_>) -> std::fmt::Result {
        self.store.iter().try_for_each(|store| store.figures(out))
    }

    /// Writes what is left.
    pub(crate) fn stop(&self) {
        self.store.iter().for_each(Store::stop);
    }

    /// The collection of a name, an empty one means the default, if the caller may do with it what he is
    /// about to. Nobody comes to a collection by another way, and who may not have it is told the same
    /// whether there is one or not.
    pub(crate) fn get(&self, access: &Access, name: &str) -> Result<Arc<Named>, Failure> {
        let name = match name {
            "" => DEFAULT_COLLECTION,
            name => name,
        };
        access.may(name)?;
        self.ready()?;
        let found = self.collections.get(name).map(|found| Arc::clone(&found));
        found.ok_or_else(|| Failure::collection_not_found(name))
    }

    /// Whether the collections are all here.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    fn ready(&self) -> Result<(), Failure> {
        match self.is_ready() {
            true => Ok(()),
            false => Err(Failure::recovering()),
        }
    }

    pub(crate) fn create(
        &self,
        access: &Access,
        name: &str,
        settings: Settings,
    ) -> Result<Arc<Named>, Failure> {
        access.may(name)?;
        self.ready()?;
        validate_name(name)?;
        // Concurrent creations may pass this together, by as many as there are; the limit guards
        // memory, not a licence.
        if self.collections.len() >= self.most {
            let message = "the server has as many collections as it may: delete one first";
            return Err(Failure::new(
                Code::ResourceExhausted,
                "TOO_MANY_COLLECTIONS",
                message,
            ));
        }
        match self.collections.entry(name.to_owned()) {
            Entry::Occupied(_) => {
                let message = format!("there is a collection {name:?} already");
                Err(Failure::new(
                    Code::AlreadyExists,
                    "COLLECTION_EXISTS",
                    message,
                ))
            }
            Entry::Vacant(vacant) => {
                let made = self.make(name, settings);
                vacant.insert(Arc::clone(&made));
                Ok(made)
            }
        }
    }

    pub(crate) fn delete(&self, access: &Access, name: &str) -> Result<(), Failure> {
        let name = match name {
            "" => DEFAULT_COLLECTION,
            name => name,
        };
        access.may(name)?;
        self.ready()?;
        if name == DEFAULT_COLLECTION {
            let message = "the collection \"default\" cannot be deleted";
            return Err(Failure::new(
                Code::FailedPrecondition,
                "COLLECTION_PROTECTED",
                message,
            ));
        }
        // Written down before the name is free for another.
        let written = |_: &String, named: &Arc<Named>| {
            named.book.iter().for_each(Book::dropped);
            true
        };
        match self.collections.remove_if(name, written) {
            Some(_) => Ok(()),
            None => Err(Failure::collection_not_found(name)),
        }
    }

    /// At most `limit` collections that the caller may read and whose names follow `after`, by name, and
    /// whether there are more.
    pub(crate) fn list(
        &self,
        access: &Access,
        after: &str,
        limit: usize,
    ) -> Result<(Vec<Arc<Named>>, bool), Failure> {
        let rights = access.rights()?;
        self.ready()?;
        let mut all = self.all();
        all.retain(|named| named.name.as_str() > after && rights.allow(Role::Read, &named.name));
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let more = all.len() > limit;
        all.truncate(limit);
        Ok((all, more))
    }

    /// All collections that are there, whoever asks: for the server itself.
    pub(crate) fn all(&self) -> Vec<Arc<Named>> {
        let collections = self.collections.iter();
        collections.map(|entry| Arc::clone(entry.value())).collect()
    }

    fn make(&self, name: &str, settings: Settings) -> Arc<Named> {
        let (book, texts) = match &self.store {
            Some(store) => {
                let (_, book, texts) = store.book(name);
                (Some(book), texts)
            }
            None => (None, Texts::default()),
        };
        let collection = Collection::new(settings.detector);
        let named = Named::new((name, now()), settings, collection, texts, book);
        let named = Arc::new(named);
        named.book.iter().for_each(|book| book.created(&named));
        named
    }
}

/// Whether a collection may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(legal)
}

fn validate_name(name: &str) -> Result<(), Failure> {
    if is_name(name) {
        return Ok(());
    }
    let message =
        "a collection's name is 1 to 63 of a-z, 0-9, \"-\" and \"_\", and begins with a letter";
    Err(Failure::invalid("COLLECTION_NAME_INVALID", "name", message))
}

/// The time of day. A clock before 1970 counts as 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::try_from(since.as_millis()).unwrap_or(Timestamp::MAX)
}
