//! `basma get`

use std::io::Write;

use clap::Args;

use super::{
    failure::{Exit, Failure},
    session::Session,
};
use crate::output::{ArticleLine, write_article, write_json};

/// Show an indexed article
#[derive(Debug, Args)]
pub(super) struct Get {
    id: String,
}

impl Get {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let article = session.client.get(&self.id, false).await?;
        let mut out = session.stdout();
        if session.json {
            write_json(&mut out, &ArticleLine::from(&article))?;
        } else {
            write_article(&mut out, session.style, &article)?;
        }
        out.flush()?;
        Ok(Exit::DONE)
    }
}
