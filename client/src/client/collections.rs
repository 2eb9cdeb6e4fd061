//! The calls of `CollectionService`.

use basma_proto::v1::{
    Collection, CreateCollectionRequest, DeleteCollectionRequest, GetCollectionRequest,
    GetStatsRequest, GetStatsResponse, ListCollectionsRequest, ListCollectionsResponse,
    UpdateCollectionRequest, collection_service_client::CollectionServiceClient,
};
use prost_types::FieldMask;

use super::Client;
use crate::error::Error;

const NONE: Error = Error::Protocol("no collection and no error");

/// These name the collection themselves, but for [`Client::stats`].
impl Client {
    /// Creates a collection; its name is required, settings that are absent get their defaults.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` if there is one of this name; as the server refuses, or none could be
    /// reached in time.
    pub async fn create_collection(&self, collection: Collection) -> Result<Collection, Error> {
        let request = CreateCollectionRequest {
            collection: Some(collection),
        };
        let response = self
            .call(request, |calls, request| async move {
                CollectionServiceClient::new(calls)
                    .create_collection(request)
                    .await
            })
            .await?;
        response.collection.ok_or(NONE)
    }

    /// Returns one collection with its settings.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is none; as the server refuses, or none could be reached in time.
    pub async fn get_collection(&self, name: &str) -> Result<Collection, Error> {
        let request = GetCollectionRequest {
            name: name.to_owned(),
        };
        let response = self
            .call(request, |calls, request| async move {
                CollectionServiceClient::new(calls)
                    .get_collection(request)
                    .await
            })
            .await?;
        response.collection.ok_or(NONE)
    }

    /// Returns a page of the collections by name; an empty `page_token` means the first page.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn list_collections(
        &self,
        page_size: i32,
        page_token: &str,
    ) -> Result<ListCollectionsResponse, Error> {
        let request = ListCollectionsRequest {
            page_size,
            page_token: page_token.to_owned(),
        };
        self.call(request, |calls, request| async move {
            CollectionServiceClient::new(calls)
                .list_collections(request)
                .await
        })
        .await
    }

    /// Changes the settings of the collection of this name at `paths`, for example `detector.simhash_distance`; with no paths,
    /// every setting that is present.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` if the setting is fixed by now; as the server refuses, or none could
    /// be reached in time.
    pub async fn update_collection(
        &self,
        collection: Collection,
        paths: Vec<String>,
    ) -> Result<Collection, Error> {
        let request = UpdateCollectionRequest {
            collection: Some(collection),
            update_mask: (!paths.is_empty()).then_some(FieldMask { paths }),
        };
        let response = self
            .call(request, |calls, request| async move {
                CollectionServiceClient::new(calls)
                    .update_collection(request)
                    .await
            })
            .await?;
        response.collection.ok_or(NONE)
    }

    /// Deletes a collection and all that it holds.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is none; as the server refuses, or none could be reached in time.
    pub async fn delete_collection(&self, name: &str) -> Result<(), Error> {
        let request = DeleteCollectionRequest {
            name: name.to_owned(),
        };
        self.call(request, |calls, request| async move {
            CollectionServiceClient::new(calls)
                .delete_collection(request)
                .await
        })
        .await?;
        Ok(())
    }

    /// Counts what this client's collection holds.
    ///
    /// # Errors
    /// As the server refuses, or none could be reached in time.
    pub async fn stats(&self) -> Result<GetStatsResponse, Error> {
        let request = GetStatsRequest {
            collection: self.collection.to_string(),
        };
        self.call(request, |calls, request| async move {
            CollectionServiceClient::new(calls).get_stats(request).await
        })
        .await
    }
}
