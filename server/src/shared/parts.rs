//! To which story a text belongs that stands in another one: see [`Question::choose_story`].

use foldhash::HashMap;

use basma_engine::{
    Answer,
    shared::{Counted, MOST_MEMBERS, Question},
};
use basma_redis::{Command, cmd};

use super::{collection::Collection, reply};
use crate::failure::Failure;

impl Collection {
    /// Chooses the story of a text. Of one that stands in others the members of their stories are asked for: a round
    /// trip, and two more if there are any; of all others nothing.
    pub(super) async fn choose_story(
        &self,
        question: &Question,
        counted: &Counted,
        answer: &mut Answer,
    ) -> Result<(), Failure> {
        let mut stories: Vec<_> = answer.wholes().map(|whole| whole.cluster()).collect();
        stories.sort_unstable();
        stories.dedup();
        if stories.is_empty() {
            return Ok(());
        }
        let ranges = stories.iter().map(|story| {
            let key = self.keys.cluster(*story);
            let mut range = cmd("LRANGE");
            range.arg(&key).arg(0).arg(MOST_MEMBERS - 1);
            Command::new(key.as_bytes(), range)
        });
        let mut ids = Vec::new();
        for reply in self.redis.read(ranges.collect()).await? {
            for id in reply::several(reply)? {
                ids.push(reply::text(id)?);
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        let mut members: HashMap<_, Vec<_>> = HashMap::default();
        for member in self.articles.named(&self.redis, &ids).await? {
            members.entry(member.cluster()).or_default().push(member);
        }
        question.choose_story(answer, counted, &members, &self.counts.stories);
        Ok(())
    }
}
