//! `DedupService`: which function answers which RPC.

use basma_proto::v1::{self, dedup_service_server::DedupService};
use tonic::{Request, Response, Status, Streaming};

use super::{Service, stream::Answers};
use crate::{auth::Access, limits::Allowance};

#[tonic::async_trait]
impl DedupService for Service {
    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        let access = Access::of(&request)?;
        Ok(Response::new(
            self.submit_article(access, request.get_ref()).await?,
        ))
    }

    async fn check(
        &self,
        request: Request<v1::CheckRequest>,
    ) -> Result<Response<v1::CheckResponse>, Status> {
        let access = Access::of(&request)?;
        Ok(Response::new(
            self.check_article(access, request.get_ref()).await?,
        ))
    }

    async fn batch_submit(
        &self,
        request: Request<v1::BatchSubmitRequest>,
    ) -> Result<Response<v1::BatchSubmitResponse>, Status> {
        let access = Access::of(&request)?;
        let allowance = request.extensions().get::<Allowance>();
        let answered = self
            .submit_batch(access, request.get_ref(), allowance)
            .await?;
        Ok(Response::new(answered))
    }

    async fn batch_check(
        &self,
        request: Request<v1::BatchCheckRequest>,
    ) -> Result<Response<v1::BatchCheckResponse>, Status> {
        let access = Access::of(&request)?;
        let allowance = request.extensions().get::<Allowance>();
        let answered = self
            .check_batch(access, request.get_ref(), allowance)
            .await?;
        Ok(Response::new(answered))
    }

    type SubmitStreamStream = Answers;

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Result<Response<Answers>, Status> {
        Ok(Response::new(self.answer_stream(request)?))
    }

    async fn find_duplicates(
        &self,
        request: Request<v1::FindDuplicatesRequest>,
    ) -> Result<Response<v1::FindDuplicatesResponse>, Status> {
        let access = Access::of(&request)?;
        Ok(Response::new(self.find(access, request.get_ref()).await?))
    }

    async fn compare(
        &self,
        request: Request<v1::CompareRequest>,
    ) -> Result<Response<v1::CompareResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        Ok(Response::new(self.compare_sides(access, request).await?))
    }

    async fn fingerprint(
        &self,
        request: Request<v1::FingerprintRequest>,
    ) -> Result<Response<v1::FingerprintResponse>, Status> {
        let access = Access::of(&request)?;
        Ok(Response::new(
            self.fingerprint_text(access, request.get_ref()).await?,
        ))
    }
}
