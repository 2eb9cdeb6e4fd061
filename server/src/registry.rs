//! The collections by name.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use basma_engine::{Collection, Detector, Timestamp};
use basma_proto::DEFAULT_COLLECTION;
use dashmap::{DashMap, Entry};
use tonic::Code;

use crate::failure::Failure;

/// A collection and when it was made.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) collection: Collection,
}

/// All collections; "default" always is one of them.
#[derive(Debug)]
pub(crate) struct Registry {
    collections: DashMap<String, Arc<Named>>,
    most: usize,
}

impl Registry {
    /// A registry of at most `most` collections.
    pub(crate) fn new(most: usize) -> Self {
        let registry = Self {
            collections: DashMap::new(),
            most,
        };
        registry.collections.insert(
            DEFAULT_COLLECTION.to_owned(),
            named(DEFAULT_COLLECTION, Detector::default()),
        );
        registry
    }

    /// The collection of a name; an empty one means the default.
    pub(crate) fn get(&self, name: &str) -> Result<Arc<Named>, Failure> {
        let name = if name.is_empty() {
            DEFAULT_COLLECTION
        } else {
            name
        };
        let found = self.collections.get(name).map(|found| Arc::clone(&found));
        found.ok_or_else(|| Failure::collection_not_found(name))
    }

    pub(crate) fn create(&self, name: &str, detector: Detector) -> Result<Arc<Named>, Failure> {
        validate_name(name)?;
        // Concurrent creations may pass this together, by as many as there are; the limit guards
        // memory, not a licence.
        if self.collections.len() >= self.most {
            let message = format!(
                "there are {} collections already: delete one first",
                self.most
            );
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
                let made = named(name, detector);
                vacant.insert(Arc::clone(&made));
                Ok(made)
            }
        }
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), Failure> {
        if name.is_empty() || name == DEFAULT_COLLECTION {
            let message = "the collection \"default\" cannot be deleted";
            return Err(Failure::new(
                Code::FailedPrecondition,
                "COLLECTION_PROTECTED",
                message,
            ));
        }
        match self.collections.remove(name) {
            Some(_) => Ok(()),
            None => Err(Failure::collection_not_found(name)),
        }
    }

    /// At most `limit` collections whose names follow `after`, by name, and whether there are more.
    pub(crate) fn list(&self, after: &str, limit: usize) -> (Vec<Arc<Named>>, bool) {
        let mut all: Vec<_> = self
            .collections
            .iter()
            .map(|entry| Arc::clone(entry.value()))
            .collect();
        all.retain(|named| named.name.as_str() > after);
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let more = all.len() > limit;
        all.truncate(limit);
        (all, more)
    }
}

fn named(name: &str, detector: Detector) -> Arc<Named> {
    Arc::new(Named {
        name: name.to_owned(),
        created: now(),
        collection: Collection::new(detector),
    })
}

fn validate_name(name: &str) -> Result<(), Failure> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(legal)
    {
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
