//! `ArticleService`: what is indexed.

use std::sync::Arc;

use basma_engine::Article;
use basma_proto::v1::{self, article_service_server::ArticleService};
use tonic::{Request, Response, Status};

use super::Service;
use crate::{
    auth::Access,
    convert::{article, page_size, page_token},
    failure::Failure,
    index::Index,
};

/// A page with more bytes of text than this ends.
const MOST_TEXT: usize = 2 << 20;

impl Service {
    async fn indexed(
        &self,
        access: &Access,
        collection: &str,
        id: &str,
    ) -> Result<(Arc<dyn Index>, Arc<Article>), Failure> {
        let index = self.catalog.get(access, collection).await?;
        if id.is_empty() {
            return Err(Failure::invalid("ID_MISSING", "id", "there is no id"));
        }
        let article = index.get(id).await?;
        let article = article.ok_or_else(|| Failure::article_not_found(id))?;
        Ok((index, article))
    }
}

#[tonic::async_trait]
impl ArticleService for Service {
    async fn get_article(
        &self,
        request: Request<v1::GetArticleRequest>,
    ) -> Result<Response<v1::GetArticleResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let indexed = self.indexed(access, &request.collection, &request.id);
        let (index, found) = indexed.await?;
        let mut article = article::write(&found, index.canonical_id(&found).await?);
        if request.with_text {
            article.text = index.text(&found).await?;
        }
        let article = Some(article);
        Ok(Response::new(v1::GetArticleResponse { article }))
    }

    async fn list_articles(
        &self,
        request: Request<v1::ListArticlesRequest>,
    ) -> Result<Response<v1::ListArticlesResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let index = self.catalog.get(access, &request.collection).await?;
        let (from, size) = (
            page_token(&request.page_token)?,
            page_size(request.page_size)?,
        );
        let (page, mut next) = index.list(from, size).await?;
        let (mut articles, mut bytes) = (Vec::with_capacity(page.len()), 0);
        for found in &page {
            let mut article = article::write(found, index.canonical_id(found).await?);
            if request.with_texts {
                if bytes > MOST_TEXT {
                    next = Some(index.place(found));
                    break;
                }
                article.text = index.text(found).await?;
                bytes += article.text.as_ref().map_or(0, String::len);
            }
            articles.push(article);
        }
        Ok(Response::new(v1::ListArticlesResponse {
            articles,
            next_page_token: next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn delete_article(
        &self,
        request: Request<v1::DeleteArticleRequest>,
    ) -> Result<Response<v1::DeleteArticleResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let indexed = self.indexed(access, &request.collection, &request.id);
        let (index, _) = indexed.await?;
        if !index.delete(&request.id).await? {
            return Err(Failure::article_not_found(&request.id).into());
        }
        Ok(Response::new(v1::DeleteArticleResponse {}))
    }

    async fn get_cluster(
        &self,
        request: Request<v1::GetClusterRequest>,
    ) -> Result<Response<v1::GetClusterResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let indexed = self.indexed(access, &request.collection, &request.id);
        let (index, found) = indexed.await?;
        let (from, limit) = (
            page_token(&request.page_token)? as usize,
            page_size(request.page_size)?,
        );
        let (members, size) = index.cluster(&found, from, limit).await?;
        let canonical_id = index.canonical_id(&found).await?;
        let articles = members.iter();
        let articles = articles.map(|member| article::write(member, canonical_id.clone()));
        let next = from + limit;
        Ok(Response::new(v1::GetClusterResponse {
            articles: articles.collect(),
            canonical_id: canonical_id.into(),
            size: u32::try_from(size).unwrap_or(u32::MAX),
            next_page_token: if next < size {
                next.to_string()
            } else {
                String::new()
            },
        }))
    }
}
