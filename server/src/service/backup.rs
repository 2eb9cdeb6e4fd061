//! `BackupService`: copies of the journals.

use std::pin::Pin;

use basma_proto::v1::{self, backup_service_server::BackupService};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
};
use tonic::{Code, Request, Response, Status};

use super::Service;
use crate::{auth::Access, failure::Failure};

/// Pieces of a mebibyte that are read ahead of the caller.
const AHEAD: usize = 4;

/// Each has a thread of those that the runtime needs for long texts, too.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

#[tonic::async_trait]
impl BackupService for Service {
    type BackupStream = Pin<Box<dyn Stream<Item = Result<v1::BackupResponse, Status>> + Send>>;

    async fn backup(
        &self,
        request: Request<v1::BackupRequest>,
    ) -> Result<Response<Self::BackupStream>, Status> {
        let access = Access::of(&request)?;
        // Who may not is told nothing of others who do.
        let snapshot = self.catalog.snapshot(access).await?;
        let place = AT_ONCE
            .try_acquire()
            .map_err(|_| Failure::overloaded("backups", "others are taking backups"))?;
        let total_bytes = snapshot.bytes();
        let (pieces, receiver) = mpsc::channel(AHEAD);
        let idle = self.limits.longest_idle();
        let runtime = Handle::current();
        // A thread of its own: it waits for the disk and for the caller. For the caller not for ever, since
        // nothing is cleaned meanwhile.
        let writing = tokio::task::spawn_blocking(move || {
            let _place = place;
            let send = |piece| runtime.block_on(pieces.send_timeout(piece, idle)).is_ok();
            snapshot.write(send)
        });
        let pieces = stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|piece| (Ok(piece), receiver))
        });
        let end = stream::once(writing).filter_map(async |written| {
            let error = match written {
                Ok(Ok(())) => return None,
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            let message = format!("the journals cannot be copied to their end: {error}");
            Some(Err(Failure::new(Code::Aborted, "BACKUP_ABORTED", message)))
        });
        let answers = pieces.chain(end).map(move |piece| {
            let piece = piece.map_err(Status::from)?;
            Ok(v1::BackupResponse { piece, total_bytes })
        });
        Ok(Response::new(answers.boxed()))
    }
}
