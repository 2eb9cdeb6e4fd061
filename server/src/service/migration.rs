//! `MigrationService`: collections on their way from server to server.

use std::pin::Pin;

use basma_engine::{FOLD_VERSION, Record, record::CONTENT_VERSION};
use basma_proto::v1::{self, migration_service_server::MigrationService};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::Semaphore;
use tonic::{Code, Request, Response, Status, Streaming};

use super::Service;
use crate::{auth::Access, failure::Failure, index::Imported};

/// Each knows the place of every article of a collection.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Sequences that no article has had are left to those to come.
const LAST_SEQUENCE: u64 = u64::MAX - (1 << 60);

fn place() -> Result<tokio::sync::SemaphorePermit<'static>, Failure> {
    let busy = |_| Failure::overloaded("migrations", "others are migrating collections");
    AT_ONCE.try_acquire().map_err(busy)
}

/// An article that a caller has sent.
fn imported(record: v1::Record) -> Result<Imported, Failure> {
    let malformed = |what: &str| {
        let message = format!("a record is none that was exported: {what}");
        Failure::invalid("RECORD_MALFORMED", "records", message)
    };
    let read = Record::decode(&record.article).map_err(|error| malformed(error.0))?;
    match read.sequence() <= LAST_SEQUENCE && !read.id().is_empty() {
        true => Ok((read, record.text)),
        false => Err(malformed("a number is out of its range")),
    }
}

/// That fingerprints of these versions can be compared with those that are made here.
fn check_versions(request: &v1::ImportRequest) -> Result<(), Failure> {
    let theirs = (request.fold_version, request.content_version);
    let ours = (FOLD_VERSION, CONTENT_VERSION);
    match theirs == ours || request.records.is_empty() {
        true => Ok(()),
        false => {
            let message = format!(
                "the fingerprints are of versions {theirs:?}, and this server makes {ours:?}: both servers \
                 must be of one version"
            );
            Err(Failure::new(
                Code::FailedPrecondition,
                "FINGERPRINT_VERSION",
                message,
            ))
        }
    }
}

impl Service {
    async fn take_in(
        &self,
        access: &Access,
        mut requests: Streaming<v1::ImportRequest>,
    ) -> Result<v1::ImportResponse, Status> {
        let _place = place()?;
        let mut request = requests.message().await?.unwrap_or_default();
        let index = self.catalog.get(access, &request.collection).await?;
        let mut import = index.import();
        let mut answer = v1::ImportResponse::default();
        loop {
            check_versions(&request)?;
            let records = request.records.into_iter().map(imported);
            let records: Vec<_> = records.collect::<Result<_, _>>()?;
            let count = records.len() as u64;
            let turn = self.limits.gate.turn().await?;
            let new = import.add(records).await?;
            drop(turn);
            answer.imported_articles += new;
            answer.present_articles += count - new;
            match requests.message().await? {
                Some(next) => request = next,
                None => break,
            }
        }
        import.finish().await?;
        Ok(answer)
    }
}

#[tonic::async_trait]
impl MigrationService for Service {
    type ExportStream = Pin<Box<dyn Stream<Item = Result<v1::ExportResponse, Status>> + Send>>;

    async fn export(
        &self,
        request: Request<v1::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let index = self.catalog.get(access, &request.collection).await?;
        let place = place()?;
        let total_articles = index.stats().articles;
        let answers = index.export().map(move |records| {
            let _until_it_ends = &place;
            Ok(v1::ExportResponse {
                records: records.map_err(Status::from)?,
                total_articles,
                fold_version: FOLD_VERSION,
                content_version: CONTENT_VERSION,
            })
        });
        Ok(Response::new(answers.boxed()))
    }

    async fn import(
        &self,
        request: Request<Streaming<v1::ImportRequest>>,
    ) -> Result<Response<v1::ImportResponse>, Status> {
        let access = Access::of(&request)?.clone();
        let answer = self.take_in(&access, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}
