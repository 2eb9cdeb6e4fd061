//! `BackupService`: copies of the journals.

use std::pin::Pin;

use basma_proto::v1::{self, backup_service_server::BackupService};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tonic::{Code, Request, Response, Status};

use super::Service;
use crate::{auth::Access, failure::Failure};

/// Pieces of a mebibyte that are read ahead of the caller.
const AHEAD: usize = 4;

#[tonic::async_trait]
impl BackupService for Service {
    type BackupStream = Pin<Box<dyn Stream<Item = Result<v1::BackupResponse, Status>> + Send>>;

    async fn backup(
        &self,
        request: Request<v1::BackupRequest>,
    ) -> Result<Response<Self::BackupStream>, Status> {
        let snapshot = self.registry.snapshot(Access::of(&request)?).await?;
        let total_bytes = snapshot.bytes();
        let (pieces, receiver) = mpsc::channel(AHEAD);
        // A thread of its own: it waits for the disk and for the caller.
        tokio::task::spawn_blocking(move || {
            let sent = snapshot.write(|piece| pieces.blocking_send(Ok(piece)).is_ok());
            if let Err(error) = sent {
                let message = format!("the journals cannot be copied to their end: {error}");
                let failure = Failure::new(Code::Aborted, "BACKUP_ABORTED", message);
                // Whoever went away is the error, and not there to be told.
                let _ = pieces.blocking_send(Err(failure));
            }
        });
        let pieces = futures_util::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        let answers = pieces.map(move |piece| {
            let piece = piece?;
            Ok(v1::BackupResponse { piece, total_bytes })
        });
        Ok(Response::new(answers.boxed()))
    }
}
