//! The call of `BackupService`.

use basma_proto::v1::{BackupRequest, BackupResponse, backup_service_client::BackupServiceClient};
use tokio_stream::{Stream, StreamExt as _};

use super::{Client, MAX_ANSWER_BYTES};
use crate::error::Error;

impl Client {
    /// Copies all collections of the server, piece by piece; the pieces, one after another, are the file
    /// that `basmad restore` takes. The deadline is for the first answer alone.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` if the server keeps nothing; as the server refuses, or none could be
    /// reached in time. A copy whose stream ends with an error is worth nothing.
    pub async fn backup(
        &self,
    ) -> Result<impl Stream<Item = Result<BackupResponse, Error>> + Unpin + use<>, Error> {
        let mut stub = BackupServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES);
        let answer = tokio::time::timeout(self.deadline, stub.backup(BackupRequest {})).await;
        let pieces = answer
            .map_err(|_| self.overdue())?
            .map_err(|status| self.error(&status))?;
        let client = self.clone();
        let pieces = pieces.into_inner();
        Ok(pieces.map(move |piece| piece.map_err(|status| client.error(&status))))
    }
}
