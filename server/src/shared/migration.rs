//! Articles of a shared collection, given out and taken in.

use basma_engine::{Article, Record};
use basma_proto::v1;
use basma_redis::Command;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::{
    ask::Asked,
    calendar,
    collection::{Collection, life_of},
    ids, reply,
};
use crate::{
    failure::Failure,
    index::{EXPORTED, Import, Imported},
    registry::now,
    store::pack,
};

/// Stories that are put together at a time.
const STORIES: usize = 256;

impl Collection {
    /// What an export gives out next, from a sequence on, and where it goes on.
    async fn some(&self, from: u64) -> Result<(Vec<v1::Record>, Option<u64>), Failure> {
        let (_, most) = EXPORTED;
        let mut sequences = calendar::since(&self.redis, &self.keys, from, most).await?;
        sequences.truncate(most);
        let next = sequences.last().map(|last| last + 1);
        let found = self.articles.fetch(&self.redis, &sequences, false).await?;
        let found: Vec<_> = found.into_iter().filter(|found| found.is_decided).collect();
        let texts = found
            .iter()
            .map(|found| self.text_of(found.article.sequence()));
        let texts = self.redis.read(texts.collect()).await?;
        let mut records = Vec::with_capacity(found.len());
        for (found, text) in found.iter().zip(texts) {
            let mut record = Vec::new();
            let usual = self.counts.stories.usual();
            Record::encode(&found.article, None, usual, &mut record);
            records.push(v1::Record {
                article: record,
                text: self.read_text(&found.article, text)?,
            });
        }
        Ok((records, next))
    }

    pub(super) fn give_out(&self) -> BoxStream<'static, Result<Vec<v1::Record>, Failure>> {
        let batches = stream::unfold((self.clone(), Some(0)), |(collection, from)| async move {
            let (records, next) = match collection.some(from?).await {
                Ok((records, next)) => (Ok(records), next),
                Err(failure) => (Err(failure), None),
            };
            Some((records, (collection, next)))
        });
        // Of a page of texts that is larger than a message may be.
        let pieces = batches.flat_map(|batch| match batch {
            Ok(records) => stream::iter(pieces(records).into_iter().map(Ok).collect::<Vec<_>>()),
            Err(failure) => stream::iter(vec![Err(failure)]),
        });
        pieces.boxed()
    }

    /// The commands that put an article into all tables but that of ids, as if it had been submitted here.
    pub(super) fn placing(
        &self,
        article: &Article,
        usual: f64,
        text: Option<&str>,
    ) -> Vec<Command> {
        let settings = *self.settings.read();
        let (lists, simhash) = (
            Asked::holding(article, &self.keys),
            article.fingerprint.simhash,
        );
        let mut commands = lists.append(simhash, article.sequence(), settings.life());
        let life = life_of(&settings, article, now());
        let decided = self.articles.decided_elsewhere(article, usual, life);
        commands.push(decided);
        let text = text.filter(|_| settings.keep_texts).map(pack);
        commands.extend(self.rest(&lists, article, text.as_deref()));
        commands
    }
}

/// Cuts articles into messages.
fn pieces(records: Vec<v1::Record>) -> Vec<Vec<v1::Record>> {
    let (most_bytes, _) = EXPORTED;
    let (mut pieces, mut bytes) = (vec![Vec::new()], 0);
    for record in records {
        if bytes >= most_bytes {
            pieces.push(Vec::new());
            bytes = 0;
        }
        bytes += record.article.len() + record.text.as_ref().map_or(0, String::len);
        if let Some(piece) = pieces.last_mut() {
            piece.push(record);
        }
    }
    pieces
}

/// Articles on their way into a collection.
pub(super) struct Incoming {
    pub(super) collection: Collection,
    /// Story, place in it and id of each article that is not the first of its story.
    pub(super) followers: Vec<(u64, u64, Box<str>)>,
}

impl Incoming {
    /// Puts articles together that are of these stories.
    async fn tell(&self, stories: &[&[(u64, u64, Box<str>)]]) -> Result<(), Failure> {
        let collection = &self.collection;
        let firsts: Vec<_> = stories.iter().map(|story| story[0].0).collect();
        let firsts = collection
            .articles
            .fetch(&collection.redis, &firsts, false)
            .await?;
        let mut commands = Vec::with_capacity(stories.len());
        let mut sizes = Vec::with_capacity(stories.len());
        for story in stories {
            let cluster = story[0].0;
            let first = firsts
                .iter()
                .find(|found| found.article.sequence() == cluster);
            let first = first.map(|found| &*found.article.id);
            let ids = first.into_iter().chain(story.iter().map(|(.., id)| &**id));
            sizes.push(ids.clone().count() as i64);
            commands.push(collection.tell(cluster, ids));
        }
        let replies = collection.redis.write(commands).await?;
        for (size, before) in sizes.into_iter().zip(replies) {
            let before = (reply::number(before)? - 1).max(0);
            collection.counts.join(size - 1 - before);
        }
        Ok(())
    }
}

#[tonic::async_trait]
impl Import for Incoming {
    async fn add(&mut self, records: Vec<Imported>) -> Result<u64, Failure> {
        let collection = &self.collection;
        let named = records
            .iter()
            .map(|(record, _)| ids::ask(&collection.keys, record.id()));
        let named = collection.redis.read(named.collect()).await?;
        let (mut commands, mut given, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for ((record, text), named) in records.into_iter().zip(named) {
            let usual = record.usual();
            let article = record.into_article();
            if article.cluster() != article.sequence() {
                let (cluster, standing) = (article.cluster(), article.standing());
                let follower = (cluster, standing, article.id.clone());
                self.followers.push(follower);
            }
            match ids::read(&reply::bytes(named)?) {
                Some(known) if known == article.sequence() => continue,
                Some(_) => return Err(Failure::id_taken(&article.id)),
                None => {}
            }
            commands.extend(collection.placing(&article, usual, text.as_deref()));
            let life = life_of(&collection.settings.read(), &article, now());
            let (keys, sequence) = (&collection.keys, article.sequence());
            given.push(ids::give(keys, &article.id, &[], sequence, life));
            new.push((article, usual));
        }
        let count = new.len() as u64;
        if count == 0 {
            return Ok(0);
        }
        collection.redis.write(commands).await?;
        // Last: whoever finds an id takes all that belongs to it for done.
        let replies = collection.redis.write(given).await?;
        for ((article, usual), named) in new.iter().zip(replies) {
            if ids::read(&reply::bytes(named)?) != Some(article.sequence()) {
                return Err(Failure::id_taken(&article.id));
            }
            collection.noted.note(article.sequence());
            collection.counts.import(article, *usual);
        }
        Ok(count)
    }

    async fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        let mut followers = std::mem::take(&mut self.followers);
        followers.sort_unstable();
        let stories: Vec<_> = followers
            .chunk_by(|(one, ..), (other, ..)| one == other)
            .collect();
        for some in stories.chunks(STORIES) {
            self.tell(some).await?;
        }
        self.collection.exchange().await
    }
}
