//! `CollectionService`: separate indexes, their settings, and what they hold.

use basma_engine::collection::VERDICTS;
use basma_proto::v1::{self, collection_service_server::CollectionService};
use tonic::{Request, Response, Status};

use super::Service;
use crate::{
    auth::Access,
    convert::{page_size, settings, time},
    failure::Failure,
};

impl Service {
    async fn create(
        &self,
        access: &Access,
        request: &v1::CreateCollectionRequest,
    ) -> Result<v1::Collection, Failure> {
        let Some(collection) = &request.collection else {
            return Err(missing());
        };
        let settings = settings::create(collection)?;
        let made = self
            .catalog
            .create(access, &collection.name, settings)
            .await;
        let made = made.map_err(|failure| failure.within("collection"))?;
        Ok(settings::write(&*made))
    }

    async fn update(
        &self,
        access: &Access,
        request: &v1::UpdateCollectionRequest,
    ) -> Result<v1::Collection, Failure> {
        let Some(collection) = &request.collection else {
            return Err(missing());
        };
        let index = self.catalog.get(access, &collection.name).await?;
        let paths = request
            .update_mask
            .as_ref()
            .map(|mask| mask.paths.as_slice());
        let settings = settings::change(index.settings(), collection, paths.unwrap_or_default())?;
        index.change(settings).await?;
        Ok(settings::write(&*index))
    }
}

fn missing() -> Failure {
    Failure::invalid("COLLECTION_MISSING", "collection", "there is no collection")
}

#[tonic::async_trait]
impl CollectionService for Service {
    async fn create_collection(
        &self,
        request: Request<v1::CreateCollectionRequest>,
    ) -> Result<Response<v1::CreateCollectionResponse>, Status> {
        let collection = Some(
            self.create(Access::of(&request)?, request.get_ref())
                .await?,
        );
        Ok(Response::new(v1::CreateCollectionResponse { collection }))
    }

    async fn get_collection(
        &self,
        request: Request<v1::GetCollectionRequest>,
    ) -> Result<Response<v1::GetCollectionResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let index = self.catalog.get(access, &request.name).await?;
        let collection = Some(settings::write(&*index));
        Ok(Response::new(v1::GetCollectionResponse { collection }))
    }

    async fn list_collections(
        &self,
        request: Request<v1::ListCollectionsRequest>,
    ) -> Result<Response<v1::ListCollectionsResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        // The token is the name that the page before ended with.
        let size = page_size(request.page_size)?;
        let (page, more) = self.catalog.list(access, &request.page_token, size).await?;
        let next = page.last().filter(|_| more);
        let next = next.map(|index| index.name().to_owned());
        Ok(Response::new(v1::ListCollectionsResponse {
            collections: page.iter().map(|index| settings::write(&**index)).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn update_collection(
        &self,
        request: Request<v1::UpdateCollectionRequest>,
    ) -> Result<Response<v1::UpdateCollectionResponse>, Status> {
        let collection = Some(
            self.update(Access::of(&request)?, request.get_ref())
                .await?,
        );
        Ok(Response::new(v1::UpdateCollectionResponse { collection }))
    }

    async fn delete_collection(
        &self,
        request: Request<v1::DeleteCollectionRequest>,
    ) -> Result<Response<v1::DeleteCollectionResponse>, Status> {
        let access = Access::of(&request)?;
        self.catalog.delete(access, &request.get_ref().name).await?;
        Ok(Response::new(v1::DeleteCollectionResponse {}))
    }

    async fn get_stats(
        &self,
        request: Request<v1::GetStatsRequest>,
    ) -> Result<Response<v1::GetStatsResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        let index = self.catalog.get(access, &request.collection).await?;
        // It looks at every table.
        let stats = tokio::task::block_in_place(|| index.stats());
        let count = |(verdict, count): (basma_engine::Verdict, u64)| v1::VerdictCount {
            verdict: verdict.name().to_owned(),
            count,
        };
        Ok(Response::new(v1::GetStatsResponse {
            collection: index.name().to_owned(),
            article_count: stats.articles,
            simhash_count: stats.simhashes,
            cluster_count: stats.clusters,
            index_bytes: stats.bytes,
            verdicts: VERDICTS
                .into_iter()
                .zip(stats.verdicts)
                .map(count)
                .collect(),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            start_time: Some(time::write(self.started)),
        }))
    }
}
