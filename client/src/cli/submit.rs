//! `basma submit`

use clap::Args;

use super::{
    article::{ArticleArgs, Articles, Ids},
    bulk::{self, Call},
    failure::{Exit, Failure},
    session::Session,
};

/// Check articles and add them, in one step each
#[derive(Debug, Args)]
pub(super) struct Submit {
    #[command(flatten)]
    articles: ArticleArgs,
}

impl Submit {
    pub(super) async fn run(mut self, session: &Session) -> Result<Exit, Failure> {
        let session = &session.within(self.articles.window.window());
        match self.articles.articles(Ids::Required)? {
            Articles::Lines(files, fields) => {
                let summary =
                    bulk::run(session, Call::Submit, files, fields, &self.articles).await?;
                Ok(if summary.has_errors() {
                    Exit::Errors
                } else {
                    Exit::DONE
                })
            }
            Articles::Texts(texts) => {
                let mut out = session.stdout();
                for text in texts {
                    let answer = session
                        .client
                        .submit(text, self.articles.max_matches)
                        .await?;
                    session.print_answer(&mut out, &answer)?;
                }
                Ok(Exit::DONE)
            }
        }
    }
}
