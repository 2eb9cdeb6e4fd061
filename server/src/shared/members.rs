//! The articles of a story of more than one: a list of their ids, first come first.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use basma_engine::{Answer, Article};
use basma_redis::{Command, Script, Value, cmd};

use super::{collection::Collection, reply};
use crate::failure::Failure;

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

/// Takes an article out of its story. 1 if it was there, and not alone.
static LEAVE: Script = Script::new(
    r"
local was_there = redis.call('LREM', KEYS[1], 0, ARGV[1]) > 0
return (was_there and redis.call('EXISTS', KEYS[1]) == 1) and 1 or 0
",
);

/// Makes these the articles of a story, and returns how many it had.
static TELL: Script = Script::new(
    r"
local before = redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1])
for place = 2, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[place]) end
if tonumber(ARGV[1]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return before
",
);

impl Collection {
    /// Adds an article to its story, of which the first may be known; see [`JOIN`].
    pub(super) fn join(&self, article: &Article, first: &str) -> Command {
        let story = self.keys.cluster(article.cluster());
        let life = self.settings.read().life().to_string();
        Command::script(&JOIN, &[story], &[first, &*article.id, &*life])
    }

    /// Takes an article out of its story; answered by 1 if that has one article less beside its first.
    pub(super) fn leave(&self, article: &Article) -> Command {
        let story = self.keys.cluster(article.cluster());
        Command::script(&LEAVE, &[story], &[article.id.as_bytes()])
    }

    /// Makes these ids those of a story's articles; answered by how many it had.
    pub(super) fn tell<'a>(&self, cluster: u64, ids: impl Iterator<Item = &'a str>) -> Command {
        let life = self.settings.read().life().to_string();
        let mut args = vec![life.into_bytes()];
        args.extend(ids.map(|id| id.as_bytes().to_vec()));
        Command::script(&TELL, &[self.keys.cluster(cluster)], &args)
    }

    /// The stories of the matches of an answer, and of one article more.
    pub(super) fn clusters(answer: &Answer, more: Option<&Article>) -> Vec<u64> {
        let matched = answer.matches.iter().map(|found| &*found.article);
        let clusters: BTreeSet<_> = matched.chain(more).map(Article::cluster).collect();
        clusters.into_iter().collect()
    }

    /// Asks for the id of a story's first article.
    pub(super) fn first_of(&self, cluster: u64) -> Command {
        let story = self.keys.cluster(cluster);
        let mut first = cmd("LINDEX");
        first.arg(&story).arg(0);
        Command::new(story.as_bytes(), first)
    }

    /// Reads the replies. A story of one article has no list.
    pub(super) fn firsts(
        clusters: &[u64],
        replies: Vec<Value>,
    ) -> Result<HashMap<u64, Box<str>>, Failure> {
        let mut firsts = HashMap::new();
        for (cluster, reply) in clusters.iter().zip(replies) {
            let first = reply::text(reply)?;
            if !first.is_empty() {
                firsts.insert(*cluster, first.into());
            }
        }
        Ok(firsts)
    }

    /// The first article of each story of an answer's matches, and of one article more; none of a story that
    /// has one article alone.
    pub(super) async fn canonical(
        &self,
        answer: &Answer,
        more: Option<&Article>,
    ) -> Result<HashMap<u64, Box<str>>, Failure> {
        self.firsts_of(&Self::clusters(answer, more)).await
    }

    /// The ids of the first articles of stories; none of a story that has one article alone.
    pub(super) async fn firsts_of(
        &self,
        clusters: &[u64],
    ) -> Result<HashMap<u64, Box<str>>, Failure> {
        if clusters.is_empty() {
            return Ok(HashMap::new());
        }
        let commands = clusters.iter().map(|cluster| self.first_of(*cluster));
        let replies = self.redis.read(commands.collect()).await?;
        Self::firsts(clusters, replies)
    }

    /// The id of the article that an article's story began with; empty if that is gone, and then the story has
    /// a list. Not simply the article itself: it may have been decided a moment ago, and not be in the list yet.
    pub(super) async fn first_member(&self, article: &Article) -> Result<Box<str>, Failure> {
        if article.cluster() == article.sequence() {
            return Ok(article.id.clone());
        }
        let first = [article.cluster()];
        let found = self.articles.fetch(&self.redis, &first, false).await?;
        Ok(found
            .first()
            .map_or_else(Box::default, |found| found.article.id.clone()))
    }

    /// So many of a story's articles from a place on, and how many there are.
    pub(super) async fn members(
        &self,
        article: &Arc<Article>,
        from: usize,
        limit: usize,
    ) -> Result<(Vec<Arc<Article>>, usize), Failure> {
        let story = self.keys.cluster(article.cluster());
        let (mut length, mut range) = (cmd("LLEN"), cmd("LRANGE"));
        length.arg(&story);
        range
            .arg(&story)
            .arg(from)
            .arg((from + limit).saturating_sub(1));
        let commands = [length, range].map(|cmd| Command::new(story.as_bytes(), cmd));
        let mut replies = self.redis.read(commands.to_vec()).await?.into_iter();
        let length = replies.next().map_or(Ok(0), reply::number)?;
        let ids = replies
            .next()
            .map_or_else(|| Ok(Vec::new()), reply::several)?;
        if length == 0 {
            let alone = [article].into_iter().skip(from).take(limit);
            return Ok((alone.cloned().collect(), 1));
        }
        let ids: Vec<_> = ids.into_iter().map(reply::text).collect::<Result<_, _>>()?;
        let members = self.articles.named(&self.redis, &ids).await?;
        Ok((members, usize::try_from(length).unwrap_or_default()))
    }
}
