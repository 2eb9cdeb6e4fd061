//! Encrypted connections: whom to trust, and how to prove who is calling.

use std::{fmt, io, net::IpAddr, sync::Arc, time::SystemTime};

use http::Uri;
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, InvalidMessage, RootCertStore,
    client::Resumption,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower::Service as _;
use x509_cert::der::Decode as _;

use crate::error::Error;

/// How to make sure of the server, and prove who is calling; by default, whom the system trusts is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Who may have signed the server's certificate, in PEM, instead of whom the system trusts.
    pub ca: Option<Vec<u8>>,
    /// The client's own certificate, where the server asks for one.
    pub identity: Option<Identity>,
}

/// A certificate and its key, both in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, and those between it and its CA.
    pub certificate: Vec<u8>,
    /// Its key.
    pub key: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Identity")
    }
}

/// What was agreed on with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secured {
    /// The version of TLS, for example `TLSv1_3`.
    pub version: String,
    /// The cipher suite.
    pub cipher: String,
    /// The server's certificate, if it could be read.
    pub certificate: Option<Certificate>,
}

/// What is said of the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Who signed it.
    pub issuer: String,
    /// Until when it is valid.
    pub until: SystemTime,
}

/// Why a connection could not be secured, in words that say what to do.
#[derive(Debug)]
pub(crate) struct Insecure(pub(crate) String);

impl fmt::Display for Insecure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Insecure {}

/// Makes encrypted connections.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    tls: TlsConnector,
}

impl Connector {
    pub(super) fn new(tls: &Tls) -> Result<Self, Error> {
        let mut config = config(tls)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.resumption = Resumption::disabled();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Ok(Self {
            tcp,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Connects to a server.
    pub(super) async fn connect(
        mut self,
        server: Uri,
    ) -> Result<TokioIo<TlsStream<TcpStream>>, Box<dyn std::error::Error + Send + Sync>> {
        let host = server.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = match host.parse::<IpAddr>() {
            Ok(address) => ServerName::from(address),
            Err(_) => ServerName::try_from(host.to_owned())?,
        };
        let tcp = self.tcp.call(server).await?.into_inner();
        match self.tls.connect(name, tcp).await {
            Ok(tls) => Ok(TokioIo::new(tls)),
            Err(error) => Err(refused(error)),
        }
    }
}

/// What was agreed on for a connection.
pub(super) fn secured(connection: &TlsStream<TcpStream>) -> Secured {
    let (_, session) = connection.get_ref();
    let named = |name: Option<String>| name.unwrap_or_default();
    Secured {
        version: named(
            session
                .protocol_version()
                .map(|version| format!("{version:?}")),
        ),
        cipher: named(
            session
                .negotiated_cipher_suite()
                .map(|suite| format!("{:?}", suite.suite())),
        ),
        certificate: session
            .peer_certificates()
            .and_then(|chain| x509_cert::Certificate::from_der(chain.first()?).ok())
            .map(|certificate| Certificate {
                issuer: certificate.tbs_certificate().issuer().to_string(),
                until: certificate
                    .tbs_certificate()
                    .validity()
                    .not_after
                    .to_system_time(),
            }),
    }
}

fn config(tls: &Tls) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        Some(pem) => {
            for root in certificates("the CA", pem)? {
                roots
                    .add(root)
                    .map_err(|error| unusable("the CA", &error))?;
            }
        }
        None => {
            // What of it cannot be read is nobody's who is called.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("TLS", &error))?
        .with_root_certificates(roots);
    match &tls.identity {
        None => Ok(config.with_no_client_auth()),
        Some(identity) => {
            let chain = certificates("the client's certificate", &identity.certificate)?;
            let key = PrivateKeyDer::from_pem_slice(&identity.key)
                .map_err(|error| unusable("the client's key", &error))?;
            config
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable("the client's certificate and key", &error))
        }
    }
}

fn certificates(whose: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(unusable(whose, &"there is no certificate in PEM in it")),
        Err(error) => Err(unusable(whose, &error)),
    }
}

fn unusable(what: &str, cause: &dyn fmt::Display) -> Error {
    Error::Credentials(format!("{what} cannot be used: {cause}"))
}

/// What a failed handshake means, if it says.
fn refused(error: io::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let cause = error.get_ref();
    match cause.and_then(|cause| cause.downcast_ref::<rustls::Error>()) {
        Some(error) => Box::new(Insecure(advice(error))),
        None => Box::new(error),
    }
}

fn advice(error: &rustls::Error) -> String {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage as Message};
    match error {
        // A CA that was made anew under its former name has signed, it seems, but with another key.
        InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "the server's certificate is not signed by a CA that is trusted: give --ca FILE, the CA \
             that signed it"
                .to_owned()
        }
        InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the server's certificate has expired: whoever runs the server has to renew it".to_owned()
        }
        InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "the server's certificate is not valid yet: is this machine's clock right?".to_owned(),
        InvalidCertificate(CertificateError::NotValidForName) => {
            "the server's certificate is for another name: call the server by one that stands in it"
                .to_owned()
        }
        InvalidCertificate(CertificateError::NotValidForNameContext {
            expected,
            presented,
        }) => format!(
            "the server's certificate is not for {} but for {}: call the server by that name",
            expected.to_str(),
            presented.join(", ")
        ),
        InvalidCertificate(error) => format!("the server's certificate cannot be accepted: {error}"),
        AlertReceived(alert) => alerted(*alert),
        Message(InvalidMessage::InvalidContentType) => {
            "there is no TLS there: write http:// for a server without".to_owned()
        }
        error => error.to_string(),
    }
}

/// What the server says when it will not have the client.
fn alerted(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            "the server asks for a certificate of the client: give --client-cert FILE and \
             --client-key FILE"
                .to_owned()
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError => {
            format!(
                "the server does not accept the client's certificate ({alert:?}): give another \
                 with --client-cert and --client-key"
            )
        }
        _ => format!("the server broke off: {alert:?}"),
    }
}

/// What the server thought of the client, where that is known only once the connection is in use: in
/// TLS 1.3 the client is done before the server has looked at its certificate, and without TLS there was no
/// handshake at all.
pub(crate) fn afterthought(cause: &str) -> Option<String> {
    // What an alert of TLS is to HTTP/2.
    if cause.contains("frame with invalid size") {
        return Some("the server speaks TLS, it seems: write https://".to_owned());
    }
    let alerts = [
        AlertDescription::CertificateRequired,
        AlertDescription::UnknownCA,
        AlertDescription::BadCertificate,
        AlertDescription::UnsupportedCertificate,
        AlertDescription::CertificateRevoked,
        AlertDescription::CertificateExpired,
        AlertDescription::CertificateUnknown,
        AlertDescription::DecryptError,
    ];
    let said = |alert: &AlertDescription| {
        cause.contains(&rustls::Error::AlertReceived(*alert).to_string())
    };
    alerts.into_iter().find(said).map(alerted)
}
