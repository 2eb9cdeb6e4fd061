//! Many articles in one message: an answer or an error for each.

use basma_proto::v1::{self, item_result};

use futures_util::{StreamExt as _, stream::FuturesOrdered};

use super::{Service, Turns, beside, scope};
use crate::{auth::Access, failure::Failure, index::Answering, limits::Allowance};

impl Service {
    pub(super) async fn submit_batch(
        &self,
        access: &Access,
        request: &v1::BatchSubmitRequest,
        allowance: Option<&Allowance>,
    ) -> Result<v1::BatchSubmitResponse, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let scope = scope(&*index, request.max_matches, request.window.as_ref())?;
        let answer =
            |article: &v1::Article| beside(&*index, self.submit_one(&*index, Some(article), scope));
        Ok(v1::BatchSubmitResponse {
            results: self.each(&request.articles, allowance, answer).await?,
        })
    }

    pub(super) async fn check_batch(
        &self,
        access: &Access,
        request: &v1::BatchCheckRequest,
        allowance: Option<&Allowance>,
    ) -> Result<v1::BatchCheckResponse, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let scope = scope(&*index, request.max_matches, request.window.as_ref())?;
        let answer =
            |article: &v1::Article| beside(&*index, self.check_one(&*index, Some(article), scope));
        Ok(v1::BatchCheckResponse {
            results: self.each(&request.articles, allowance, answer).await?,
        })
    }

    async fn each(
        &self,
        articles: &[v1::Article],
        allowance: Option<&Allowance>,
        answer: impl Fn(&v1::Article) -> Answering<v1::Answer>,
    ) -> Result<Vec<v1::ItemResult>, Failure> {
        if articles.len() > self.max_batch {
            let message = format!(
                "there are {} articles, at most {} are allowed",
                articles.len(),
                self.max_batch
            );
            return Err(Failure::invalid("BATCH_TOO_LARGE", "articles", message));
        }
        if let Some(allowance) = allowance {
            allowance.overdraw(articles.len().saturating_sub(1));
        }
        // Asked one after the other; then the answers are waited for together.
        let mut answers = FuturesOrdered::new();
        let mut turns = Turns::new();
        for article in articles {
            answers.push_back(answer(article));
            turns.give_way().await;
        }
        let answers: Vec<_> = answers.collect().await;
        let items = articles.iter().zip(answers);
        Ok(items
            .map(|(article, answer)| item(&article.id, answer))
            .collect())
    }
}

/// What became of one item.
pub(super) fn item(id: &str, answer: Result<v1::Answer, Failure>) -> v1::ItemResult {
    let result = match answer {
        Ok(answer) => item_result::Result::Answer(answer),
        Err(failure) => item_result::Result::Error(failure.into_item_error()),
    };
    v1::ItemResult {
        id: id.to_owned(),
        result: Some(result),
    }
}
