//! What the files hold, as rustls wants it.

use std::{sync::Arc, time::SystemTime};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
};
use tracing::{info, warn};
use x509_cert::{Certificate, der::Decode as _};

use crate::{
    config::Config,
    reload::{Live, Reloads},
};

/// The name of HTTP/2 (RFC 7301), the only protocol that is spoken here.
const HTTP_2: &[u8] = b"h2";

/// How connections are secured.
#[derive(Debug)]
pub(crate) struct Identity {
    /// As rustls wants it.
    pub(super) config: Arc<ServerConfig>,
    /// When the server's own certificate expires.
    pub(crate) until: SystemTime,
}

/// Reads the certificate that the settings name, if they name one, and again whenever it changes.
///
/// # Errors
///
/// A sentence that names the setting at fault.
pub(crate) fn open(
    config: &Config,
    reloads: &mut Reloads,
) -> Result<Option<Live<Identity>>, String> {
    let files = match (&config.tls_cert, &config.tls_key, &config.tls_client_ca) {
        (None, None, None) => return Ok(None),
        (Some(cert), Some(key), client_ca) => [cert, key].into_iter().chain(client_ca),
        (Some(_), None, _) => return Err("tls_cert needs a tls_key beside it".to_owned()),
        (None, Some(_), _) => return Err("tls_key needs a tls_cert beside it".to_owned()),
        (None, None, Some(_)) => {
            return Err("tls_client_ca needs tls_cert and tls_key beside it".to_owned());
        }
    };
    let live = reloads.open("certificates", files.cloned().collect(), read)?;
    Ok(Some(live))
}

/// Makes of certificate, key and perhaps the clients' CA how connections are to be secured.
fn read(contents: &[Vec<u8>]) -> Result<Identity, String> {
    let [cert, key, client_ca @ ..] = contents else {
        return Err("there is no certificate".to_owned());
    };
    let chain = certificates("tls_cert", cert)?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| format!("tls_key holds no private key in PEM: {error}"))?;
    let provider = Arc::new(default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = match client_ca {
        [] => config.with_no_client_auth(),
        [roots, ..] => {
            let mut store = RootCertStore::empty();
            for root in certificates("tls_client_ca", roots)? {
                store
                    .add(root)
                    .map_err(|error| format!("tls_client_ca: {error}"))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
            let verifier = verifier
                .build()
                .map_err(|error| format!("tls_client_ca: {error}"))?;
            config.with_client_cert_verifier(verifier)
        }
    };
    let until = chain.first().map(expiry).transpose();
    let until = until
        .map_err(|cause| format!("tls_cert: {cause}"))?
        .ok_or("tls_cert holds no certificate")?;
    let mut config = config
        .with_single_cert(chain, key)
        .map_err(|error| format!("tls_cert and tls_key cannot be used: {error}"))?;
    config.alpn_protocols = vec![HTTP_2.to_vec()];
    // Nobody resumes a session: connections last, and a session that outlived a change of the clients'
    // CA would let in whom the new one does not know.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    match until.to_system_time() < SystemTime::now() {
        true => warn!(%until, "the server's certificate has expired"),
        false => info!(%until, "the server's certificate is valid"),
    }
    Ok(Identity {
        config: Arc::new(config),
        until: until.to_system_time(),
    })
}

fn certificates(setting: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err(format!("{setting} holds no certificate in PEM"))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(format!("{setting} cannot be read: {error}")),
    }
}

/// Until when a certificate is valid.
fn expiry(certificate: &CertificateDer<'_>) -> Result<x509_cert::time::Time, String> {
    let read = Certificate::from_der(certificate).map_err(|error| error.to_string())?;
    Ok(read.tbs_certificate().validity().not_after)
}
