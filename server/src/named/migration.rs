//! Articles of a collection that is kept in this process, given out and taken in.

use std::sync::Arc;

use basma_engine::{
    Collection, Record,
    collection::{Import, Unfit},
};
use basma_proto::v1;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use tonic::Code;

use super::{Named, STEP};
use crate::{
    failure::Failure,
    index::{self, EXPORTED, Imported},
    store::{Page, pack},
};

/// Where each article is, in the order of the sequences: its sequence and its place.
async fn places(collection: &Collection) -> Vec<(u64, u32)> {
    let (mut places, mut from) = (Vec::new(), Some(0));
    while let Some(place) = from {
        let (page, next) = collection.list(place, STEP);
        places.extend(page.iter().map(|each| (each.sequence(), each.place())));
        from = next;
        tokio::task::yield_now().await;
    }
    places.sort_unstable();
    places
}

/// What is given out, and how far that is.
struct Export {
    named: Arc<Named>,
    places: std::vec::IntoIter<(u64, u32)>,
}

impl Export {
    fn next(&mut self) -> Result<Vec<v1::Record>, Failure> {
        let collection = &self.named.collection;
        let (most_bytes, most) = EXPORTED;
        let (mut records, mut bytes) = (Vec::new(), 0);
        while bytes < most_bytes && records.len() < most {
            let Some((sequence, place)) = self.places.next() else {
                break;
            };
            let (page, _) = collection.list(place, 1);
            // Another may have its place by now.
            let Some(article) = page.first().filter(|each| each.sequence() == sequence) else {
                continue;
            };
            let text = self.named.texts.get(sequence);
            let text = text.map_err(|error| Failure::text_unreadable(&article.id, &error))?;
            let mut record = Vec::new();
            Record::encode(article, None, collection.usual(), &mut record);
            bytes += record.len() + text.as_ref().map_or(0, String::len);
            records.push(v1::Record {
                article: record,
                text,
            });
        }
        Ok(records)
    }
}

impl Named {
    pub(super) fn give_out(
        self: Arc<Self>,
    ) -> BoxStream<'static, Result<Vec<v1::Record>, Failure>> {
        let all = async move {
            let places = places(&self.collection).await.into_iter();
            let export = Export {
                named: self,
                places,
            };
            stream::unfold(export, |mut export| async move {
                let some = tokio::task::block_in_place(|| export.next());
                let ended = some.as_ref().is_ok_and(Vec::is_empty);
                (!ended).then_some((some, export))
            })
        };
        stream::once(all).flatten().boxed()
    }
}

/// Articles on their way into a collection.
pub(super) struct Incoming {
    pub(super) named: Arc<Named>,
    pub(super) import: Import,
}

fn refused(unfit: Unfit, id: &str) -> Failure {
    match unfit {
        Unfit::IdTaken => Failure::id_taken(id),
        Unfit::OutOfOrder => {
            let message = format!(
                "the collection has had articles of its own, that of {id:?} would be an earlier one: import into \
                 one that is new"
            );
            Failure::new(Code::FailedPrecondition, "COLLECTION_NOT_NEW", message)
        }
        Unfit::IndexFull => {
            let message = "the collection holds as many articles as it can";
            Failure::new(Code::ResourceExhausted, "INDEX_FULL", message)
        }
    }
}

#[tonic::async_trait]
impl index::Import for Incoming {
    async fn add(&mut self, records: Vec<Imported>) -> Result<u64, Failure> {
        let named = &self.named;
        named.writable()?;
        let keeps = named.settings.read().keep_texts;
        let mut new = 0;
        for (record, text) in records {
            let id = record.id().to_owned();
            let text = text.filter(|_| keeps).map(|text| pack(&text));
            let page = Page::new(named, text);
            let added = self.import.add(&named.collection, record, &page);
            new += u64::from(added.map_err(|unfit| refused(unfit, &id))?);
        }
        // Not more at once than can be written.
        named.once_durable(new).await
    }

    async fn finish(self: Box<Self>) -> Result<(), Failure> {
        let Self { named, import } = *self;
        tokio::task::block_in_place(|| import.finish(&named.collection));
        named.once_durable(()).await
    }
}
