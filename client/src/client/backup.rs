//! The call of `BackupService`.

use basma_engine::{block::Chain, codec::Malformed};
use basma_proto::v1::{BackupRequest, BackupResponse, backup_service_client::BackupServiceClient};
use tokio_stream::{Stream, StreamExt as _};

use super::{Client, MAX_ANSWER_BYTES};
use crate::error::Error;

impl Client {
    /// Copies all collections of the server, piece by piece; the pieces, one after another, are the file
    /// that `basmad restore` takes. The checksum of each is verified, and that none is missing. The deadline
    /// is for the first answer alone.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` if the server keeps nothing; as the server refuses, or none could be
    /// reached in time. A copy whose stream has an error in it, [`Error::Damaged`] for one, is worth
    /// nothing.
    pub async fn backup(
        &self,
    ) -> Result<impl Stream<Item = Result<BackupResponse, Error>> + Unpin + use<>, Error> {
        let mut stub =
            BackupServiceClient::new(self.calls()).max_decoding_message_size(MAX_ANSWER_BYTES);
        let answer = tokio::time::timeout(self.deadline, stub.backup(BackupRequest {})).await;
        let pieces = answer
            .map_err(|_| self.overdue())?
            .map_err(|status| self.error(&status))?;
        let client = self.clone();
        let mut chain = Chain::default();
        let damaged = |Malformed(what)| Error::Damaged(what);
        let end = tokio_stream::once(None);
        let pieces = pieces.into_inner().map(Some).chain(end);
        Ok(pieces.filter_map(move |piece| match piece {
            Some(Ok(piece)) => {
                let followed = chain.follow(&piece.piece).map(drop).map_err(damaged);
                Some(followed.map(|()| piece))
            }
            Some(Err(status)) => Some(Err(client.error(&status))),
            None => chain.end().map_err(damaged).err().map(Err),
        }))
    }
}
