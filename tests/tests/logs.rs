//! The log: what stands in every line of a request, and what stands in none.

use std::fmt::Debug;

use basma_proto::v1::{compare_side::Side, find_duplicates_request::Query, *};
use basma_tests::{
    Server, article,
    article::{encoded, streamed},
    until,
    wire::{Wire, framed},
};
use serde_json::Value;
use tonic::{Request, Response, Status};

/// In every text, and wherever somebody might put one by mistake.
const MARKER: &str = "علامةفريدة7f3a";

fn id_of<T>(response: &Result<Response<T>, Status>) -> String {
    let metadata = match response {
        Ok(response) => response.metadata(),
        Err(status) => status.metadata(),
    };
    let id = metadata.get("x-request-id").expect("an id");
    id.to_str().expect("ASCII").to_owned()
}

#[tokio::test]
async fn a_request_has_an_id_in_its_answer_and_in_every_line() {
    let server = Server::start_with(&["--log-format", "json"]).await;
    let mut dedup = server.dedup().await;
    let named = |id: &str| {
        let mut request = Request::new(CheckRequest {
            article: Some(article("", "نص")),
            ..CheckRequest::default()
        });
        request
            .metadata_mut()
            .insert("x-request-id", id.parse().expect("ASCII"));
        request
    };
    assert_eq!(id_of(&dedup.check(named("crawl-7")).await), "crawl-7");
    let mut wrong = named("refused-8");
    wrong.get_mut().article = None;
    assert_eq!(id_of(&dedup.check(wrong).await), "refused-8");
    let requests = tokio_stream::iter([streamed(article("1", "نص"), 1)]);
    let mut stream = Request::new(requests);
    stream
        .metadata_mut()
        .insert("x-request-id", "stream-9".parse().expect("ASCII"));
    let answer = dedup.submit_stream(stream).await;
    assert_eq!(id_of(&answer), "stream-9");
    let mut answers = answer.expect("a stream").into_inner();
    while answers.message().await.expect("no error").is_some() {}
    // Spaces and anything long could make lines of their own.
    for wrong in ["two words", &"x".repeat(129)] {
        let made = id_of(&dedup.check(named(wrong)).await);
        assert!(!made.is_empty() && made != wrong);
    }
    let none = dedup.check(named("a").into_inner()).await;
    assert_ne!(
        id_of(&none),
        id_of(&dedup.check(named("b").into_inner()).await)
    );

    let line = |id: &str| {
        let log = server.log();
        let lines = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines
            .into_iter()
            .find(|line| line["span"]["request_id"] == id)
    };
    for (id, message) in [
        ("crawl-7", "answered"),
        ("refused-8", "refused"),
        ("stream-9", "answered"),
    ] {
        let line = until("a line of the request", async || line(id)).await;
        assert_eq!(line["message"], message, "{line}");
        assert!(line["span"]["method"].as_str().expect("text").contains('/'));
    }
    assert_eq!(
        line("refused-8").expect("a line")["reason"],
        "ARTICLE_MISSING"
    );
}

/// It was answered or refused: either way it was logged.
fn either<T: Debug>(_: Result<Response<T>, Status>) {}

fn text(text: &str) -> Option<Side> {
    Some(Side::Text(text.to_owned()))
}

#[tokio::test]
async fn what_callers_say_is_in_no_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [
        "--max-text-bytes",
        "1000",
        "--max-batch",
        "2",
        "--max-id-bytes",
        "100",
    ];
    let server = Server::start_in(folder.path(), &arguments).await;
    let marked = MARKER.to_owned();
    let long = MARKER.repeat(100);
    let (mut dedup, mut articles, mut collections) = (
        server.dedup().await,
        server.articles().await,
        server.collections().await,
    );
    let keeping = UpdateCollectionRequest {
        collection: Some(Collection {
            name: "default".to_owned(),
            keep_texts: true,
            ..Collection::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["keep_texts".to_owned()],
        }),
    };
    collections
        .update_collection(keeping)
        .await
        .expect("a setting");

    let mut sent = vec![
        article(
            "1",
            &format!("{MARKER} أعلنت الوزارة أمس انطلاق العام الدراسي الجديد في المدارس"),
        ),
        article("2", &long),
        article("", MARKER),
        article(&long, MARKER),
        encoded("3", MARKER.as_bytes(), "utf-8"),
        encoded("4", MARKER.as_bytes(), MARKER),
        encoded("5", &[MARKER.as_bytes(), &[0xff, 0xfe]].concat(), "utf-8"),
    ];
    let titled = Article {
        title: marked.clone(),
        source: marked.clone(),
        url: marked.clone(),
        ..sent[0].clone()
    };
    sent.push(titled);
    for collection in ["", MARKER] {
        let collection = collection.to_owned();
        for article in &sent {
            let (collection, article) = (collection.clone(), Some(article.clone()));
            either(
                dedup
                    .submit(SubmitRequest {
                        collection,
                        article,
                        ..Default::default()
                    })
                    .await,
            );
        }
        for article in &sent {
            let (collection, article) = (collection.clone(), Some(article.clone()));
            either(
                dedup
                    .check(CheckRequest {
                        collection,
                        article,
                        ..Default::default()
                    })
                    .await,
            );
        }
        for count in [2, 3] {
            let (collection, articles) = (collection.clone(), sent[..count].to_vec());
            let submit = BatchSubmitRequest {
                collection,
                articles,
                ..Default::default()
            };
            either(dedup.batch_submit(submit.clone()).await);
            let BatchSubmitRequest {
                collection,
                articles,
                ..
            } = submit;
            either(
                dedup
                    .batch_check(BatchCheckRequest {
                        collection,
                        articles,
                        ..Default::default()
                    })
                    .await,
            );
        }
        let requests: Vec<_> = sent
            .iter()
            .cloned()
            .zip(0..)
            .map(|(article, n)| streamed(article, n))
            .collect();
        let answers = dedup.submit_stream(tokio_stream::iter(requests)).await;
        let mut answers = answers.expect("a stream").into_inner();
        while let Ok(Some(_)) = answers.message().await {}
        for query in [
            Query::Id("1".to_owned()),
            Query::Id(marked.clone()),
            Query::SimhashHex(marked.clone()),
        ] {
            let (collection, query) = (collection.clone(), Some(query));
            either(
                dedup
                    .find_duplicates(FindDuplicatesRequest {
                        collection,
                        query,
                        distance: Some(3),
                        ..Default::default()
                    })
                    .await,
            );
        }
        for side in [
            text(MARKER),
            text(&long),
            Some(Side::Id("1".to_owned())),
            Some(Side::Id(marked.clone())),
        ] {
            let collection = collection.clone();
            let (a, b) = (
                Some(CompareSide { side: side.clone() }),
                Some(CompareSide { side: text(MARKER) }),
            );
            either(dedup.compare(CompareRequest { collection, a, b }).await);
        }
        for said in [MARKER, &long] {
            let body = Some(fingerprint_request::Body::Text(said.to_owned()));
            let collection = collection.clone();
            either(
                dedup
                    .fingerprint(FingerprintRequest { collection, body })
                    .await,
            );
        }
        for id in ["1", MARKER] {
            let (collection, id) = (collection.clone(), id.to_owned());
            either(
                articles
                    .get_article(GetArticleRequest {
                        collection: collection.clone(),
                        id: id.clone(),
                        with_text: true,
                    })
                    .await,
            );
            either(
                articles
                    .get_cluster(GetClusterRequest {
                        collection: collection.clone(),
                        id: id.clone(),
                        ..Default::default()
                    })
                    .await,
            );
        }
        for page_token in [String::new(), marked.clone()] {
            let collection = collection.clone();
            either(
                articles
                    .list_articles(ListArticlesRequest {
                        collection,
                        page_token,
                        with_texts: true,
                        ..Default::default()
                    })
                    .await,
            );
        }
        either(
            collections
                .get_collection(GetCollectionRequest {
                    name: collection.clone(),
                })
                .await,
        );
        either(
            collections
                .get_stats(GetStatsRequest {
                    collection: collection.clone(),
                })
                .await,
        );
        either(
            collections
                .delete_collection(DeleteCollectionRequest {
                    name: collection.clone(),
                })
                .await,
        );
        let made = Some(Collection {
            name: collection.clone(),
            ..Default::default()
        });
        either(
            collections
                .create_collection(CreateCollectionRequest { collection: made })
                .await,
        );
        either(
            articles
                .delete_article(DeleteArticleRequest {
                    collection,
                    id: "1".to_owned(),
                })
                .await,
        );
    }
    either(
        collections
            .list_collections(ListCollectionsRequest {
                page_token: marked.clone(),
                ..Default::default()
            })
            .await,
    );
    let channel = server.channel().await;
    let mut backups = backup_service_client::BackupServiceClient::new(channel);
    let backup = backups.backup(BackupRequest::default()).await;
    let mut pieces = backup.expect("a backup").into_inner();
    while let Ok(Some(_)) = pieces.message().await {}
    // What no client of the protocol would send.
    let wire = Wire::to(&server).await;
    for method in [
        "basma.v1.DedupService/Submit",
        &format!("unknown/{}", "7f3a"),
    ] {
        for message in [
            framed(false, MARKER.as_bytes()),
            framed(true, MARKER.as_bytes()),
            MARKER.into(),
        ] {
            for headers in [
                vec![],
                vec![("grpc-encoding", "7f3a")],
                vec![("grpc-timeout", "7f3a")],
                vec![("authorization", "7f3a")],
            ] {
                wire.send(method, &headers, message.clone()).await;
            }
        }
    }
    let log = server.log();
    assert!(
        log.contains("INVALID") || log.contains("InvalidArgument"),
        "{log}"
    );
    for said in [MARKER, "7f3a"] {
        let telling: Vec<_> = log.lines().filter(|line| line.contains(said)).collect();
        assert!(telling.is_empty(), "{telling:#?}");
    }
}
