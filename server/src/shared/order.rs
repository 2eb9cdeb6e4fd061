//! Which of two articles is the earlier.
//!
//! Servers have no common clock and no common counter. But who appends to a list is told, in one step, who
//! stood there before: so of two that append to the same list exactly one finds the other. They may share
//! several lists and stand in each in another order; what counts is the first list that they share, in an
//! order of lists that all servers know: posting lists by hash, equal texts, blocks by place. Whoever stood
//! there first is the earlier, and the other waits for its decision. Lists of one slot are appended to by one
//! script, all in one step; this needs it of each list only.
//!
//! That one list may be the only one in which the other meets the earlier, and by one posting list nobody is sure to be
//! found: it takes two. So the earlier goes first only if there are enough lists in which it stood first. If not, it
//! knows no more than that the other may have missed it.
//!
//! What was appended is on a replica before anything is decided ([`super::submit`] writes it with its own
//! `WAIT`). To confirm it together with the decision would save a wait, but then a master that is lost between
//! could take the article out of lists that a decided, and perhaps acknowledged, record says it stands in.
//!
//! Two SimHashes may be near and share no list. Each is looked for from the other, but only when it stands in
//! its own lists ([`super::submit`]): so one of two at least finds the other.
//!
//! The older, by sequence, of two that may have missed each other has the younger begin anew, unless that is decided;
//! the younger waits.
//!
//! Copies of one text share all lists, so of any number of them there is a first, a second and so on. Of texts
//! that are merely near, each pair may have another first list, and three may come before each other in a
//! circle. So a record says that its submission waits, and who finds that again and again of one that has the greater
//! sequence has it begin anew ([`super::waiting`]): the one with the smallest sequence always gets on (wound-wait:
//! Rosenkrantz, Stearns and Lewis 1978).

use basma_engine::{Article, SimHash, detector::Detector, shared::Question};

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
    let stood = |place: usize| {
        let list = &lists.postings[place];
        list.iter().any(|holder| holder.sequence == theirs) || lost(list.len(), Kind::Posting)
    };
    let mut shared = other.posted_among(posted).map(stood);
    let first = shared.next();
    let shares_some = match first {
        Some(true) => return Came::Earlier,
        // What it stood in later is where it finds this one.
        Some(false) if other.finds_by(1 + shared.filter(|stood| !stood).count()) => {
            return Came::Later;
        }
        first => first.is_some(),
    };
    if ours.exact == them.exact {
        let stood = lists.same.contains(&theirs) || lost(lists.same.len(), Kind::Same);
        if !stood {
            return Came::Later;
        } else if !shares_some {
            return Came::Earlier;
        }
    }
    let distance = ours.simhash.distance(them.simhash);
    if ours.tokens.min(them.tokens) >= Detector::MIN_TOKENS {
        let blocks = Block::all(ours.simhash).zip(Block::all(them.simhash));
        let common = blocks.zip(&said.blocks).filter(|((a, b), _)| a == b);
        let stood = |list: &[(SimHash, u64)]| {
            list.iter().any(|(_, holder)| *holder == theirs) || lost(list.len(), Kind::Near)
        };
        let mut common = common.map(|(_, list)| stood(list));
        match shares_some {
            false => match common.next() {
                Some(true) => return Came::Earlier,
                Some(false) => return Came::Later,
                None => {}
            },
            true if distance <= question.detector().distance && common.any(|stood| !stood) => {
                return Came::Later;
            }
            true => {}
        }
    }
    // One may have found the other and not been found.
    match is_older || is_decided {
        true => Came::Earlier,
        false if shares_some || distance <= question.detector().distance => Came::Unsettled,
        false => Came::Later,
    }
}

#[cfg(test)]
mod tests {
    use basma_engine::{
        Fingerprinter, Metadata, Submission,
        shared::{Holder, Lists},
    };
    use proptest::prelude::*;

    use super::*;

    fn question(id: &str, words: &[String]) -> Question {
        let submission = Submission {
            id,
            text: &words.join(" "),
            metadata: &Metadata::default(),
            now: 0,
        };
        let detector = Detector::default();
        Question::new(
            &mut Fingerprinter::default(),
            submission,
            detector,
            10.into(),
        )
    }

    /// What the lists say to one of two if the other stood there first wherever `is_first` says so.
    fn said(own: &Question, other: &Article, mut is_first: impl FnMut(u64) -> bool) -> Said {
        let (simhash, sequence) = (other.fingerprint.simhash, other.sequence());
        let posts = other.posts();
        let holder = Holder {
            sequence,
            is_story: true,
        };
        let asked = own.asked().into_iter();
        let postings = asked.map(
            |hash| match posts.contains(&hash) && is_first(hash.into()) {
                true => vec![holder],
                false => Vec::new(),
            },
        );
        let postings = postings.collect();
        let is_same = own.fingerprint().exact == other.fingerprint.exact && is_first(1 << 33);
        let blocks = Block::all(own.fingerprint().simhash).zip(Block::all(simhash));
        let blocks = blocks.map(|(block, theirs)| {
            match block == theirs && is_first(u64::from(block.place) + (1 << 32)) {
                true => vec![(simhash, sequence)],
                false => Vec::new(),
            }
        });
        let blocks: Vec<_> = blocks.collect();
        Said {
            lists: Lists {
                postings,
                same: is_same.then_some(sequence).into_iter().collect(),
                near: blocks.concat(),
            },
            blocks,
        }
    }

    /// Whether one of two goes on without the other.
    fn goes_first(own: &Question, sequence: u64, other: &Article, said: &Said) -> bool {
        let counted = own.count(&said.lists);
        let candidates = own.candidates(&said.lists, &counted);
        let mut posted = own.asked();
        posted.truncate(own.posted());
        !candidates.contains(&other.sequence())
            || came(other, false, own, &posted, sequence, said) == Came::Later
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn of_two_that_arrive_together_one_at_most_goes_first(
            length in 12..100usize, from in 0..8usize, more in 0..4usize, seed: u64, share: u64,
            is_older: bool,
        ) {
            let words: Vec<_> = (0..length).map(|word| format!("كلمة{}", word * 7919 % 1000)).collect();
            let mut others = words[from..].to_vec();
            others.extend((0..more).map(|word| format!("غيرها{word}")));
            let (one, other) = (question("a", &words), question("b", &others));
            let (first, second) = if is_older { (1, 2) } else { (2, 1) };
            let (article, theirs) = (one.undecided(first), other.undecided(second));
            // In which lists the other stood first, by chance: in all, in hardly any or something between.
            let chance = |list: u64| (list ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) < share;
            let to_one = said(&one, &theirs, chance);
            let to_other = said(&other, &article, |list| !chance(list));
            let finds = |question: &Question, article: &Article| {
                let all = said(question, article, |_| true);
                question.candidates(&all.lists, &question.count(&all.lists)).contains(&article.sequence())
            };
            prop_assume!(finds(&one, &theirs) && finds(&other, &article));
            let both = goes_first(&one, first, &theirs, &to_one) && goes_first(&other, second, &article, &to_other);
            prop_assert!(!both);
        }
    }
}
