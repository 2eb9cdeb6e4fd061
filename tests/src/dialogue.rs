//! What is asked about one collection of a server, and what that said, word for word: so that two servers of
//! different stores can be asked the same and compared.

use std::sync::{Mutex, PoisonError};

use basma_proto::v1::{
    article_service_client::ArticleServiceClient,
    collection_service_client::CollectionServiceClient, dedup_service_client::DedupServiceClient,
    *,
};
use tonic::{Request, Response, Status, metadata::AsciiMetadataValue, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{Grant, Refusal, Server};

/// Asks about a collection, and takes down what is said.
#[derive(Debug)]
pub struct Dialogue {
    channel: Channel,
    token: AsciiMetadataValue,
    collection: String,
    said: Mutex<Vec<String>>,
}

macro_rules! methods {
    ($($client:ident { $($method:ident: $request:ident -> $response:ident),* $(,)? })*) => {
        impl Dialogue {
            $($(
                #[doc = concat!("Calls `", stringify!($request), "`.")]
                pub async fn $method(&self, request: $request) -> Result<$response, Status> {
                    let mut client = $client::new(self.channel.clone());
                    let answered = client.$method(self.request(request)).await;
                    let answered = answered.map(Response::into_inner);
                    self.note(stringify!($method), &answered);
                    answered
                }
            )*)*
        }
    };
}

methods! {
    DedupServiceClient {
        submit: SubmitRequest -> SubmitResponse,
        check: CheckRequest -> CheckResponse,
        batch_submit: BatchSubmitRequest -> BatchSubmitResponse,
        batch_check: BatchCheckRequest -> BatchCheckResponse,
        find_duplicates: FindDuplicatesRequest -> FindDuplicatesResponse,
        compare: CompareRequest -> CompareResponse,
        fingerprint: FingerprintRequest -> FingerprintResponse,
    }
    ArticleServiceClient {
        get_article: GetArticleRequest -> GetArticleResponse,
        list_articles: ListArticlesRequest -> ListArticlesResponse,
        delete_article: DeleteArticleRequest -> DeleteArticleResponse,
        get_cluster: GetClusterRequest -> GetClusterResponse,
    }
    CollectionServiceClient {
        create_collection: CreateCollectionRequest -> CreateCollectionResponse,
        get_collection: GetCollectionRequest -> GetCollectionResponse,
        list_collections: ListCollectionsRequest -> ListCollectionsResponse,
        update_collection: UpdateCollectionRequest -> UpdateCollectionResponse,
        delete_collection: DeleteCollectionRequest -> DeleteCollectionResponse,
        get_stats: GetStatsRequest -> GetStatsResponse,
    }
}

impl Dialogue {
    /// With a server that wants this token, about a collection of this name.
    pub async fn with(server: &Server, grant: &Grant, collection: &str) -> Self {
        Self {
            channel: server.channel().await,
            token: bearer(grant),
            collection: collection.to_owned(),
            said: Mutex::default(),
        }
    }

    /// The same by another caller.
    #[must_use]
    pub fn by(&self, grant: &Grant) -> Self {
        Self {
            token: bearer(grant),
            ..self.aside()
        }
    }

    /// The same about another collection.
    #[must_use]
    pub fn about(&self, collection: &str) -> Self {
        Self {
            collection: collection.to_owned(),
            ..self.aside()
        }
    }

    /// The same with a protocol of its own: to ask until something is so.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            token: self.token.clone(),
            collection: self.collection.clone(),
            said: Mutex::default(),
        }
    }

    /// The name of the collection.
    pub fn collection(&self) -> String {
        self.collection.clone()
    }

    /// All that was said so far, but for what is another each time: moments, memory, page tokens, and the
    /// collection's name.
    pub fn said(&self) -> Vec<String> {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        (request.metadata_mut()).insert("authorization", self.token.clone());
        request
    }

    /// Takes down an answer or a refusal.
    pub fn note<T: std::fmt::Debug>(&self, what: &str, answered: &Result<T, Status>) {
        let said = match answered {
            Ok(answer) => format!("{answer:?}"),
            Err(status) => {
                let retry = status.get_details_retry_info().is_some();
                format!(
                    "{:?}, {:?}, retry {retry}",
                    Refusal::from(status),
                    status.message()
                )
            }
        };
        let said = redacted(said).replace(&self.collection, "NAME");
        let mut all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(format!("{what}: {said}"));
    }

    /// Makes the collection.
    ///
    /// # Panics
    ///
    /// If it cannot be made, as those that follow.
    pub async fn create(&self, collection: Collection) -> Collection {
        let collection = Some(Collection {
            name: self.collection(),
            ..collection
        });
        let made = self.create_collection(CreateCollectionRequest { collection });
        made.await.expect("made").collection.expect("a collection")
    }

    /// Changes what `paths` name of its settings.
    ///
    /// # Errors
    ///
    /// What it is refused with.
    pub async fn change(
        &self,
        paths: &[&str],
        collection: Collection,
    ) -> Result<Collection, Status> {
        let request = UpdateCollectionRequest {
            collection: Some(Collection {
                name: self.collection(),
                ..collection
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            }),
        };
        let changed = self.update_collection(request).await?;
        Ok(changed.collection.expect("a collection"))
    }

    /// What is said to the submission of an article.
    pub async fn submitted(&self, article: Article) -> Answer {
        let request = SubmitRequest {
            collection: self.collection(),
            article: Some(article),
            ..Default::default()
        };
        let answered = self.submit(request).await.expect("an answer");
        answered.answer.expect("an answer")
    }

    /// What is said to a question about an article.
    pub async fn checked(&self, article: Article) -> Answer {
        let request = CheckRequest {
            collection: self.collection(),
            article: Some(article),
            ..Default::default()
        };
        let answered = self.check(request).await.expect("an answer");
        answered.answer.expect("an answer")
    }

    /// The article of an id.
    ///
    /// # Errors
    ///
    /// What it is refused with.
    pub async fn got(&self, id: &str) -> Result<StoredArticle, Status> {
        let request = GetArticleRequest {
            collection: self.collection(),
            id: id.to_owned(),
            with_text: true,
        };
        let got = self.get_article(request).await?;
        Ok(got.article.expect("an article"))
    }

    /// Deletes the article of an id.
    ///
    /// # Errors
    ///
    /// What it is refused with.
    pub async fn deleted(&self, id: &str) -> Result<(), Status> {
        let request = DeleteArticleRequest {
            collection: self.collection(),
            id: id.to_owned(),
        };
        self.delete_article(request).await.map(drop)
    }

    /// A page of the list of articles: ids, and the next page's token.
    ///
    /// # Errors
    ///
    /// What it is refused with.
    pub async fn listed(
        &self,
        page_size: i32,
        page_token: &str,
    ) -> Result<(Vec<String>, String), Status> {
        let request = ListArticlesRequest {
            collection: self.collection(),
            page_size,
            page_token: page_token.to_owned(),
            with_texts: true,
        };
        let page = self.list_articles(request).await?;
        let ids = page.articles.into_iter().map(|article| article.id);
        Ok((ids.collect(), page.next_page_token))
    }

    /// What the collection holds.
    pub async fn stats(&self) -> GetStatsResponse {
        let collection = self.collection();
        let stats = self.get_stats(GetStatsRequest { collection });
        stats.await.expect("counts")
    }

    /// Submits these in one stream, and returns the answers.
    ///
    /// # Errors
    ///
    /// What the stream ends with.
    pub async fn streamed(
        &self,
        requests: Vec<SubmitStreamRequest>,
    ) -> Result<Vec<SubmitStreamResponse>, Status> {
        let mut client = DedupServiceClient::new(self.channel.clone());
        let requests = self.request(tokio_stream::iter(requests));
        let mut answers = client.submit_stream(requests).await?.into_inner();
        let mut all = Vec::new();
        while let Some(answer) = answers.message().await? {
            all.push(answer);
        }
        Ok(all)
    }
}

fn bearer(grant: &Grant) -> AsciiMetadataValue {
    let bearer = format!("Bearer {}", grant.secret);
    bearer.parse().expect("visible characters")
}

/// Without what is another each time.
fn redacted(mut said: String) -> String {
    for (field, end) in [
        ("first_seen_time: Some(", ')'),
        ("create_time: Some(", ')'),
        ("start_time: Some(", ')'),
        ("index_bytes: ", ','),
        // A shared index does not count them.
        ("simhash_count: ", ','),
        ("next_page_token: \"", '"'),
    ] {
        let mut from = 0;
        while let Some(found) = said[from..].find(field) {
            let start = from + found + field.len();
            let length = said[start..].find(end).unwrap_or_default();
            // Whether there is a next page is told.
            let instead = if length > 0 { "…" } else { "" };
            said.replace_range(start..start + length, instead);
            from = start;
        }
    }
    said
}
