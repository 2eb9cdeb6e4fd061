//! The calls of `ArticleService`.

use basma_proto::v1::{
    DeleteArticleRequest, GetArticleRequest, GetClusterRequest, GetClusterResponse,
    ListArticlesRequest, ListArticlesResponse, StoredArticle,
    article_service_client::ArticleServiceClient,
};

use super::{Calls, Client, MAX_ANSWER_BYTES};
use crate::error::Error;

fn stub(calls: Calls) -> ArticleServiceClient<Calls> {
    ArticleServiceClient::new(calls).max_decoding_message_size(MAX_ANSWER_BYTES)
}

impl Client {
    /// Returns one article; with `text` it has the text, if its collection keeps texts.
    ///
    /// # Errors
    /// `NOT_FOUND` if it is not indexed; as the server refuses, or none could be reached in time.
    pub async fn get(&self, id: &str, text: bool) -> Result<StoredArticle, Error> {
        let request = GetArticleRequest {
            collection: self.collection.to_string(),
            id: id.to_owned(),
            with_text: text,
        };
        let response = self
            .call(request, |calls, request| async move {
                stub(calls).get_article(request).await
            })
            .await?;
        response
            .article
            .ok_or(Error::Protocol("no article and no error"))
    }

    /// Returns a page of articles in the order in which they were first submitted; `page_size` 0
    /// means the server's default, an empty `page_token` the first page. With `texts` they have the texts
    /// that their collection keeps.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn list(
        &self,
        page_size: i32,
        page_token: &str,
        texts: bool,
    ) -> Result<ListArticlesResponse, Error> {
        let request = ListArticlesRequest {
            collection: self.collection.to_string(),
            page_size,
            page_token: page_token.to_owned(),
            with_texts: texts,
        };
        self.call(request, |calls, request| async move {
            stub(calls).list_articles(request).await
        })
        .await
    }

    /// Deletes one article.
    ///
    /// # Errors
    /// `NOT_FOUND` if it is not indexed; as the server refuses, or none could be reached in time.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let request = DeleteArticleRequest {
            collection: self.collection.to_string(),
            id: id.to_owned(),
        };
        self.call(request, |calls, request| async move {
            stub(calls).delete_article(request).await
        })
        .await?;
        Ok(())
    }

    /// Returns a page of the story that an article belongs to, the first article first.
    ///
    /// # Errors
    /// `NOT_FOUND` if it is not indexed; as the server refuses, or none could be reached in time.
    pub async fn cluster(
        &self,
        id: &str,
        page_size: i32,
        page_token: &str,
    ) -> Result<GetClusterResponse, Error> {
        let request = GetClusterRequest {
            collection: self.collection.to_string(),
            id: id.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
        };
        self.call(request, |calls, request| async move {
            stub(calls).get_cluster(request).await
        })
        .await
    }
}
