//! The calls of `MigrationService`.

use basma_proto::v1::{
    ExportRequest, ExportResponse, ImportRequest, ImportResponse,
    migration_service_client::MigrationServiceClient,
};
use tokio_stream::{Stream, StreamExt as _};

use super::{Client, MAX_ANSWER_BYTES};
use crate::error::Error;

impl Client {
    /// Gives out all articles of this client's collection, with all that a server knows of them, those first
    /// that were admitted first. The deadline is for the first answer alone.
    ///
    /// # Errors
    /// `NOT_FOUND` if there is no such collection; as the server refuses, or none could be reached in time.
    pub async fn export(
        &self,
    ) -> Result<impl Stream<Item = Result<ExportResponse, Error>> + Unpin + use<>, Error> {
        let mut stub =
            MigrationServiceClient::new(self.calls()).max_decoding_message_size(MAX_ANSWER_BYTES);
        let request = ExportRequest {
            collection: self.collection.to_string(),
        };
        let answer = tokio::time::timeout(self.deadline, stub.export(request)).await;
        let records = answer
            .map_err(|_| self.overdue())?
            .map_err(|status| self.error(&status))?;
        let client = self.clone();
        let records = records.into_inner();
        Ok(records.map(move |some| some.map_err(|status| client.error(&status))))
    }

    /// Takes articles that were given out by another server into this client's collection, in the same order. It
    /// takes as long as they come; it may be called again with the same after an error.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` or `FAILED_PRECONDITION` if the collection has other articles; as the server refuses,
    /// or none could be reached.
    pub async fn import(
        &self,
        articles: impl Stream<Item = ExportResponse> + Send + 'static,
    ) -> Result<ImportResponse, Error> {
        let collection = self.collection.to_string();
        let requests = articles.map(move |some| ImportRequest {
            collection: collection.clone(),
            records: some.records,
            fold_version: some.fold_version,
            content_version: some.content_version,
        });
        // The collection is named even where there is no article.
        let first = ImportRequest {
            collection: self.collection.to_string(),
            ..ImportRequest::default()
        };
        let requests = tokio_stream::once(first).chain(requests);
        let answer = MigrationServiceClient::new(self.calls())
            .import(requests)
            .await;
        let answer = answer.map_err(|status| self.error(&status))?;
        Ok(answer.into_inner())
    }
}
