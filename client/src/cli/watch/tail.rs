//! The end of the list of articles, as it grows.

use std::collections::{HashSet, VecDeque};

use basma_proto::v1::StoredArticle;

use crate::{Error, client::Client};

/// The most that the server gives at once.
const FAR: i32 = 1000;
/// Near the end, where each page is asked for again and again.
const NEAR: i32 = 100;

/// How far the list was read.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// Of the page that is read next, or again if it was the last one.
    token: String,
    /// The ids that were read last, for a page may come again.
    known: HashSet<String>,
    /// In the order in which they were read.
    order: VecDeque<String>,
    reached: bool,
    articles: u64,
}

impl Tail {
    /// Reads on, at most so many pages, and calls `found` with every article that is new. One
    /// that takes the place of a deleted one may be missed.
    pub(super) async fn read(
        &mut self,
        client: &Client,
        pages: usize,
        mut found: impl FnMut(StoredArticle),
    ) -> Result<(), Error> {
        for _ in 0..pages {
            let size = if self.reached { NEAR } else { FAR };
            let page = client.list(size, &self.token, false).await?;
            for article in page.articles {
                if self.known.insert(article.id.clone()) {
                    self.articles += 1;
                    self.order.push_back(article.id.clone());
                    found(article);
                }
            }
            while self.order.len() > 2 * FAR as usize {
                let first = self.order.pop_front();
                first.map(|id| self.known.remove(&id));
            }
            if page.next_page_token.is_empty() {
                self.reached = true;
                return Ok(());
            }
            self.token = page.next_page_token;
        }
        Ok(())
    }

    /// Articles read so far; `None` once the end was reached.
    pub(super) fn behind(&self) -> Option<u64> {
        (!self.reached).then_some(self.articles)
    }
}
