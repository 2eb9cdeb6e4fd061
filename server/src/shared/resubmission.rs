//! A text that was submitted under its id before: what it was told then.

use std::sync::Arc;

use basma_engine::{Answer, Article};
use basma_redis::Value;
use futures_util::TryFutureExt as _;

use super::{
    articles::Found,
    collection::{Collection, life_of},
    ids, reply,
    submit::Begun,
    waiting::Waited,
};
use crate::{failure::Failure, registry::now};

impl Collection {
    /// Undoes what was begun, and says what the same text was told; `None` if that was never decided.
    pub(super) async fn first_answer(
        &self,
        begun: &Begun<'_>,
        same: &Found,
        text: Option<&[u8]>,
    ) -> Result<Option<Answer>, Failure> {
        let undo = self.redis.write(self.undo(begun.asked, begun.sequence));
        let undo = undo.map_err(Failure::from);
        let (_, answer) = tokio::try_join!(undo, self.told_then(begun, same, text))?;
        Ok(answer)
    }

    async fn told_then(
        &self,
        begun: &Begun<'_>,
        same: &Found,
        text: Option<&[u8]>,
    ) -> Result<Option<Answer>, Failure> {
        let article = match same.is_decided {
            true => Arc::clone(&same.article),
            // An attempt of the same caller's, perhaps, that has failed: it is not waited for as others are.
            false => {
                let sequence = same.article.sequence();
                match self.articles.decided(&self.redis, sequence, None).await? {
                    Waited::Decided(found) => found.article,
                    Waited::Gone | Waited::Anew => return Ok(None),
                }
            }
        };
        if ids::read(&begun.named) != Some(article.sequence())
            && !self.complete(begun, &article, text).await?
        {
            return Ok(None);
        }
        let matched: Vec<_> = article.matched().collect();
        let others = self.articles.fetch_anew(&self.redis, &matched).await?;
        let mut answer = begun.question.first_answer(&article, &others);
        let own = self.canonical(&answer, Some(&article)).await?;
        answer.tell_canonical(&article.id, |other| own.get(&other.cluster()).cloned());
        let own = own.get(&article.cluster()).cloned();
        answer.canonical_id = own.filter(|id| *id != article.id);
        Ok(Some(answer))
    }

    /// An attempt was decided, and has failed before it had the id, or is about to give it: does again all of the rest.
    /// Says whether the article has the id now.
    async fn complete(
        &self,
        begun: &Begun<'_>,
        article: &Article,
        text: Option<&[u8]>,
    ) -> Result<bool, Failure> {
        let life = life_of(&self.settings.read(), article, now());
        let (sequence, known) = (article.sequence(), &begun.named);
        let give = ids::give(&self.keys, &article.id, known, sequence, life);
        let mut commands = vec![give];
        if article.cluster() != sequence {
            let first = self.first_member(article).await?;
            commands.push(self.join(article, &first));
        }
        commands.extend(self.rest(begun.asked, article, text));
        let named = self.redis.write(commands).await?.into_iter().next();
        let named = reply::bytes(named.unwrap_or(Value::Nil))?;
        if ids::read(&named) != Some(sequence) {
            return Ok(false);
        }
        self.counts.import(article, self.counts.stories.usual());
        if let Some(old) = &begun.old {
            self.replace(old, article).await;
        }
        Ok(true)
    }
}
