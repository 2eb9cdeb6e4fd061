//! `basma list`

use std::io::Write;

use clap::Args;

use super::{
    failure::{Exit, Failure},
    session::Session,
};
use crate::output::{ArticleLine, write_articles, write_json};

/// The most that the server gives at once.
const PAGE: usize = 1000;

/// List indexed articles in the order in which they were first submitted
#[derive(Debug, Args)]
pub(super) struct List {
    /// How many to list at most
    #[arg(
        long,
        short = 'n',
        value_name = "N",
        default_value_t = 100,
        conflicts_with = "all"
    )]
    limit: usize,
    /// List them all
    #[arg(long)]
    all: bool,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let mut left = if self.all { usize::MAX } else { self.limit };
        let mut token = String::new();
        let mut out = session.stdout();
        while left > 0 {
            let size = left.min(PAGE);
            let page = session.client.list(size as i32, &token, false).await?;
            left = left.saturating_sub(page.articles.len());
            if session.json {
                for article in &page.articles {
                    write_json(&mut out, &ArticleLine::from(article))?;
                }
            } else {
                write_articles(&mut out, session.style, &page.articles)?;
            }
            out.flush()?;
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        if left == 0 && !token.is_empty() && !session.json {
            writeln!(out, "… and more; see them with --limit or --all")?;
            out.flush()?;
        }
        Ok(Exit::DONE)
    }
}
