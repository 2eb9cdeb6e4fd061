//! From a listener to a server that answers, and back to nothing.

use std::{path::Path, sync::Arc, time::SystemTime};

use basma_proto::{
    FILE_DESCRIPTOR_SET,
    v1::{
        article_service_server::ArticleServiceServer, backup_service_server::BackupServiceServer,
        collection_service_server::CollectionServiceServer,
        dedup_service_server::DedupServiceServer, migration_service_server::MigrationServiceServer,
    },
};
use basma_redis::{Ack, Address};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::{Server, server::TcpIncoming};
use tonic_health::pb::health_server::HealthServer;
use tracing::{info, warn};

use crate::{
    auth::{AuthLayer, Door},
    config::{Config, Confirmation},
    connections::Connections,
    expiry::expire,
    exposure,
    health::Health,
    heap,
    index::Catalog,
    limits::{LimitLayer, Limits},
    metrics::{self, Metrics, State, Traffic},
    observe::ObserveLayer,
    registry::Registry,
    reload::Reloads,
    service::Service,
    shared::Shared,
    signals::Signals,
    store::Store,
    supervisor, tls,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Serves on `listener` until told to stop, then takes no new connections, lets requests under way go on
/// for `config.drain` at most, and returns.
///
/// The health service says SERVING for "" and for each service once the store is read and requests are
/// answered, and NOT_SERVING before that and from the signal to stop on.
///
/// It needs tokio's multi-threaded runtime: long texts are worked on in place while the other threads go on.
///
/// # Errors
///
/// If it must not listen there, a certificate or the tokens cannot be used, the listener fails, the store
/// cannot be used, or the reflection service cannot be made.
pub async fn run(
    listener: TcpListener,
    config: Config,
    signals: Signals,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let address = listener.local_addr()?;
    exposure::check(address, &config)?;
    let mut reloads = Reloads::default();
    let tls = tls::open(&config, &mut reloads)?;
    let door = Door::open(&config, &mut reloads)?;
    let keeping_up = tokio::spawn(reloads.keep_up(signals.reloads()));
    let stop = signals.stop;
    let catalog = catalog(&config)?;
    let limits = Limits::new(config.ceilings.clone());
    let connections = Connections::new(config.ceilings.max_connections, config.ceilings.max_idle);
    let service = Service::new(
        Arc::clone(&catalog),
        Arc::clone(&limits),
        &config.ceilings,
        stop.clone(),
    );

    let traffic = Traffic::default();
    let state = State {
        limits: Arc::clone(&limits),
        connections: Arc::clone(&connections),
        catalog: Arc::clone(&catalog),
        tls: tls.clone(),
        version: VERSION,
        started: SystemTime::now(),
    };
    let metrics = Metrics::new(&traffic, state);

    let (say, health) = Health::new(stop.clone());
    let most = config.ceilings.max_message_bytes;
    macro_rules! limited {
        ($server:ident) => {
            $server::new(service.clone())
                .max_decoding_message_size(most)
                .max_encoding_message_size(usize::MAX)
        };
    }

    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // Set here: what `Server` has of the kind is not for a listener that it is given. Without it an
    // answer in two segments waits for the caller's delayed acknowledgement, some 40 ms.
    let incoming = TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(config.ceilings.keepalive));
    let incoming = tls::secured(incoming, tls);
    let incoming = Arc::clone(&connections).limit(incoming);
    let server = Server::builder()
        .http2_keepalive_interval(Some(config.ceilings.keepalive))
        .max_concurrent_streams(config.ceilings.max_streams_per_connection)
        .layer(ObserveLayer(traffic))
        .layer(AuthLayer(door))
        .layer(LimitLayer(limits))
        .add_service(limited!(DedupServiceServer))
        .add_service(limited!(ArticleServiceServer))
        .add_service(limited!(CollectionServiceServer))
        .add_service(limited!(BackupServiceServer))
        .add_service(limited!(MigrationServiceServer))
        .add_service(HealthServer::new(health))
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);

    let recovery = {
        let catalog = Arc::clone(&catalog);
        let (expiring, kept) = (stop.clone(), kept(&config));
        async move {
            match Arc::clone(&catalog).recover().await {
                Ok(()) => {
                    info!(%address, version = VERSION, index = kept, "serving");
                    say.send_replace(true);
                    supervisor::ready();
                    tokio::spawn(expire(catalog, expiring));
                    std::future::pending().await
                }
                Err(message) => message,
            }
        }
    };
    let draining = {
        let stop = stop.clone();
        async move {
            stop.cancelled().await;
            info!("draining");
            supervisor::stopping();
        }
    };
    if let Some(at) = &config.metrics_listen {
        let listener = TcpListener::bind(at).await;
        let listener = listener.map_err(|error| format!("cannot listen on {at}: {error}"))?;
        exposure::check_metrics(listener.local_addr()?, &config)?;
        info!(address = %listener.local_addr()?, "metrics");
        tokio::spawn(metrics::listen(listener, metrics, stop.clone()));
    }
    tokio::spawn(connections.watch(stop.clone()));
    tokio::spawn(heap::give_back(stop.clone()));
    let _living = AbortOnDropHandle::new(tokio::spawn(supervisor::live()));
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(config.drain).await;
    };
    tokio::select! {
        served = server.serve_with_incoming_shutdown(incoming, draining) => served?,
        message = recovery => return Err(message.into()),
        () = late => warn!(after = ?config.drain, "requests were still under way at the end of the drain"),
    }
    tokio::task::block_in_place(|| catalog.stop());
    keeping_up.abort();
    info!("stopped");
    Ok(())
}

/// Where the index is kept.
fn catalog(config: &Config) -> Result<Arc<dyn Catalog>, String> {
    let most = config.ceilings.max_collections;
    if let Some(url) = &config.store {
        let read = |path: &Path| {
            let read = std::fs::read(path);
            read.map_err(|error| format!("{}: {error}", path.display()))
        };
        let account = config.store_account.as_deref().map(read).transpose()?;
        let url = match &account {
            Some(account) => {
                let account = String::from_utf8_lossy(account);
                url.replacen("://", &format!("://{}@", account.trim()), 1)
            }
            None => url.clone(),
        };
        // Its message does not repeat the address, which has a password.
        let address: Address = url.parse().map_err(|error| format!("store: {error}"))?;
        let authority = config.store_ca.as_deref().map(read).transpose()?;
        let address = match authority {
            Some(pem) => address.with_authority(pem),
            None => address,
        };
        let ack = match config.store_ack {
            Confirmation::Replica => Ack::Replica,
            Confirmation::Master => Ack::Master,
        };
        return Ok(Arc::new(Shared::new(address, ack, most)));
    }
    let store = config.data_dir.as_deref();
    let store = store.map(|folder| {
        Store::open(
            folder,
            config.durability(),
            config.resident_articles,
            config.accept_loss,
        )
    });
    Ok(Arc::new(Registry::new(most, store.transpose()?)))
}

/// The same for people.
fn kept(config: &Config) -> String {
    match (&config.store, &config.data_dir) {
        (Some(url), _) => url.clone(),
        (None, Some(folder)) => folder.display().to_string(),
        (None, None) => "in memory only".to_owned(),
    }
}
