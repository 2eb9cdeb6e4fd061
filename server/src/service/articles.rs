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
    registry::Named,
};

/// A page with more bytes of text than this ends.
const MOST_TEXT: usize = 2 << 20;

impl Service {
    fn indexed(
        &self,
        access: &Access,
        collection: &str,
        id: &str,
    ) -> Result<(Arc<Named>, Arc<Article>), Failure> {
        let named = self.registry.get(access, collection)?;
        if id.is_empty() {
            return Err(Failure::invalid("ID_MISSING", "id", "there is no id"));
        }
        let article = named
            .collection
            .get(id)
            .ok_or_else(|| Failure::article_not_found(id))?;
        Ok((named, article))
    }
}

#[tonic::async_trait]
impl ArticleService for Service {
    async fn get_article(
        &self,
        request: Request<v1::GetArticleRequest>,
    ) -> Result<Response<v1::GetArticleResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let (named, found) = self.indexed(access, &request.collection, &request.id)?;
        let mut article = article::write(&found, &named.collection);
        if request.with_text {
            article.text = named.text(&found)?;
        }
        let article = Some(article);
        Ok(Response::new(v1::GetArticleResponse { article }))
    }

    async fn list_articles(
        &self,
        request: Request<v1::ListArticlesRequest>,
    ) -> Result<Response<v1::ListArticlesResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let named = self.registry.get(access, &request.collection)?;
        let (from, size) = (
            page_token(&request.page_token)?,
            page_size(request.page_size)?,
        );
        let (page, mut next) = named.collection.list(from, size);
        let (mut articles, mut bytes) = (Vec::with_capacity(page.len()), 0);
        for found in &page {
            let mut article = article::write(found, &named.collection);
            if request.with_texts {
                if bytes > MOST_TEXT {
                    next = Some(found.place());
                    break;
                }
                article.text = named.text(found)?;
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
        let (named, _) = self.indexed(access, &request.collection, &request.id)?;
        self.registry.writable()?;
        if !named.delete(&request.id) {
            return Err(Failure::article_not_found(&request.id).into());
        }
        self.registry.durable(self.registry.mark()).await?;
        Ok(Response::new(v1::DeleteArticleResponse {}))
    }

    async fn get_cluster(
        &self,
        request: Request<v1::GetClusterRequest>,
    ) -> Result<Response<v1::GetClusterResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let (named, found) = self.indexed(access, &request.collection, &request.id)?;
        let (from, limit) = (
            page_token(&request.page_token)? as usize,
            page_size(request.page_size)?,
        );
        let (members, size) = named.collection.cluster(&found, from, limit);
        let next = from + limit;
        Ok(Response::new(v1::GetClusterResponse {
            canonical_id: named.collection.canonical_id(&found).into(),
            size: u32::try_from(size).unwrap_or(u32::MAX),
            articles: members
                .iter()
                .map(|member| article::write(member, &named.collection))
                .collect(),
            next_page_token: if next < size {
                next.to_string()
            } else {
                String::new()
            },
        }))
    }
}
