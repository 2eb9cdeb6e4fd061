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
        self.registry.writable()?;
        let made = self.registry.create(access, &collection.name, settings);
        let made = made.map_err(|failure| failure.within("collection"))?;
        self.registry.durable(self.registry.mark()).await?;
        Ok(settings::write(&made))
    }

    async fn update(
        &self,
        access: &Access,
        request: &v1::UpdateCollectionRequest,
    ) -> Result<v1::Collection, Failure> {
        let Some(collection) = &request.collection else {
            return Err(missing());
        };
        let named = self.registry.get(access, &collection.name)?;
        let paths = request
            .update_mask
            .as_ref()
            .map(|mask| mask.paths.as_slice());
        let settings = settings::change(named.settings(), collection, paths.unwrap_or_default())?;
        self.registry.writable()?;
        named.change(settings)?;
        self.registry.durable(self.registry.mark()).await?;
        Ok(settings::write(&named))
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
        let named = self
            .registry
            .get(Access::of(&request)?, &request.get_ref().name)?;
        let collection = Some(settings::write(&named));
        Ok(Response::new(v1::GetCollectionResponse { collection }))
    }

    async fn list_collections(
        &self,
        request: Request<v1::ListCollectionsRequest>,
    ) -> Result<Response<v1::ListCollectionsResponse>, Status> {
        let (access, request) = (Access::of(&request)?, request.get_ref());
        // The token is the name that the page before ended with.
        let (page, more) =
            self.registry
                .list(access, &request.page_token, page_size(request.page_size)?)?;
        let next = page.last().filter(|_| more).map(|named| named.name.clone());
        Ok(Response::new(v1::ListCollectionsResponse {
            collections: page.iter().map(|named| settings::write(named)).collect(),
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
        self.registry.writable()?;
        self.registry.delete(access, &request.get_ref().name)?;
        self.registry.durable(self.registry.mark()).await?;
        Ok(Response::new(v1::DeleteCollectionResponse {}))
    }

    async fn get_stats(
        &self,
        request: Request<v1::GetStatsRequest>,
    ) -> Result<Response<v1::GetStatsResponse>, Status> {
        let named = self
            .registry
            .get(Access::of(&request)?, &request.get_ref().collection)?;
        // It looks at every table.
        let stats = tokio::task::block_in_place(|| named.collection.stats());
        let count = |(verdict, count): (basma_engine::Verdict, u64)| v1::VerdictCount {
            verdict: verdict.name().to_owned(),
            count,
        };
        Ok(Response::new(v1::GetStatsResponse {
            collection: named.name.clone(),
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
