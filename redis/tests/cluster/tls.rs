//! Encrypted connections, users and passwords.

use std::{fs, path::Path};

use basma_redis::{Ack, Address, Error, Redis};
use basma_test_redis::{Cluster, Plan, Tls};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};

use crate::{get, load::Load, set};

/// A certificate of a CA of its own.
fn certificate(folder: &Path) -> Tls {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "CA of a test");
    let authority = KeyPair::generate().expect("a key");
    let authority = CertifiedIssuer::self_signed(params, authority).expect("a CA");
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address");
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let key = KeyPair::generate().expect("a key");
    let issued = params.signed_by(&key, &authority).expect("a certificate");
    let written = |name: &str, text: String| {
        let file = folder.join(name);
        fs::write(&file, text).expect("a file");
        file
    };
    Tls {
        cert: written("cert.pem", issued.pem()),
        key: written("key.pem", key.serialize_pem()),
        authority: written("ca.pem", authority.pem()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_may_encrypt_and_know_its_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let tls = certificate(folder.path());
    let pem = fs::read(&tls.authority).expect("a certificate");
    let plan = Plan {
        tls: Some(tls),
        user: Some(("basma", "hidden")),
        ..Default::default()
    };
    let Some(cluster) = Cluster::start_as(plan).await else {
        return;
    };
    let url = cluster.url();
    assert!(url.starts_with("rediss://basma:hidden@"));
    let address = |url: &str| url.parse::<Address>().expect("an address");
    let trusting = |url: &str| address(url).with_authority(pem.clone());

    let redis = Redis::connect(&trusting(&url), Ack::Replica)
        .await
        .expect("a cluster");
    let load = Load::start(&redis, 8, |writer, number| format!("{writer}:{number}"));
    load.more(500).await;
    let written = load.stop().await;
    assert_eq!(written.errors, []);
    written.verify(&redis).await;

    let failed = async |address| Redis::connect(&address, Ack::Replica).await.err();
    let error = failed(trusting(&url.replace("hidden", "guessed"))).await;
    assert!(matches!(&error, Some(Error::Unsuitable(_))), "{error:?}");
    assert!(!format!("{error:?}").contains("guessed"), "{error:?}");
    // An authority that the system does not know.
    let error = failed(address(&url)).await;
    assert!(matches!(&error, Some(Error::Unreachable(_))), "{error:?}");
    println!("{error:?}");
    // Not encrypted.
    let error = failed(address(&url.replace("rediss", "redis"))).await;
    assert!(matches!(&error, Some(Error::Unreachable(_))), "{error:?}");
    println!("{error:?}");

    redis.write(vec![set("a", "1")]).await.expect("a write");
    redis.read(vec![get("a")]).await.expect("a read");
}
