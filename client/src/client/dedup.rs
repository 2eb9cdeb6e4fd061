//! The calls of `DedupService`, but for the stream.

use basma_proto::v1::{
    Answer, Article, BatchCheckRequest, BatchSubmitRequest, CheckRequest, CompareRequest,
    CompareResponse, CompareSide, FindDuplicatesRequest, FindDuplicatesResponse,
    FingerprintRequest, FingerprintResponse, ItemResult, SubmitRequest,
    dedup_service_client::DedupServiceClient, find_duplicates_request::Query,
    fingerprint_request::Body,
};

use super::{Calls, Client, MAX_ANSWER_BYTES};
use crate::error::Error;

pub(super) fn stub(calls: Calls) -> DedupServiceClient<Calls> {
    DedupServiceClient::new(calls).max_decoding_message_size(MAX_ANSWER_BYTES)
}

/// In all of them `max_matches` bounds the matches of one answer; 0 means the server's default.
impl Client {
    /// Checks an article and adds it, in one atomic step.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn submit(&self, article: Article, max_matches: u32) -> Result<Answer, Error> {
        let request = SubmitRequest {
            collection: self.collection.to_string(),
            article: Some(article),
            max_matches,
            window: self.window,
        };
        let response = self
            .call(request, |calls, request| async move {
                stub(calls).submit(request).await
            })
            .await?;
        response
            .answer
            .ok_or(Error::Protocol("a submission without an answer"))
    }

    /// Checks an article and changes nothing.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn check(&self, article: Article, max_matches: u32) -> Result<Answer, Error> {
        let request = CheckRequest {
            collection: self.collection.to_string(),
            article: Some(article),
            max_matches,
            window: self.window,
        };
        let response = self
            .call(request, |calls, request| async move {
                stub(calls).check(request).await
            })
            .await?;
        response
            .answer
            .ok_or(Error::Protocol("a check without an answer"))
    }

    /// Submits articles in order: as many results as articles, in the same order.
    ///
    /// # Errors
    /// As the server refuses the whole batch, or none could be reached in time.
    pub async fn batch_submit(
        &self,
        articles: Vec<Article>,
        max_matches: u32,
    ) -> Result<Vec<ItemResult>, Error> {
        let count = articles.len();
        let request = BatchSubmitRequest {
            collection: self.collection.to_string(),
            articles,
            max_matches,
            window: self.window,
        };
        let response = self
            .call(request, |calls, request| async move {
                stub(calls).batch_submit(request).await
            })
            .await?;
        as_many(response.results, count)
    }

    /// Checks articles: as many results as articles, in the same order.
    ///
    /// # Errors
    /// As the server refuses the whole batch, or none could be reached in time.
    pub async fn batch_check(
        &self,
        articles: Vec<Article>,
        max_matches: u32,
    ) -> Result<Vec<ItemResult>, Error> {
        let count = articles.len();
        let request = BatchCheckRequest {
            collection: self.collection.to_string(),
            articles,
            max_matches,
            window: self.window,
        };
        let response = self
            .call(request, |calls, request| async move {
                stub(calls).batch_check(request).await
            })
            .await?;
        as_many(response.results, count)
    }

    /// Lists what is indexed near an article or a SimHash. `distance` may be absent for an id:
    /// then every relation that holds is listed.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn find(
        &self,
        query: Query,
        distance: Option<u32>,
        max_matches: u32,
    ) -> Result<FindDuplicatesResponse, Error> {
        let request = FindDuplicatesRequest {
            collection: self.collection.to_string(),
            query: Some(query),
            distance,
            max_matches,
        };
        self.call(request, |calls, request| async move {
            stub(calls).find_duplicates(request).await
        })
        .await
    }

    /// Sets two texts side by side.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn compare(&self, a: CompareSide, b: CompareSide) -> Result<CompareResponse, Error> {
        let request = CompareRequest {
            collection: self.collection.to_string(),
            a: Some(a),
            b: Some(b),
        };
        self.call(request, |calls, request| async move {
            stub(calls).compare(request).await
        })
        .await
    }

    /// Computes the fingerprint of a text with the collection's settings.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn fingerprint(&self, body: Body) -> Result<FingerprintResponse, Error> {
        let request = FingerprintRequest {
            collection: self.collection.to_string(),
            body: Some(body),
        };
        self.call(request, |calls, request| async move {
            stub(calls).fingerprint(request).await
        })
        .await
    }
}

fn as_many(results: Vec<ItemResult>, count: usize) -> Result<Vec<ItemResult>, Error> {
    if results.len() == count {
        Ok(results)
    } else {
        Err(Error::Protocol(
            "a batch with more or fewer results than articles",
        ))
    }
}
