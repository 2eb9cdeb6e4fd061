//! Whether the way to the server is safe, and what the caller may do there.

use std::time::{Duration, SystemTime};

use basma_proto::v1::{Article, Collection};
use tonic::Code;

use super::Finding;
use crate::{
    Error,
    client::{Client, Secured},
};

/// A certificate that is valid for less than this is worth a word.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// What was agreed on with the server; without TLS, whether clear text stays on this machine.
pub(super) async fn tls(client: &Client) -> Finding {
    match client.handshake().await {
        Ok(Some(secured)) => encrypted(&secured, SystemTime::now()),
        Ok(None) => clear(client.server()),
        Err(error) => Finding::error("tls", &error),
    }
}

fn encrypted(secured: &Secured, now: SystemTime) -> Finding {
    let agreed = format!("{} with {}", secured.version, secured.cipher);
    let Some(certificate) = &secured.certificate else {
        return Finding::ok("tls", agreed);
    };
    let until = jiff::Timestamp::try_from(certificate.until).map_or_else(
        |_| "an unknown day".to_owned(),
        |time| time.strftime("%F").to_string(),
    );
    let found = format!(
        "{agreed}; certificate of {}, valid until {until}",
        certificate.issuer
    );
    match certificate.until.duration_since(now) {
        Ok(left) if left >= SOON => Finding::ok("tls", found),
        _ => Finding::warn(
            "tls",
            found,
            "renew it: the server takes a new one without a restart",
        ),
    }
}

fn clear(server: &str) -> Finding {
    let host = server.split_once("://").map_or(server, |(_, rest)| rest);
    let local = ["127.", "localhost", "[::1]"]
        .iter()
        .any(|name| host.starts_with(name));
    if local {
        let found = "none, and none needed: the server is on this machine";
        return Finding::ok("tls", found);
    }
    Finding::warn(
        "tls",
        format!("none: articles and the token, if there is one, go to {server} in clear text"),
        "start basmad with --tls-cert and --tls-key, and write https://",
    )
}

/// Which roles the caller has in the collection. The requests that find out say too little to be carried
/// out: whether he may is decided first.
pub(super) async fn access(client: &Client) -> Finding {
    let collection = Collection {
        name: client.collection().to_owned(),
        ..Collection::default()
    };
    let nothing = vec!["nothing".to_owned()];
    let asked = [
        (
            "read",
            client.get_collection(client.collection()).await.map(drop),
        ),
        (
            "write",
            client.submit(Article::default(), 0).await.map(drop),
        ),
        (
            "admin",
            client
                .update_collection(collection, nothing)
                .await
                .map(drop),
        ),
    ];
    let mut roles = Vec::new();
    for (role, answer) in asked {
        match answer {
            Err(Error::Refused(told)) if told.code == Code::PermissionDenied => {}
            Err(error @ Error::Refused(_)) if is_stranger(&error) => {
                return Finding::error("access", &error);
            }
            Ok(()) | Err(Error::Refused(_)) => roles.push(role),
            Err(error) => return Finding::error("access", &error),
        }
    }
    let name = client.collection();
    match roles.as_slice() {
        [] => Finding::fail(
            "access",
            format!("the token has no role in {name}"),
            "name another with --collection, or have the server's file of tokens give it one",
        ),
        roles => {
            let roles = roles.join(", ");
            Finding::ok("access", format!("{roles} in {name}"))
        }
    }
}

fn is_stranger(error: &Error) -> bool {
    matches!(error, Error::Refused(told) if told.code == Code::Unauthenticated)
}

#[cfg(test)]
mod tests {
    use super::{super::Status, *};
    use crate::client::Certificate;

    #[test]
    fn clear_text_is_for_this_machine() {
        for (server, status) in [
            ("http://127.0.0.1:50051", Status::Ok),
            ("http://localhost:1", Status::Ok),
            ("http://[::1]:1", Status::Ok),
            ("http://basma.example:50051", Status::Warn),
        ] {
            assert_eq!(clear(server).status, status, "{server}");
        }
    }

    #[test]
    fn a_certificate_that_ends_soon_is_worth_a_word() {
        let now = SystemTime::now();
        let mut secured = Secured {
            version: "TLSv1_3".to_owned(),
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            certificate: Some(Certificate {
                issuer: "CN=a CA".to_owned(),
                until: now + SOON * 2,
            }),
        };
        assert_eq!(encrypted(&secured, now).status, Status::Ok);
        assert_eq!(
            encrypted(&secured, now + SOON + Duration::from_secs(1)).status,
            Status::Warn
        );
        secured.certificate = None;
        assert_eq!(encrypted(&secured, now).status, Status::Ok);
    }
}
