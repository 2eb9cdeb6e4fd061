//! Reflection, by which clients that have no .proto files find out what can be called.

use basma_tests::Server;
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic_reflection::pb;

/// Asks one question by one version of the protocol; both have the same messages by the same names.
macro_rules! ask {
    ($version:ident, $server:expr, $question:expr) => {{
        use pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some($question(
                MessageRequest::ListServices,
                MessageRequest::FileContainingSymbol,
            )),
        };
        let mut client = ServerReflectionClient::new($server.channel().await);
        let answers = client
            .server_reflection_info(tokio_stream::iter([request]))
            .await;
        let answer = answers.expect("a stream").into_inner().message().await;
        match answer
            .expect("no error")
            .expect("an answer")
            .message_response
        {
            Some(MessageResponse::ListServicesResponse(list)) => {
                Answer::Services(list.service.into_iter().map(|one| one.name).collect())
            }
            Some(MessageResponse::FileDescriptorResponse(files)) => {
                let files = files.file_descriptor_proto.iter();
                let read = |file: &Vec<u8>| FileDescriptorProto::decode(file.as_slice());
                Answer::Files(
                    files
                        .map(|file| read(file).expect("a descriptor"))
                        .collect(),
                )
            }
            other => panic!("{other:?}"),
        }
    }};
}

#[derive(Debug)]
enum Answer {
    Services(Vec<String>),
    Files(Vec<FileDescriptorProto>),
}

impl Answer {
    fn lists_all_services(&self) {
        let Self::Services(names) = self else {
            panic!("{self:?}");
        };
        for service in METHODS.map(|(service, _)| format!("basma.v1.{service}")) {
            assert!(names.contains(&service), "{names:?}");
        }
        assert!(
            names.iter().any(|name| name == "grpc.health.v1.Health"),
            "{names:?}"
        );
    }

    /// The methods of a service, and whether it says that streams are streams.
    fn methods(&self, service: &str) -> Vec<(String, bool, bool)> {
        let Self::Files(files) = self else {
            panic!("{self:?}");
        };
        let services = files.iter().flat_map(|file| &file.service);
        let found = services
            .filter(|one| one.name() == service)
            .flat_map(|one| &one.method);
        found
            .map(|one| {
                (
                    one.name().to_owned(),
                    one.client_streaming(),
                    one.server_streaming(),
                )
            })
            .collect()
    }
}

const METHODS: [(&str, &[&str]); 3] = [
    (
        "DedupService",
        &[
            "Submit",
            "Check",
            "BatchSubmit",
            "BatchCheck",
            "SubmitStream",
            "FindDuplicates",
            "Compare",
            "Fingerprint",
        ],
    ),
    (
        "ArticleService",
        &["GetArticle", "ListArticles", "DeleteArticle", "GetCluster"],
    ),
    (
        "CollectionService",
        &[
            "CreateCollection",
            "GetCollection",
            "ListCollections",
            "UpdateCollection",
            "DeleteCollection",
            "GetStats",
        ],
    ),
];

#[tokio::test]
async fn lists_all_services_in_both_versions() {
    let server = Server::start().await;
    let list = String::new;
    ask!(v1, server, |services: fn(String) -> _,
                      _: fn(String) -> _| {
        services(list())
    })
    .lists_all_services();
    ask!(
        v1alpha,
        server,
        |services: fn(String) -> _, _: fn(String) -> _| services(list())
    )
    .lists_all_services();
}

#[tokio::test]
async fn describes_every_method_in_both_versions() {
    let server = Server::start().await;
    for (service, methods) in METHODS {
        let expected: Vec<_> = methods
            .iter()
            .map(|name| {
                (
                    (*name).to_owned(),
                    *name == "SubmitStream",
                    *name == "SubmitStream",
                )
            })
            .collect();
        let symbol = || format!("basma.v1.{service}");
        let v1 = ask!(
            v1,
            server,
            |_: fn(String) -> _, file: fn(String) -> _| file(symbol())
        );
        assert_eq!(v1.methods(service), expected);
        let v1alpha = ask!(
            v1alpha,
            server,
            |_: fn(String) -> _, file: fn(String) -> _| file(symbol())
        );
        assert_eq!(v1alpha.methods(service), expected);
    }
}
