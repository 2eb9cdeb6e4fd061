//! A page that holds two stories, each of which stands in it.
//!
//! Both are contained in the page, and so duplicates; but they do not tell one story. Who came first of the two,
//! before the page or after it, is of the page's story; the other, which has nothing to do with that one, is not.

use std::sync::Arc;

use crate::{
    answer::{Answer, Relation},
    evidence::{Side, held, judge},
    fingerprint::ShingleSet,
    index::articles::Article,
    query::Query,
};

/// At most so many members of a story are looked at, from its first on.
pub const MOST_MEMBERS: usize = 16;

/// At most so many articles that hold the text are looked at for its story.
const MOST_WHOLES: usize = 4;

/// From this share of its shingles on an article stands in another.
const HELD: f64 = 0.5;

impl Answer {
    /// The articles that hold the text, strongest first, as far as its story may have to be chosen among theirs.
    pub fn wholes(&self) -> impl Iterator<Item = &Arc<Article>> {
        let holds = |relation| relation == Relation::ContainedIn;
        let wholes = self.matches.iter().take(MOST_WHOLES);
        let wholes = wholes.take_while(move |found| holds(found.relation));
        wholes.map(|found| &found.article)
    }

    /// Says to which story the text belongs: to that of the strongest match which it is a duplicate of, unless it
    /// stands in this as another part than that story does. `members` gives those of an article's story, at
    /// most [`MOST_MEMBERS`].
    pub(crate) fn choose_story(
        &mut self,
        query: &Query<'_>,
        mut members: impl FnMut(&Arc<Article>) -> Vec<Arc<Article>>,
    ) {
        let wholes = self.wholes();
        let apart = wholes
            .take_while(|whole| is_another_part(query, whole, &members(whole)))
            .count();
        if apart > 0 {
            let next = self.matches.get(apart).filter(|_| apart < MOST_WHOLES);
            let next = next.filter(|next| next.relation.is_duplicate());
            self.story = next.map(|next| next.article.cluster);
            self.name_canonical(query.id);
        }
    }

    /// The first article of the text's story, as the matches say it; the text's own id is `own`.
    pub(crate) fn name_canonical(&mut self, own: &str) {
        let of_story = |cluster| Some(cluster) == self.story;
        let mut matches = self.matches.iter();
        let known = matches.find(|found| of_story(found.article.cluster));
        let canonical = known.map(|found| found.canonical_id.clone());
        self.canonical_id = canonical.filter(|id| **id != *own);
    }
}

/// Whether a text that stands in `whole` stands in it beside what the story of `whole` tells: a member of that stands
/// in `whole` as well, and the two share nothing.
fn is_another_part(query: &Query<'_>, whole: &Article, members: &[Arc<Article>]) -> bool {
    let Some(content) = whole.content() else {
        return false;
    };
    let shingles = ShingleSet::from(content.sketch);
    let is_related = |member: Side<'_>| {
        let (side, shingles) = (query.side, query.shingles);
        judge(side, shingles, member, &query.detector, &query.rarity).is_some()
    };
    let others = members.iter().filter(|member| {
        member.sequence != whole.sequence
            && *member.id != *query.id
            && member.fingerprint.tokens < whole.fingerprint.tokens
    });
    others.map(|member| member.side()).any(|member| {
        let share = held(member, whole.side(), &shingles, &query.rarity);
        share.is_some_and(|share| share >= HELD) && !is_related(member)
    })
}
