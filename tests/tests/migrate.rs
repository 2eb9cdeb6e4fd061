//! `basma migrate`: collections go from server to server, whatever each keeps its index in, and answer there as they
//! did.

use basma_benches::corpus::Mix;
use basma_client::{Client, v1};
use basma_tests::{
    Server,
    article::{article, chance_words, corpus, of_corpus},
    redis::Cluster,
    until,
};
use tokio_stream::StreamExt as _;
use tonic::Code;

/// All that a caller sees of an answer, but for the time.
fn told(mut answer: v1::Answer) -> String {
    for found in &mut answer.matches {
        found.first_seen_time = None;
    }
    format!("{answer:#?}")
}

fn client(server: &Server, collection: &str) -> Client {
    let client = Client::new(server.address()).expect("an address");
    client.with_collection(collection)
}

/// A history: copies of every kind, revisions and deletions. Told is what each submission was answered.
async fn live(client: &Client, articles: std::ops::Range<usize>) -> Vec<String> {
    let mut answers = Vec::new();
    let stream = corpus().stream(Mix::default());
    let planted = stream.enumerate().skip(articles.start).take(articles.len());
    for (number, planted) in planted {
        let mut article = of_corpus(planted.article);
        let id = article.id.clone();
        let submitted = client.submit(article.clone(), 10).await;
        answers.push(told(submitted.expect("an answer")));
        if number % 5 == 3 {
            let before = corpus().article(number as u64 / 2).text;
            article.body = Some(v1::article::Body::Text(format!("{before} وقال مصدر آخر")));
            let submitted = client.submit(article, 10).await;
            answers.push(told(submitted.expect("an answer")));
        }
        if number % 7 == 5 {
            client.delete(&id).await.expect("it is there");
        }
    }
    answers
}

/// Makes the collections that are migrated.
async fn fill(server: &Server) {
    let collection = v1::Collection {
        name: "kept".to_owned(),
        keep_texts: true,
        detector: Some(v1::DetectorSettings {
            min_score: Some(0.25),
            ..v1::DetectorSettings::default()
        }),
        ..v1::Collection::default()
    };
    let kept = client(server, "kept");
    kept.create_collection(collection).await.expect("made");
    let bits = v1::Collection {
        name: "bits".to_owned(),
        detector: Some(v1::DetectorSettings {
            method: v1::detector_settings::Method::SimhashOnly.into(),
            ..v1::DetectorSettings::default()
        }),
        ..v1::Collection::default()
    };
    kept.create_collection(bits).await.expect("made");
    for name in NAMES {
        live(&client(server, name), 0..50).await;
    }
}

const NAMES: [&str; 3] = ["bits", "default", "kept"];

async fn migrate(from: &Server, to: &Server, more: &[&str]) -> basma_tests::Ended {
    let arguments = [&["migrate", "--json", "--to", to.address()], more].concat();
    from.basma(&arguments).run().await
}

/// The outcome of one collection.
fn counted(ended: &basma_tests::Ended, name: &str) -> (u64, u64, u64) {
    let lines = ended.json();
    let line = lines.iter().find(|line| line["collection"] == name);
    let line = line.expect("the collection");
    let number = |field: &str| line[field].as_u64().expect("a number");
    assert_eq!(line["difference"], serde_json::Value::Null);
    (number("imported"), number("present"), number("verified"))
}

/// That two servers answer the same from now on.
async fn go_on_alike(one: &Server, other: &Server, articles: std::ops::Range<usize>) {
    for name in NAMES {
        let told = live(&client(one, name), articles.clone()).await;
        let other_told = live(&client(other, name), articles.clone()).await;
        for (one, other) in told.iter().zip(&other_told) {
            assert_eq!(one, other, "{name}");
        }
        let [one, other] = [one, other].map(|server| client(server, name));
        let [one, other] = [one.stats().await, other.stats().await].map(|it| it.expect("counted"));
        assert_eq!(
            (one.article_count, one.cluster_count),
            (other.article_count, other.cluster_count),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn into_a_cluster_and_back() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let embedded = Server::start_with(&["--log", "warn"]).await;
    fill(&embedded).await;
    let shared = Server::start_sharing(&cluster.url(), &["--log", "warn"]).await;
    let ended = migrate(&embedded, &shared, &[]).await.expect(0);
    let articles = client(&embedded, "kept").stats().await.expect("counted");
    let articles = articles.article_count;
    assert_eq!(counted(&ended, "kept"), (articles, 0, articles));
    // Again: all is there.
    let ended = migrate(&embedded, &shared, &[]).await.expect(0);
    assert_eq!(counted(&ended, "kept"), (0, articles, articles));
    go_on_alike(&embedded, &shared, 50..70).await;

    let back = Server::start_in(folder.path(), &["--log", "warn"]).await;
    migrate(&shared, &back, &[]).await.expect(0);
    // The journal has it, too.
    back.stop().await;
    let back = Server::start_in(folder.path(), &["--log", "warn"]).await;
    migrate(&shared, &back, &["--verify"]).await.expect(0);
    go_on_alike(&shared, &back, 70..90).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_target_is_filled_by_running_it_again() {
    let source = Server::start_with(&["--log", "warn"]).await;
    let numbers: Vec<_> = (0..3000).collect();
    for some in numbers.chunks(500) {
        let articles = some
            .iter()
            .map(|number| article(&number.to_string(), &chance_words(*number, 40)));
        let request = v1::BatchSubmitRequest {
            articles: articles.collect(),
            ..v1::BatchSubmitRequest::default()
        };
        let submitted = source.dedup().await.batch_submit(request).await;
        submitted.expect("answers");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let target = Server::start_in(folder.path(), &["--log", "warn"]).await;
    let arguments = ["migrate", "--to", target.address()].map(str::to_owned);
    let run = source.basma(&arguments.each_ref().map(String::as_str));
    let run = tokio::spawn(run.run());
    until("some to be there", async || {
        (target.stats().await.article_count > 200).then_some(())
    })
    .await;
    target.kill().await;
    run.await.expect("it ends");
    let target = Server::start_in(folder.path(), &[]).await;
    let some = target.stats().await.article_count;
    assert!(some > 0);
    let ended = migrate(&source, &target, &[]).await.expect(0);
    assert_eq!(counted(&ended, "default"), (3000 - some, some, 3000));
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_named_and_nothing_is_overwritten() {
    let source = Server::start().await;
    let target = Server::start().await;
    source.submit(article("1", &chance_words(1, 40))).await;
    source.submit(article("2", &chance_words(2, 40))).await;
    let ended = migrate(&source, &target, &["--verify"]).await.expect(2);
    assert_eq!(ended.json()[0]["difference"], "\"1\" is missing there");
    target.submit(article("2", &chance_words(3, 40))).await;
    let ended = migrate(&source, &target, &[]).await.expect(2);
    assert!(ended.stderr.contains("is new"), "{}", ended.stderr);
    assert_eq!(target.stats().await.article_count, 1);
    // The other way round its sequence is one that is known.
    let ended = migrate(&target, &source, &[]).await.expect(2);
    assert!(ended.stderr.contains("another article"), "{}", ended.stderr);
    let ended = migrate(&source, &target, &["--only", "none"])
        .await
        .expect(2);
    assert!(ended.stderr.contains("none"), "{}", ended.stderr);

    let mut service =
        v1::migration_service_client::MigrationServiceClient::new(target.channel().await);
    let mut refused = async |request: v1::ImportRequest| {
        let refused = service.import(tokio_stream::iter([request])).await;
        refused.expect_err("it is refused").code()
    };
    let exported = client(&source, "default").export().await;
    let exported = exported.expect("an export").next().await;
    let exported = exported.expect("some").expect("some");
    let record = v1::Record {
        article: vec![7; 100],
        text: None,
    };
    let request = v1::ImportRequest {
        records: vec![record],
        fold_version: exported.fold_version,
        content_version: exported.content_version,
        ..v1::ImportRequest::default()
    };
    assert_eq!(refused(request.clone()).await, Code::InvalidArgument);
    let older = v1::ImportRequest {
        content_version: 0,
        ..request.clone()
    };
    assert_eq!(refused(older).await, Code::FailedPrecondition);
    let unknown = v1::ImportRequest {
        collection: "none".to_owned(),
        ..request
    };
    assert_eq!(refused(unknown).await, Code::NotFound);
}
