//! The texts of articles, if they are kept.

use basma_engine::Article;
use basma_redis::{Command, Value, cmd};

use super::{collection::Collection, reply};
use crate::{failure::Failure, store::unpack};

impl Collection {
    /// Asks for the text of an article.
    pub(super) fn text_of(&self, sequence: u64) -> Command {
        let key = self.keys.text(sequence);
        let mut get = cmd("GET");
        get.arg(&key);
        Command::new(key.as_bytes(), get)
    }

    /// Keeps the text of an article for `life` milliseconds, or for good.
    pub(super) fn keep(&self, sequence: u64, text: &[u8], life: i64) -> Command {
        let key = self.keys.text(sequence);
        let mut set = cmd("SET");
        set.arg(&key).arg(text);
        if life > 0 {
            set.arg("PX").arg(life);
        }
        Command::new(key.as_bytes(), set)
    }

    /// Reads the reply; there is none if it was not kept.
    pub(super) fn read_text(
        &self,
        article: &Article,
        reply: Value,
    ) -> Result<Option<String>, Failure> {
        let packed = reply::bytes(reply)?;
        match packed.is_empty() {
            true => Ok(None),
            false => unpack(&packed)
                .map(Some)
                .map_err(|error| Failure::text_unreadable(&article.id, &error)),
        }
    }

    /// The text of an article; `None` if it was not kept.
    pub(super) async fn kept(&self, article: &Article) -> Result<Option<String>, Failure> {
        let get = self.text_of(article.sequence());
        let mut replies = self.redis.read(vec![get]).await?;
        self.read_text(article, replies.pop().unwrap_or(Value::Nil))
    }
}
