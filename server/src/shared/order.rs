//! Which of two articles is the earlier.
//!
//! Servers have no common clock and no common counter. But who appends to a list is told, in one step, who
//! stood there before: so of two that append to the same list exactly one finds the other. They may share
//! several lists and stand in each in another order; what counts is the first list that they share, in an
//! order of lists that all servers know: posting lists by hash, equal texts, blocks by place. Whoever stood
//! there first is the earlier, and the other waits for its decision. Lists of one slot are appended to by one
//! script, all in one step; this needs it of each list only.
//!
//! What was appended is on a replica before anything is decided ([`super::submit`] writes it with its own
//! `WAIT`). To confirm it together with the decision would save a wait, but then a master that is lost between
//! could take the article out of lists that a decided, and perhaps acknowledged, record says it stands in.
//!
//! Two SimHashes may be near and share no list. Each is looked for from the other, but only when it stands in
//! its own lists ([`super::submit`]): so one of two at least finds the other. The older of two that does, by sequence, has
//! the younger begin anew, unless that is decided: it may have looked too early.
//!
//! Copies of one text share all lists, so of any number of them there is a first, a second and so on. Of texts
//! that are merely near, each pair may have another first list, and three may come before each other in a
//! circle. So a record says that its submission waits, and who finds that again and again of one that has the greater
//! sequence has it begin anew ([`super::waiting`]): the one with the smallest sequence always gets on (wound-wait:
//! Rosenkrantz, Stearns and Lewis 1978).

use basma_engine::{Article, detector::Detector, shared::Question};

use super::{ask::Said, keys::Block, lists::Kind, stamps};

/// Milliseconds by which the clocks of two servers may differ. Who came so long before is the earlier
/// without a look at the lists.
const SKEW: i64 = 60_000;

/// When an article came that a submission has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Earlier,
    Later,
    /// The submission is the older one, and the other may have missed it.
    Unsettled,
}

impl From<bool> for Came {
    fn from(is_earlier: bool) -> Self {
        match is_earlier {
            true => Self::Earlier,
            false => Self::Later,
        }
    }
}

/// When an article that a submission has found came, to the submission of a text that posts these hashes.
pub(super) fn came(
    other: &Article,
    is_decided: bool,
    question: &Question,
    posted: &[u32],
    sequence: u64,
    said: &Said,
) -> Came {
    let theirs = other.sequence();
    let is_older = theirs < sequence;
    if is_decided && stamps::time(theirs) + SKEW < stamps::time(sequence) {
        return Came::Earlier;
    }
    let (ours, them) = (question.fingerprint(), &other.fingerprint);
    let lists = &said.lists;
    // A list that has been cut may have lost it.
    let lost = |length: usize, kind: Kind| is_older && length >= kind.most();
    let posts = other.posts();
    let shared = posted.iter().position(|hash| posts.contains(hash));
    if let Some(place) = shared {
        let list = &lists.postings[place];
        let stood = list.iter().any(|holder| holder.sequence == theirs);
        return (stood || lost(list.len(), Kind::Posting)).into();
    }
    if ours.exact == them.exact {
        let stood = lists.same.contains(&theirs);
        return (stood || lost(lists.same.len(), Kind::Same)).into();
    }
    if ours.tokens.min(them.tokens) >= Detector::MIN_TOKENS {
        let blocks = Block::all(ours.simhash).zip(Block::all(them.simhash));
        let shared = blocks.zip(&said.blocks).find(|((a, b), _)| a == b);
        if let Some((_, list)) = shared {
            let stood = list.iter().any(|(_, holder)| *holder == theirs);
            return (stood || lost(list.len(), Kind::Near)).into();
        }
    }
    // They append to no list in common: one has found the other because it asks for more than it posts.
    let distance = ours.simhash.distance(them.simhash);
    match is_older || is_decided {
        true => Came::Earlier,
        false if distance <= question.detector().distance => Came::Unsettled,
        false => Came::Later,
    }
}
