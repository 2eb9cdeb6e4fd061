//! From a listener to a server that answers, and back to nothing.

use std::sync::Arc;

use basma_proto::{
    FILE_DESCRIPTOR_SET,
    v1::{
        article_service_server::ArticleServiceServer,
        collection_service_server::CollectionServiceServer,
        dedup_service_server::DedupServiceServer,
    },
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Server, server::TcpIncoming};
use tracing::{info, warn};

use crate::{config::Config, observe::ObserveLayer, registry::Registry, service::Service};

/// Serves on `listener` until `stop`, then takes no new connections, lets requests under way go on
/// for `config.drain` at most, and returns.
///
/// The health service says SERVING for "" and for each service once requests are answered, and
/// NOT_SERVING from `stop` on.
///
/// It needs tokio's multi-threaded runtime: long texts are worked on in place while the other threads go on.
///
/// # Errors
///
/// If the listener fails, or the reflection service cannot be made.
pub async fn run(
    listener: TcpListener,
    config: Config,
    stop: CancellationToken,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let address = listener.local_addr()?;
    let registry = Arc::new(Registry::new(config.max_collections));
    let service = Service::new(registry, &config, stop.clone());

    let (health, health_service) = tonic_health::server::health_reporter();
    let most = config.max_message_bytes;
    macro_rules! limited {
        ($server:ident) => {
            $server::new(service.clone())
                .max_decoding_message_size(most)
                .max_encoding_message_size(usize::MAX)
        };
    }
    health.set_serving::<DedupServiceServer<Service>>().await;
    health.set_serving::<ArticleServiceServer<Service>>().await;
    health
        .set_serving::<CollectionServiceServer<Service>>()
        .await;
    health
        .set_service_status("", tonic_health::ServingStatus::Serving)
        .await;

    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Set here: what `Server` has of the kind is not for a listener that it is given. Without it an
    // answer in two segments waits for the caller's delayed acknowledgement, some 40 ms.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder()
        .http2_keepalive_interval(Some(std::time::Duration::from_secs(60)))
        .layer(ObserveLayer)
        .add_service(limited!(DedupServiceServer))
        .add_service(limited!(ArticleServiceServer))
        .add_service(limited!(CollectionServiceServer))
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);

    info!(%address, version = env!("CARGO_PKG_VERSION"), "serving; the index is in memory only");
    let draining = {
        let stop = stop.clone();
        async move {
            stop.cancelled().await;
            info!("draining");
            health
                .set_service_status("", tonic_health::ServingStatus::NotServing)
                .await;
            health
                .set_not_serving::<DedupServiceServer<Service>>()
                .await;
            health
                .set_not_serving::<ArticleServiceServer<Service>>()
                .await;
            health
                .set_not_serving::<CollectionServiceServer<Service>>()
                .await;
        }
    };
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(config.drain).await;
    };
    tokio::select! {
        served = server.serve_with_incoming_shutdown(incoming, draining) => served?,
        () = late => warn!(after = ?config.drain, "requests were still under way at the end of the drain"),
    }
    info!("stopped");
    Ok(())
}
