//! Whoever has a token for one collection is answered the same, whatever stands in those of others, and whether
//! there are any: in answers, errors, headers and trailers, by every method.

use std::fmt::Debug;

use basma_client::v1::{self, compare_side::Side, find_duplicates_request::Query};
use basma_tests::{
    Grants, Server,
    article::{article, corpus, of_corpus, streamed},
    grant,
    grant::Grant,
    raw::{call, methods},
};
use tonic::{Request, Response, Status, metadata::MetadataMap, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// What somebody with a token asks, and is told.
struct Neighbour<'a> {
    channel: Channel,
    grant: &'a Grant,
    told: Vec<String>,
}

impl Neighbour<'_> {
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let token = format!("Bearer {}", self.grant.secret);
        let headers = request.metadata_mut();
        headers.insert("authorization", token.parse().expect("ASCII"));
        headers.insert("x-request-id", "one".parse().expect("ASCII"));
        request
    }

    /// Takes down all that is told but the time of day.
    fn tell<T: Debug>(&mut self, asked: &str, answered: Result<Response<T>, Status>) {
        let answered = match answered {
            Ok(answer) => format!("{} {:?}", headers(answer.metadata()), answer.get_ref()),
            Err(status) => format!(
                "{} {:?} {:?} {:?}",
                headers(status.metadata()),
                status.code(),
                status.message(),
                status.details()
            ),
        };
        self.told
            .push(format!("{asked}: {}", without_times(&answered)));
    }
}

fn headers(metadata: &MetadataMap) -> String {
    let mut headers = metadata.clone().into_headers();
    headers.remove("date");
    format!("{headers:?}")
}

/// Without the contents of every `Timestamp`.
fn without_times(text: &str) -> String {
    let mut pieces = text.split("Timestamp {");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (_, rest) = piece.split_once('}').expect("the end of a time");
        kept.push_str(rest);
    }
    kept
}

/// Without the memory of the index: its tables are laid out by a seed of the process.
fn measured(mut stats: Response<v1::GetStatsResponse>) -> Response<v1::GetStatsResponse> {
    assert!(stats.get_ref().index_bytes > 0);
    stats.get_mut().index_bytes = 0;
    stats
}

/// A server of "news", which is the same each time, and perhaps of others' collections.
async fn server(grants: &Grants, root: &Grant, others: bool) -> Server {
    let server = Server::start_with(&grants.arguments()).await;
    let client = basma_client::Client::new(server.address()).expect("a client");
    let client =
        client.with_token(basma_client::client::Token::new(&root.secret).expect("a token"));
    for name in ["secret", "another", "news"] {
        if name != "news" && !others {
            continue;
        }
        let collection = v1::Collection {
            name: name.to_owned(),
            ..v1::Collection::default()
        };
        client.create_collection(collection).await.expect("made");
        let client = client.clone().with_collection(name);
        let count = if name == "news" { 3 } else { 40 };
        for number in 0..count {
            let mut article = of_corpus(corpus().article(number));
            article.id = format!("in-{name}-{number}");
            client.submit(article, 0).await.expect("an answer");
        }
    }
    server
}

/// Asks everything that can be asked about these collections.
async fn ask(server: &Server, grant: &Grant) -> Vec<String> {
    let channel = server.channel().await;
    let mut neighbour = Neighbour {
        channel: channel.clone(),
        grant,
        told: Vec::new(),
    };
    let mut dedup = v1::dedup_service_client::DedupServiceClient::new(channel.clone());
    let mut articles = v1::article_service_client::ArticleServiceClient::new(channel.clone());
    let mut collections =
        v1::collection_service_client::CollectionServiceClient::new(channel.clone());
    let ids = ["in-secret-1", "in-news-1", "in-another-1", "in-news-2"];
    // "secret" and "another" have a copy of this; "news" has not.
    let text = corpus().article(20).text;
    let id = |id: &str| v1::CompareSide {
        side: Some(Side::Id(id.to_owned())),
    };
    macro_rules! ask {
        ($service:ident.$method:ident($message:expr)) => {{
            let message = $message;
            let asked = format!("{} {message:?}", stringify!($method));
            let answered = $service.$method(neighbour.request(message)).await;
            neighbour.tell(&asked, answered);
        }};
    }
    let names = [
        "secret",
        "another",
        "",
        "news",
        "NEWS",
        "news/../secret",
        "secret ",
    ];
    for name in names.map(str::to_owned) {
        for with in [&text, &corpus().article(1).text] {
            ask!(dedup.check(v1::CheckRequest {
                collection: name.clone(),
                article: Some(article("", with)),
                max_matches: 100,
                ..v1::CheckRequest::default()
            }));
            ask!(dedup.batch_check(v1::BatchCheckRequest {
                collection: name.clone(),
                articles: vec![article("in-secret-1", with); 2],
                max_matches: 100,
                ..v1::BatchCheckRequest::default()
            }));
            ask!(dedup.fingerprint(v1::FingerprintRequest {
                collection: name.clone(),
                body: Some(v1::fingerprint_request::Body::Text(with.clone())),
            }));
        }
        for asked in ids {
            ask!(dedup.find_duplicates(v1::FindDuplicatesRequest {
                collection: name.clone(),
                query: Some(Query::Id(asked.to_owned())),
                max_matches: 100,
                ..v1::FindDuplicatesRequest::default()
            }));
            ask!(dedup.compare(v1::CompareRequest {
                collection: name.clone(),
                a: Some(id(asked)),
                b: Some(id("in-news-1")),
            }));
            ask!(articles.get_article(v1::GetArticleRequest {
                collection: name.clone(),
                id: asked.to_owned(),
                with_text: true,
            }));
            ask!(articles.get_cluster(v1::GetClusterRequest {
                collection: name.clone(),
                id: asked.to_owned(),
                ..v1::GetClusterRequest::default()
            }));
        }
        for simhash in [0, u64::MAX, 1 << 63] {
            ask!(dedup.find_duplicates(v1::FindDuplicatesRequest {
                collection: name.clone(),
                query: Some(Query::Simhash(simhash)),
                distance: Some(64),
                max_matches: 100,
            }));
        }
        for page_token in ["", "0", "1", "39", "secret"].map(str::to_owned) {
            ask!(articles.list_articles(v1::ListArticlesRequest {
                collection: name.clone(),
                page_token,
                ..v1::ListArticlesRequest::default()
            }));
        }
        ask!(collections.get_collection(v1::GetCollectionRequest { name: name.clone() }));
        let request = neighbour.request(v1::GetStatsRequest {
            collection: name.clone(),
        });
        let answered = collections.get_stats(request).await;
        neighbour.tell("get_stats", answered.map(measured));
    }
    for page_token in ["", "a", "news", "secret", "zzz"].map(str::to_owned) {
        ask!(collections.list_collections(v1::ListCollectionsRequest {
            page_token,
            page_size: 1,
        }));
    }
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "secret", "nobody"].map(str::to_owned) {
        ask!(health.check(HealthCheckRequest { service }));
    }
    // What changes something comes last.
    for name in ["secret", "another", "", "news"].map(str::to_owned) {
        ask!(dedup.submit(v1::SubmitRequest {
            collection: name.clone(),
            article: Some(article("new", &text)),
            max_matches: 100,
            ..v1::SubmitRequest::default()
        }));
        ask!(dedup.batch_submit(v1::BatchSubmitRequest {
            collection: name.clone(),
            articles: vec![article("in-secret-3", &text), article("in-news-3", &text)],
            ..v1::BatchSubmitRequest::default()
        }));
        let mut first = streamed(article("streamed", &text), 1);
        first.collection.clone_from(&name);
        let request = neighbour.request(tokio_stream::iter([first]));
        let mut answered = dedup.submit_stream(request).await;
        if let Ok(answers) = &mut answered {
            while let Some(answer) = answers.get_mut().message().await.transpose() {
                neighbour.tell("streamed", answer.map(Response::new));
            }
        }
        neighbour.tell("submit_stream", answered.map(|_| Response::new(())));
        for asked in ids {
            ask!(articles.delete_article(v1::DeleteArticleRequest {
                collection: name.clone(),
                id: asked.to_owned(),
            }));
        }
        let collection = Some(v1::Collection {
            name: name.clone(),
            ..v1::Collection::default()
        });
        ask!(collections.create_collection(v1::CreateCollectionRequest {
            collection: collection.clone(),
        }));
        ask!(collections.update_collection(v1::UpdateCollectionRequest {
            collection,
            ..v1::UpdateCollectionRequest::default()
        }));
        let request = neighbour.request(v1::GetStatsRequest {
            collection: name.clone(),
        });
        let answered = collections.get_stats(request).await;
        neighbour.tell("get_stats", answered.map(measured));
        ask!(collections.delete_collection(v1::DeleteCollectionRequest { name }));
    }
    // And whatever method there is besides, with nothing in its request and with a name.
    for method in methods() {
        for name in ["secret", ""] {
            let token = Some(grant.secret.as_str());
            let answered = call(channel.clone(), &method.path, method.about(name), token).await;
            // The server makes an id for these; and answers have been looked at above.
            let told = answered.map(drop).map_err(|status| {
                let details = status.details().to_vec();
                (status.code(), status.message().to_owned(), details)
            });
            neighbour.told.push(format!("{method:?} {name}: {told:?}"));
        }
    }
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let answered = call(
            neighbour.channel.clone(),
            &path,
            vec![0x3a, 0],
            Some(&grant.secret),
        );
        let answered = answered.await.expect("an answer");
        neighbour.told.push(format!("{path}: {answered:?}"));
    }
    neighbour.told
}

#[tokio::test]
async fn nothing_that_is_told_depends_on_what_is_anothers() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = grant("root", &["--admin", "*"]).await;
    for role in ["--read", "--write", "--admin"] {
        let own = grant("own", &[role, "news"]).await;
        let grants = Grants::new(folder.path(), &[&root, &own]);
        let crowded = server(&grants, &root, true).await;
        let alone = server(&grants, &root, false).await;
        let (crowded, alone) = (ask(&crowded, &own).await, ask(&alone, &own).await);
        assert!(crowded.len() > 250, "{}", crowded.len());
        for (crowded, alone) in crowded.iter().zip(&alone) {
            assert_eq!(crowded, alone, "{role}");
        }
        assert_eq!(crowded.len(), alone.len());
    }
}
