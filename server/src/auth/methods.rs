//! What each method needs. One that is not here is not answered.

use super::rights::Role;

/// What a caller needs for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing.
    Nothing,
    /// Any token. What is told depends on its rights.
    Token,
    /// This role for the collection that the request names.
    Role(Role),
    /// This role for all collections.
    Everywhere(Role),
}

use Need::{Everywhere, Nothing, Token};
const READ: Need = Need::Role(Role::Read);
const WRITE: Need = Need::Role(Role::Write);
const ADMIN: Need = Need::Role(Role::Admin);

/// Every method, and what it needs.
const METHODS: &[(&str, Need)] = &[
    ("/basma.v1.DedupService/Submit", WRITE),
    ("/basma.v1.DedupService/Check", READ),
    ("/basma.v1.DedupService/BatchSubmit", WRITE),
    ("/basma.v1.DedupService/BatchCheck", READ),
    ("/basma.v1.DedupService/SubmitStream", WRITE),
    ("/basma.v1.DedupService/FindDuplicates", READ),
    ("/basma.v1.DedupService/Compare", READ),
    ("/basma.v1.DedupService/Fingerprint", READ),
    ("/basma.v1.ArticleService/GetArticle", READ),
    ("/basma.v1.ArticleService/ListArticles", READ),
    // Who submits can replace an article's text by another: forbidding him to delete it would guard nothing.
    ("/basma.v1.ArticleService/DeleteArticle", WRITE),
    ("/basma.v1.ArticleService/GetCluster", READ),
    ("/basma.v1.CollectionService/CreateCollection", ADMIN),
    ("/basma.v1.CollectionService/GetCollection", READ),
    // It lists those that the token may read.
    ("/basma.v1.CollectionService/ListCollections", Token),
    // A shorter retention deletes articles.
    ("/basma.v1.CollectionService/UpdateCollection", ADMIN),
    ("/basma.v1.CollectionService/DeleteCollection", ADMIN),
    ("/basma.v1.CollectionService/GetStats", READ),
    ("/basma.v1.MigrationService/Export", ADMIN),
    ("/basma.v1.MigrationService/Import", ADMIN),
    ("/basma.v1.BackupService/Backup", Everywhere(Role::Admin)),
    // Load balancers and probes have no token, and learn no more than that the server is there.
    ("/grpc.health.v1.Health/Check", Nothing),
    ("/grpc.health.v1.Health/Watch", Nothing),
    // It tells the protocol, which is no secret; but a stranger has no use for it.
    (
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        Token,
    ),
    (
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        Token,
    ),
];

/// What the method of this path needs; `None` if there is none.
pub(super) fn need(path: &str) -> Option<Need> {
    let method = METHODS.iter().find(|(method, _)| *method == path);
    method.map(|(_, need)| *need)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn every_method_that_is_served_is_here_and_no_other() {
        let mut served = BTreeSet::new();
        for set in [
            basma_proto::FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            for file in FileDescriptorSet::decode(set).expect("descriptors").file {
                for service in &file.service {
                    for method in &service.method {
                        let (package, service) = (file.package(), service.name());
                        served.insert(format!("/{package}.{service}/{}", method.name()));
                    }
                }
            }
        }
        let here: BTreeSet<_> = METHODS.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(here, served);
        assert_eq!(here.len(), METHODS.len(), "a method is here twice");
        assert_eq!(need("/basma.v1.DedupService/Sumbit"), None);
    }
}
