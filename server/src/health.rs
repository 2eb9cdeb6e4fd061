//! The health service: how the server is, for its probes and for clients that choose among servers.

use std::pin::Pin;

use basma_proto::v1::{
    article_service_server::ArticleServiceServer, backup_service_server::BackupServiceServer,
    collection_service_server::CollectionServiceServer, dedup_service_server::DedupServiceServer,
    migration_service_server::MigrationServiceServer,
};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, server::NamedService};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_server,
};

use crate::service::Service;

/// What may be asked about; all of it is as the server is.
const SERVICES: [&str; 6] = [
    "",
    <DedupServiceServer<Service> as NamedService>::NAME,
    <ArticleServiceServer<Service> as NamedService>::NAME,
    <CollectionServiceServer<Service> as NamedService>::NAME,
    <BackupServiceServer<Service> as NamedService>::NAME,
    <MigrationServiceServer<Service> as NamedService>::NAME,
];

/// Answers SERVING from when that is said until the server is to stop. Watchers are told of every change; at the
/// stop their streams end, so that nobody holds up a drain by watching it.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    serving: watch::Receiver<bool>,
    stop: CancellationToken,
}

impl Health {
    /// And what is to be told when the server serves.
    pub(crate) fn new(stop: CancellationToken) -> (watch::Sender<bool>, Self) {
        let (say, serving) = watch::channel(false);
        (say, Self { serving, stop })
    }

    fn status(&self) -> ServingStatus {
        match *self.serving.borrow() && !self.stop.is_cancelled() {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        }
    }
}

fn known(request: &Request<HealthCheckRequest>) -> Result<(), Status> {
    match SERVICES.contains(&request.get_ref().service.as_str()) {
        true => Ok(()),
        false => Err(Status::not_found("there is no such service")),
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        known(&request)?;
        Ok(Response::new(response(self.status())))
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        known(&request)?;
        let mut serving = self.serving.clone();
        // What it is now is told at once.
        serving.mark_changed();
        let changes = stream::unfold((serving, self.clone()), |(mut serving, health)| async {
            serving.changed().await.ok()?;
            Some((health.status(), (serving, health)))
        });
        let last = stream::once(async { ServingStatus::NotServing });
        let stopped = self.stop.clone().cancelled_owned();
        let told = changes.take_until(stopped).chain(last);
        Ok(Response::new(Box::pin(
            told.map(|status| Ok(response(status))),
        )))
    }
}
