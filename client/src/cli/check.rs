//! `basma check`

use basma_proto::v1::Verdict;
use clap::Args;

use super::{
    article::{ArticleArgs, Articles, Ids},
    bulk::{self, Call},
    failure::{Exit, Failure},
    session::Session,
};

/// Check articles and change nothing
///
/// Exit status as grep's: 0 if any was seen before or nearly (EXACT, NEAR_DUPLICATE, CONTAINED_IN,
/// CONTAINS), 1 if none was, 2 for an error.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    articles: ArticleArgs,
}

impl Check {
    pub(super) async fn run(mut self, session: &Session) -> Result<Exit, Failure> {
        let session = &session.within(self.articles.window.window());
        match self.articles.articles(Ids::Optional)? {
            Articles::Lines(files, fields) => {
                let summary =
                    bulk::run(session, Call::Check, files, fields, &self.articles).await?;
                Ok(match summary.has_errors() {
                    true => Exit::Errors,
                    false => found(summary.verdicts()),
                })
            }
            Articles::Texts(texts) => {
                let mut out = session.stdout();
                let mut verdicts = Vec::with_capacity(texts.len());
                for text in texts {
                    let answer = session
                        .client
                        .check(text, self.articles.max_matches)
                        .await?;
                    session.print_answer(&mut out, &answer)?;
                    verdicts.push(answer.verdict());
                }
                Ok(found(verdicts))
            }
        }
    }
}

fn found(verdicts: impl IntoIterator<Item = Verdict>) -> Exit {
    let known = |verdict| {
        use Verdict::{ContainedIn, Contains, Exact, NearDuplicate};
        matches!(verdict, Exact | NearDuplicate | ContainedIn | Contains)
    };
    if verdicts.into_iter().any(known) {
        Exit::Found
    } else {
        Exit::New
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_is_that_of_grep() {
        use Verdict::{ContainedIn, New, Partial, Template};
        assert_eq!(found([New, ContainedIn]), Exit::Found);
        assert_eq!(found([New, Partial, Template]), Exit::New);
        assert_eq!(found([]), Exit::New);
    }
}
