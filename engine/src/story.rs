//! To which story a text belongs: to that of the strongest match which it is a duplicate of, but for two cases.
//!
//! **Other events.** A match was perhaps put with its story by mistake, and what is a copy of it is none of the story's
//! other articles: the bulletin of another day, to them a TEMPLATE. So a story that most of its articles which the text
//! resembles speak against is not the text's. A mistake then stays one, where each copy of it would make the next one
//! likelier.
//!
//! **A page that holds two stories**, each of which stands in it. Both are contained in the page, and so duplicates; but
//! they do not tell one story. Who came first of the two, before the page or after it, is of the page's story; the other,
//! which has nothing to do with that one, is not.

use std::sync::Arc;

use foldhash::HashMap;

use crate::{
    answer::{Answer, Relation},
    evidence::{Side, held, judge},
    fingerprint::ShingleSet,
    index::articles::Article,
    query::Query,
};

/// So many articles to which the text is another event outweigh one that it is a duplicate of: more are taken for other
/// events wrongly than for copies.
const OTHERS: i64 = 2;

/// At most so many members of a story are looked at, from its first on.
pub const MOST_MEMBERS: usize = 16;

/// At most so many articles that hold the text are looked at for its story.
const MOST_WHOLES: usize = 4;

/// From this share of its shingles on an article stands in another.
const HELD: f64 = 0.5;

/// The story to which a text belongs by its matches, strongest first, each with what the text is to it and its story:
/// one of the first `told`, so that the answer has an article of it. `None` if it begins its own.
pub(crate) fn of_matches(
    matches: impl Iterator<Item = (Relation, u64)> + Clone,
    told: usize,
) -> Option<u64> {
    let mut votes = HashMap::<u64, i64>::default();
    for (relation, story) in matches.clone() {
        *votes.entry(story).or_default() += match relation {
            Relation::Template => -1,
            relation if relation.is_duplicate() => OTHERS,
            _ => 0,
        };
    }
    let mut told = matches.take(told);
    let is_of = |(relation, story): &(Relation, u64)| match relation {
        Relation::Exact => true,
        relation => relation.is_duplicate() && votes.get(story) >= Some(&0),
    };
    told.find(is_of).map(|(_, story)| story)
}

impl Answer {
    /// The articles that hold the text, strongest first, as far as its story may have to be chosen among theirs.
    pub fn wholes(&self) -> impl Iterator<Item = &Arc<Article>> {
        let holds = |relation| relation == Relation::ContainedIn;
        let wholes = self.matches.iter().take(MOST_WHOLES);
        let wholes = wholes.take_while(move |found| holds(found.relation));
        wholes.map(|found| &found.article)
    }

    /// Chooses another story than [`of_matches`] has if the text stands in an article of that as another part than
    /// the story does. `members` gives those of an article's story, at most [`MOST_MEMBERS`].
    pub(crate) fn choose_story(
        &mut self,
        query: &Query<'_>,
        mut members: impl FnMut(&Arc<Article>) -> Vec<Arc<Article>>,
    ) {
        let wholes = self.wholes();
        let apart: Vec<_> = wholes
            .take_while(|whole| is_another_part(query, whole, &members(whole)))
            .map(|whole| Some(whole.cluster))
            .collect();
        if apart.contains(&self.story) {
            let next = self.matches.get(apart.len());
            let next = next.filter(|_| apart.len() < MOST_WHOLES);
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

#[cfg(test)]
mod tests {
    use super::{Relation::*, of_matches};

    #[test]
    fn a_story_is_not_the_texts_that_others_of_it_speak_against() {
        let story = |matches: &[_]| of_matches(matches.iter().copied(), 10);
        assert_eq!(story(&[]), None);
        assert_eq!(story(&[(Partial, 1), (Template, 1)]), None);
        assert_eq!(story(&[(NearDuplicate, 1), (Contains, 2)]), Some(1));
        // Two others do not outweigh a copy, three do.
        let matches = [
            (NearDuplicate, 1),
            (ContainedIn, 2),
            (Template, 1),
            (Partial, 1),
            (Template, 1),
            (Template, 1),
        ];
        assert_eq!(story(&matches[..5]), Some(1));
        assert_eq!(story(&matches), Some(2));
        // Whose article would not be told.
        assert_eq!(of_matches(matches.into_iter(), 1), None);
        // Where no other story is left it begins one, unless it is the very text.
        let others = [(Template, 1); 3];
        assert_eq!(story(&[&[(NearDuplicate, 1)], &others[..]].concat()), None);
        assert_eq!(story(&[&[(Exact, 1)], &others[..]].concat()), Some(1));
    }
}
