//! Check-and-add in one step, without a lock around the search.
//!
//! Of two near copies submitted at the same moment, each could search before the other is in the
//! tables, and both be told NEW. So each submission takes note of where the order of admission stood
//! when it began to search ([`Arrivals::open`]). When it has its answer it is admitted under a short
//! lock ([`Search::admit`]), and there compared with just those that were admitted since and may have
//! been missed by its search. Whoever is admitted second therefore knows of the first: the order of
//! admission is an order in which the submissions could have come one by one. (Optimistic concurrency
//! control with validation against the concurrent writers: Kung and Robinson, TODS 1981.)

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use super::articles::Article;
use crate::sync::Mutex;

/// The order of admission, and the articles that a search under way may miss.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The sequence that the next article gets.
    next: u64,
    /// Articles in the order of admission; those before the first one are in every table, and no search that
    /// began before they were is still open.
    recent: VecDeque<Arc<Article>>,
    /// Admitted, but perhaps not yet in every table.
    entering: BTreeSet<u64>,
    /// For each open search, where it began; and how many began there.
    open: BTreeMap<u64, usize>,
}

impl State {
    /// The recent articles from a sequence on.
    fn since(&self, sequence: u64) -> impl Iterator<Item = &Arc<Article>> {
        self.recent.range(self.before(sequence)..)
    }

    /// How many of the recent articles are before a sequence.
    fn before(&self, sequence: u64) -> usize {
        self.recent
            .partition_point(|article| article.sequence < sequence)
    }
}

/// A submission between the beginning of its search and its end.
pub(crate) struct Search<'a> {
    arrivals: &'a Arrivals,
    /// Everything below this sequence was in every table when the search began.
    since: u64,
    /// Everything below this sequence has been looked at.
    seen: u64,
    admitted: Option<u64>,
}

impl Arrivals {
    /// The next article gets this sequence.
    pub(crate) fn from(next: u64) -> Self {
        Self(Mutex::new(State {
            next,
            ..State::default()
        }))
    }

    /// The sequence that the next article gets.
    #[cfg(test)]
    pub(crate) fn next(&self) -> u64 {
        self.0.lock().next
    }

    /// Begins a search that may end in an admission.
    pub(crate) fn open(&self) -> Search<'_> {
        let mut state = self.0.lock();
        let since = state.entering.first().copied().unwrap_or(state.next);
        *state.open.entry(since).or_default() += 1;
        Search {
            arrivals: self,
            since,
            seen: since,
            admitted: None,
        }
    }
}

impl Search<'_> {
    /// Whom the search may have missed so far. Looking at them here leaves fewer to be looked at under
    /// the lock.
    pub(crate) fn missed(&mut self) -> Vec<Arc<Article>> {
        let state = self.arrivals.0.lock();
        let missed = state.since(self.seen).cloned().collect();
        self.seen = state.next;
        missed
    }

    /// Admits an article: `decide` is told its sequence and who came since [`Search::missed`], in order,
    /// and makes the article. Until this search is dropped, which must not be before the
    /// article is in every table, later searches are told of it.
    ///
    /// `decide` runs under the lock that all submissions share, so it should compare and not search.
    pub(crate) fn admit(
        &mut self,
        decide: impl FnOnce(u64, &mut dyn Iterator<Item = &Arc<Article>>) -> Arc<Article>,
    ) -> Arc<Article> {
        let mut state = self.arrivals.0.lock();
        let sequence = state.next;
        let article = decide(sequence, &mut state.since(self.seen));
        self.enter(&mut state, &article);
        article
    }

    /// Admits an article that has its sequence from elsewhere; `None`, and nothing done, if that or a later one
    /// was given out. `make` runs under the lock, as that of [`Search::admit`].
    pub(crate) fn admit_as(
        &mut self,
        sequence: u64,
        make: impl FnOnce() -> Arc<Article>,
    ) -> Option<Arc<Article>> {
        let mut state = self.arrivals.0.lock();
        (state.next <= sequence).then(|| {
            let article = make();
            self.enter(&mut state, &article);
            article
        })
    }

    fn enter(&mut self, state: &mut State, article: &Arc<Article>) {
        let sequence = article.sequence;
        state.next = sequence + 1;
        state.recent.push_back(Arc::clone(article));
        state.entering.insert(sequence);
        self.admitted = Some(sequence);
    }
}

/// Ends the search, and with it the time in which others must be told of what it admitted.
impl Drop for Search<'_> {
    fn drop(&mut self) {
        let state = &mut *self.arrivals.0.lock();
        if let Some(sequence) = self.admitted {
            state.entering.remove(&sequence);
        }
        if let Some(count) = state.open.get_mut(&self.since) {
            *count -= 1;
            if *count == 0 {
                state.open.remove(&self.since);
            }
        }
        let needed = [state.open.keys().next(), state.entering.first()]
            .into_iter()
            .flatten()
            .min()
            .copied()
            .unwrap_or(state.next);
        let before = state.before(needed);
        state.recent.drain(..before);
    }
}
