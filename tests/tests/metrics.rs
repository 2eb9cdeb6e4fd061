//! What the server tells Prometheus, and what it does not tell.

use std::{collections::BTreeSet, fs, path::Path};

use basma_proto::v1::*;
use basma_tests::{
    Authority, Scrape, Server, Writers, article,
    article::streamed,
    redis::Cluster,
    scrape::{bare, get},
    until,
    wire::{Wire, encoded},
};
use serde_json::Value;

const LISTEN: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

async fn submit(server: &Server, collection: &str, id: &str, text: &str) {
    let request = SubmitRequest {
        collection: collection.to_owned(),
        article: Some(article(id, text)),
        ..SubmitRequest::default()
    };
    server
        .dedup()
        .await
        .submit(request)
        .await
        .expect("an answer");
}

async fn create(server: &Server, name: &str) {
    let request = CreateCollectionRequest {
        collection: Some(Collection {
            name: name.to_owned(),
            ..Collection::default()
        }),
    };
    let mut collections = server.collections().await;
    collections
        .create_collection(request)
        .await
        .expect("a collection");
}

#[tokio::test]
async fn requests_verdicts_and_the_index_are_counted() {
    let server = Server::start_with(&LISTEN).await;
    submit(&server, "", "1", "نص").await;
    submit(&server, "", "2", "نص").await;
    let missing = GetArticleRequest {
        id: "3".to_owned(),
        ..GetArticleRequest::default()
    };
    server
        .articles()
        .await
        .get_article(missing)
        .await
        .expect_err("there is none");
    let mut dedup = server.dedup().await;
    let answers = dedup.submit_stream(tokio_stream::iter([streamed(article("4", "غيره"), 1)]));
    let mut answers = answers.await.expect("a stream").into_inner();
    while answers.message().await.expect("no error").is_some() {}

    let scrape = until("the end of the stream", async || {
        let scrape = Scrape::of(&server).await;
        (scrape.get(r#"basma_requests_total{method="DedupService/SubmitStream",code="OK"}"#) > 0.0)
            .then_some(scrape)
    })
    .await;
    for (series, value) in [
        (
            r#"basma_requests_total{method="DedupService/Submit",code="OK"}"#,
            2.0,
        ),
        (
            r#"basma_requests_total{method="ArticleService/GetArticle",code="NOT_FOUND"}"#,
            1.0,
        ),
        (
            r#"basma_refusals_total{reason="ARTICLE_NOT_FOUND",limit=""}"#,
            1.0,
        ),
        (
            r#"basma_request_seconds_count{method="DedupService/Submit"}"#,
            2.0,
        ),
        (
            r#"basma_submissions_total{collection="default",verdict="NEW"}"#,
            2.0,
        ),
        (
            r#"basma_submissions_total{collection="default",verdict="EXACT"}"#,
            1.0,
        ),
        (r#"basma_articles{collection="default"}"#, 3.0),
        (r#"basma_stories{collection="default"}"#, 2.0),
        ("basma_ready", 1.0),
        ("basma_requests_in_flight", 0.0),
        (r#"basma_limit{limit="max_connections"}"#, 10_000.0),
    ] {
        assert_eq!(scrape.get(series), value, "{series}: {scrape:#?}");
    }
    assert!(scrape.get(r#"basma_index_bytes{collection="default"}"#) > 0.0);
    assert!(scrape.get("basma_connections_accepted_total") >= 4.0);
    assert!(scrape.get("process_resident_memory_bytes") > 0.0);
    assert!(scrape.get("process_open_fds") > 0.0);
    assert!(scrape.get("basma_tasks") > 0.0);
}

#[tokio::test]
async fn callers_make_no_series_and_of_what_is_gone_nothing_is_told() {
    let server = Server::start_with(&LISTEN).await;
    create(&server, "news").await;
    submit(&server, "news", "an-id", "نصفريد من الكلام").await;
    let before = Scrape::of(&server).await;
    assert_eq!(before.get(r#"basma_articles{collection="news"}"#), 1.0);
    let wire = Wire::to(&server).await;
    for number in 0..20 {
        let unknown = CheckRequest {
            collection: format!("unknown{number}"),
            article: Some(article("an-id", "نصفريد")),
            ..CheckRequest::default()
        };
        let message = encoded(&unknown);
        for method in [
            "basma.v1.DedupService/Check".to_owned(),
            format!("basma.v1.DedupService/Check{number}"),
            format!("unknown.Service{number}/Method"),
        ] {
            let headers = [("x-request-id", "an-id")];
            wire.send(&method, &headers, message.clone()).await;
        }
    }
    let other = r#"basma_requests_total{method="other",code="UNIMPLEMENTED"}"#;
    let after = until("all of them counted", async || {
        let scrape = Scrape::of(&server).await;
        (scrape.get(other) == 40.0).then_some(scrape)
    })
    .await;
    // Check and other: how often, and how long.
    let more = after.0.len() - before.0.len();
    assert!(more <= 2 * (1 + 19) + 2, "{more}");
    for series in after.0.keys() {
        let tells = ["an-id", "unknown", "نصفريد"]
            .iter()
            .any(|said| series.contains(said));
        assert!(!tells, "{series}");
    }
    let delete = DeleteCollectionRequest {
        name: "news".to_owned(),
    };
    let mut collections = server.collections().await;
    collections
        .delete_collection(delete)
        .await
        .expect("it was there");
    let gone = Scrape::of(&server).await;
    assert!(
        gone.0.keys().all(|series| !series.contains("\"news\"")),
        "{gone:#?}"
    );
}

#[tokio::test]
async fn the_store_is_measured_and_its_recovery() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(folder.path(), &LISTEN).await;
    submit(&server, "", "1", "نص").await;
    let scrape = Scrape::of(&server).await;
    assert!(scrape.get("basma_journal_sync_seconds_count") >= 1.0);
    assert_eq!(scrape.get("basma_journal_waiting"), 0.0);
    assert_eq!(scrape.get("basma_journal_failing"), 0.0);
    server.stop().await;
    let server = Server::start_in(folder.path(), &LISTEN).await;
    let scrape = Scrape::of(&server).await;
    let bytes = scrape.get("basma_recovery_bytes");
    assert!(bytes > 0.0);
    assert!((1.0..=bytes).contains(&scrape.get("basma_recovery_bytes_read")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_measured_and_its_failures() {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let server = Server::start_sharing(&cluster.url(), &LISTEN).await;
    let writers = Writers::start(&server).await;
    writers.more(20).await;
    let scrape = until("the memory of the masters, and trips to them", async || {
        let scrape = Scrape::of(&server).await;
        let there = scrape.get("basma_store_memory_bytes") > 0.0
            && scrape.get("basma_store_trip_seconds_count") > 40.0;
        there.then_some(scrape)
    })
    .await;
    assert_eq!(scrape.get("basma_store_masters"), 3.0);
    // Some twenty commands for each.
    assert!(scrape.get("basma_store_commands_total") > 200.0);
    assert!(scrape.0.contains_key("basma_store_exchange_age_seconds"));
    assert_eq!(scrape.sum("basma_store_failures_total"), 0.0);
    let master = cluster.masters().await[0];
    let replica = cluster.replicas_of(master).await[0];
    cluster.kill(replica);
    until("a write that is not confirmed", async || {
        let unconfirmed = r#"basma_store_failures_total{kind="unconfirmed"}"#;
        (Scrape::of(&server).await.get(unconfirmed) > 0.0).then_some(())
    })
    .await;
    cluster.restart(replica).await;
    writers.more(20).await;
    writers.stop("a replica that was away").await;
}

#[tokio::test]
async fn a_certificate_says_when_it_expires_and_a_new_one_when_that_does() {
    const EXPIRES: &str = "basma_certificate_not_after_seconds";
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let write = |year| {
        let issued = authority.issue_until(&["127.0.0.1"], year);
        issued.write(folder.path(), "server")
    };
    let files = write(2100).arguments();
    let arguments = files.iter().map(String::as_str).chain(LISTEN);
    let arguments: Vec<_> = arguments.collect();
    let server = Server::start_secured(authority.trusted(), &arguments).await;
    // `date --utc --date 2100-01-01 +%s`
    assert_eq!(Scrape::of(&server).await.get(EXPIRES), 4_102_444_800.0);
    write(2101);
    server.reload().await;
    until("the certificate of 2101", async || {
        (Scrape::of(&server).await.get(EXPIRES) == 4_133_980_800.0).then_some(())
    })
    .await;
    let server = Server::start_with(&LISTEN).await;
    assert!(!Scrape::of(&server).await.0.contains_key(EXPIRES));
}

#[tokio::test]
async fn only_figures_are_told() {
    let server = Server::start_with(&LISTEN).await;
    for path in ["/", "/metrics/", "/debug"] {
        let answer = get(&server, path).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
}

/// Every name of a metric in a query.
fn names(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("basma_") || word.starts_with("process_"))
}

fn operations(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/monitoring");
    fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The queries of a dashboard, wherever they stand in it.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    // The query of the variable that chooses a Prometheus is its type.
                    Some(text) if matches!(&name[..], "expr" | "query") && text != "prometheus" => {
                        found.push(text.to_owned());
                    }
                    _ => expressions(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn dashboard_and_alerts_ask_for_what_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(folder.path(), &LISTEN).await;
    submit(&server, "", "1", "نص").await;
    let missing = GetArticleRequest::default();
    server
        .articles()
        .await
        .get_article(missing)
        .await
        .expect_err("no id");
    let scrape = Scrape::of(&server).await;
    let mut told: BTreeSet<_> = scrape.0.keys().map(|series| bare(series)).collect();
    // Only who shares an index tells of its cluster.
    let cluster = Cluster::start().await;
    let sharing = match &cluster {
        Some(cluster) => Scrape::of(&Server::start_sharing(&cluster.url(), &LISTEN).await).await,
        None => Scrape(Default::default()),
    };
    told.extend(sharing.0.keys().map(|series| bare(series)));
    let skipped = |name: &str| cluster.is_none() && name.starts_with("basma_store_");
    // Only who has a certificate tells when it expires.
    told.insert("basma_certificate_not_after_seconds");

    let dashboard: Value = serde_json::from_str(&operations("grafana.json")).expect("JSON");
    let mut queries = Vec::new();
    expressions(&dashboard, &mut queries);
    assert!(queries.len() >= 15, "{queries:#?}");
    let alerts = operations("alerts.yaml");
    let expressions = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr:"));
    let expressions: Vec<_> = expressions.map(str::to_owned).collect();
    let operators = Path::new(env!("CARGO_MANIFEST_DIR")).join("../OPERATIONS.md");
    let operators = fs::read_to_string(operators).expect("what operators read");
    for alert in alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
    {
        let row = operators
            .lines()
            .find(|line| line.starts_with("| Basma") && line.contains(alert));
        assert!(row.is_some(), "{alert} has no row");
    }
    assert!(expressions.len() >= 8, "{expressions:#?}");
    for query in queries.iter().chain(&expressions) {
        let mut asked = names(query).peekable();
        assert!(asked.peek().is_some(), "{query}");
        for name in asked {
            assert!(told.contains(name) || skipped(name), "{name} of {query}");
        }
    }
}
