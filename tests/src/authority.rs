//! Certificates, made as they are needed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use basma_client::client::{Identity, Tls};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};

/// A CA.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, both in PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// Where a certificate and its key were written.
#[derive(Debug)]
pub struct Files {
    /// The certificate.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Authority {
    /// Makes a CA.
    ///
    /// # Panics
    ///
    /// If there is no key to be had, as all of these do.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "CA of a test");
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a CA"))
    }

    /// Its own certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Writes its certificate to a file.
    pub fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let file = folder.join(name);
        fs::write(&file, self.pem()).expect("a file");
        file
    }

    /// A certificate for these names or addresses.
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.issue_until(names, 2999)
    }

    /// A certificate that expires with the beginning of a year.
    pub fn issue_until(&self, names: &[&str], year: i32) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// How a client trusts it, and nobody else.
    pub fn trusted(&self) -> Tls {
        Tls {
            ca: Some(self.pem().into_bytes()),
            identity: None,
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    /// Writes it to two files.
    pub fn write(&self, folder: &Path, name: &str) -> Files {
        let (cert, key) = (
            folder.join(format!("{name}.pem")),
            folder.join(format!("{name}.key")),
        );
        fs::write(&cert, &self.certificate).expect("a file");
        fs::write(&key, &self.key).expect("a file");
        Files { cert, key }
    }

    /// As a client shows it.
    pub fn identity(&self) -> Identity {
        Identity {
            certificate: self.certificate.clone().into_bytes(),
            key: self.key.clone().into_bytes(),
        }
    }
}

impl Files {
    /// As arguments of `basmad`.
    pub fn arguments(&self) -> Vec<String> {
        ["--tls-cert", path(&self.cert), "--tls-key", path(&self.key)]
            .map(str::to_owned)
            .to_vec()
    }
}

/// A path as an argument.
///
/// # Panics
///
/// If it is not UTF-8.
pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
