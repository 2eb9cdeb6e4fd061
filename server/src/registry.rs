//! The collections of this process by name, and the store behind them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use basma_engine::{Collection, Timestamp};
use basma_proto::DEFAULT_COLLECTION;
use dashmap::{DashMap, Entry};
use tokio::sync::oneshot;
use tonic::Code;

use crate::{
    auth::{Access, Rights, Role},
    failure::Failure,
    index::{Catalog, Index},
    limits,
    metrics::Figures,
    named::Named,
    settings::Settings,
    store::{Book, Snapshot, Store, Texts},
};

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

    /// Returns when every change so far may be acknowledged.
    async fn durable(&self) -> Result<(), Failure> {
        match &self.store {
            Some(store) => {
                let mark = store.mark();
                limits::leave();
                store.written(mark).await
            }
            None => Ok(()),
        }
    }

    /// Nothing may change for the time being, and why.
    fn writable(&self) -> Result<(), Failure> {
        match self.store.as_ref().and_then(Store::refusal) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    fn ready(&self) -> Result<(), Failure> {
        match self.is_ready() {
            true => Ok(()),
            false => Err(Failure::recovering()),
        }
    }

    /// Reads what the store holds. To be called once; it can take a while.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the store.
    pub(crate) fn read(&self) -> Result<(), String> {
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

    fn make(&self, name: &str, settings: Settings) -> Arc<Named> {
        let (collection, book, texts) = match &self.store {
            Some(store) => {
                let (_, book, texts) = store.book(name);
                (store.collection(settings.detector), Some(book), texts)
            }
            None => (Collection::new(settings.detector), None, Texts::default()),
        };
        let named = Named::new((name, now()), settings, collection, texts, book);
        let named = Arc::new(named);
        named.book.iter().for_each(|book| book.created(&named));
        named
    }
}

#[tonic::async_trait]
impl Catalog for Registry {
    async fn recover(self: Arc<Self>) -> Result<(), String> {
        let (recovered, recovery) = oneshot::channel();
        // A thread of its own: a signal to stop does not wait for it.
        std::thread::spawn(move || recovered.send(self.read()));
        let failed = |_| Err("reading the store failed".to_owned());
        recovery.await.unwrap_or_else(failed)
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    async fn get(&self, access: &Access, name: &str) -> Result<Arc<dyn Index>, Failure> {
        let name = or_default(name);
        access.may(name)?;
        self.ready()?;
        let found = self.collections.get(name).map(|found| Arc::clone(&found));
        match found {
            Some(found) => Ok(found),
            None => Err(Failure::collection_not_found(name)),
        }
    }

    async fn create(
        &self,
        access: &Access,
        name: &str,
        settings: Settings,
    ) -> Result<Arc<dyn Index>, Failure> {
        access.may(name)?;
        self.ready()?;
        self.writable()?;
        validate_name(name)?;
        // Concurrent creations may pass this together, by as many as there are; the limit guards
        // memory, not a licence.
        if self.collections.len() >= self.most {
            return Err(Failure::too_many_collections());
        }
        let made = match self.collections.entry(name.to_owned()) {
            Entry::Occupied(_) => return Err(Failure::collection_exists(name)),
            Entry::Vacant(vacant) => {
                let made = self.make(name, settings);
                vacant.insert(Arc::clone(&made));
                made
            }
        };
        self.durable().await?;
        Ok(made)
    }

    async fn delete(&self, access: &Access, name: &str) -> Result<(), Failure> {
        let name = or_default(name);
        access.may(name)?;
        self.ready()?;
        self.writable()?;
        if name == DEFAULT_COLLECTION {
            return Err(Failure::collection_protected());
        }
        // Written down before the name is free for another.
        let written = |_: &String, named: &Arc<Named>| {
            named.book.iter().for_each(Book::dropped);
            true
        };
        if self.collections.remove_if(name, written).is_none() {
            return Err(Failure::collection_not_found(name));
        }
        self.durable().await
    }

    async fn list(
        &self,
        access: &Access,
        after: &str,
        limit: usize,
    ) -> Result<(Vec<Arc<dyn Index>>, bool), Failure> {
        let rights = access.rights()?;
        self.ready()?;
        Ok(page(self.all(), &rights, after, limit))
    }

    fn all(&self) -> Vec<Arc<dyn Index>> {
        let collections = self.collections.iter();
        collections
            .map(|entry| Arc::clone(entry.value()) as Arc<dyn Index>)
            .collect()
    }

    async fn snapshot(&self, access: &Access) -> Result<Snapshot, Failure> {
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

    fn register(&self, metrics: &mut prometheus_client::registry::Registry) {
        self.store.iter().for_each(|store| store.register(metrics));
    }

    fn figures(&self, out: &mut Figures<'_>) -> std::fmt::Result {
        self.store.iter().try_for_each(|store| store.figures(out))
    }

    fn stop(&self) {
        self.store.iter().for_each(Store::stop);
    }
}

/// Of these collections at most `limit` that may be read and whose names follow `after`, by name, and
/// whether there are more.
pub(crate) fn page(
    mut all: Vec<Arc<dyn Index>>,
    rights: &Rights,
    after: &str,
    limit: usize,
) -> (Vec<Arc<dyn Index>>, bool) {
    all.retain(|index| index.name() > after && rights.allow(Role::Read, index.name()));
    all.sort_by(|a, b| a.name().cmp(b.name()));
    let more = all.len() > limit;
    all.truncate(limit);
    (all, more)
}

/// An empty name means the default.
pub(crate) fn or_default(name: &str) -> &str {
    match name {
        "" => DEFAULT_COLLECTION,
        name => name,
    }
}

/// Whether a collection may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(legal)
}

pub(crate) fn validate_name(name: &str) -> Result<(), Failure> {
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
