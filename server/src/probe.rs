//! `basmad healthcheck`: asks the server of this configuration whether it serves.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{
        CryptoProvider, ring::default_provider, verify_tls12_signature, verify_tls13_signature,
    },
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::TlsConnector;
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::config::Config;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Returns if the server that has this configuration says SERVING. `identity` is the certificate and the key
/// to show to a server that asks for one.
///
/// # Errors
///
/// A sentence that says what it says else, or why it cannot be asked.
pub async fn probe(config: &Config, identity: Option<(PathBuf, PathBuf)>) -> Result<(), String> {
    let listen = &config.listen;
    let mut found = lookup_host(listen)
        .await
        .map_err(|error| format!("{listen}: {error}"))?;
    let address = found
        .next()
        .ok_or_else(|| format!("{listen} is no address"))?;
    let address = reachable(address);
    let tls = match config.tls_cert {
        Some(_) => Some(TlsConnector::from(Arc::new(client(identity)?))),
        None => None,
    };
    let failed = |error: &dyn std::error::Error| {
        let cause = error.source().map(|cause| format!(": {cause}"));
        format!("cannot ask {address}: {error}{}", cause.unwrap_or_default())
    };
    let endpoint =
        Endpoint::from_shared(format!("http://{address}")).map_err(|error| failed(&error))?;
    let endpoint = endpoint.connect_timeout(PATIENCE).timeout(PATIENCE);
    let connector = tower::service_fn(move |_| connect(address, tls.clone()));
    let channel = endpoint.connect_with_connector(connector).await;
    let channel = channel.map_err(|error| failed(&error))?;
    let asked = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    match asked
        .map_err(|status| failed(&status))?
        .into_inner()
        .status()
    {
        ServingStatus::Serving => Ok(()),
        other => Err(format!("{address} is {}", other.as_str_name())),
    }
}

/// Who listens on all addresses is reached on loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

async fn connect(
    address: SocketAddr,
    tls: Option<TlsConnector>,
) -> std::io::Result<TokioIo<Box<dyn Io>>> {
    let plain = TcpStream::connect(address).await?;
    let io: Box<dyn Io> = match tls {
        Some(tls) => Box::new(tls.connect(address.ip().into(), plain).await?),
        None => Box::new(plain),
    };
    Ok(TokioIo::new(io))
}

fn client(identity: Option<(PathBuf, PathBuf)>) -> Result<ClientConfig, String> {
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Whoever(provider)));
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some((cert, key)) => {
            let unusable = |path: &Path, error| format!("{}: {error}", path.display());
            let chain = CertificateDer::pem_file_iter(&cert)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| unusable(&cert, error.to_string()))?;
            let secret = PrivateKeyDer::from_pem_file(&key)
                .map_err(|error| unusable(&key, error.to_string()))?;
            let config = config.with_client_auth_cert(chain, secret);
            config.map_err(|error| unusable(&cert, error.to_string()))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Takes any server for the right one: what is at this address is asked how it is, and is told nothing that
/// others may not know. Its certificate is for names and from a CA that need not be known here.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
