//! `basma cluster`

use std::io::Write;

use clap::Args;

use super::{
    failure::{Exit, Failure},
    session::Session,
};
use crate::output::{ArticleLine, count, write_articles, write_json};

/// List the articles of the story that an article belongs to, the first one first
#[derive(Debug, Args)]
pub(super) struct Cluster {
    /// Any article of the story
    id: String,
}

impl Cluster {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let mut out = session.stdout();
        let mut token = String::new();
        loop {
            let page = session.client.cluster(&self.id, 1000, &token).await?;
            if session.json {
                for article in &page.articles {
                    write_json(&mut out, &ArticleLine::from(article))?;
                }
            } else {
                if token.is_empty() {
                    let first = session.style.foreign(&page.canonical_id);
                    let articles = if page.size == 1 {
                        "article"
                    } else {
                        "articles"
                    };
                    writeln!(out, "{} {articles}, first {first}", count(page.size.into()))?;
                }
                write_articles(&mut out, session.style, &page.articles)?;
            }
            out.flush()?;
            token = page.next_page_token;
            if token.is_empty() {
                return Ok(Exit::DONE);
            }
        }
    }
}
