//! What is too old: to be kept, or to be matched.

#![cfg(unix)]

use basma_proto::v1::*;
use basma_tests::{Server, article, corpus, until};

#[tokio::test]
async fn what_is_older_than_the_retention_goes() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    server
        .basma(&["collections", "update", "default", "--retention", "1s"])
        .run()
        .await
        .expect(0);
    server.submit(article("1", &corpus().article(0).text)).await;
    until("its end", async || {
        (server.stats().await.article_count == 0).then_some(())
    })
    .await;
    assert_eq!(
        server
            .submit(article("2", &corpus().article(0).text))
            .await
            .verdict(),
        Verdict::New
    );
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    let got = server.basma(&["get", "1"]).run().await;
    assert_eq!(got.status, 2, "what has gone stays so");
}

#[tokio::test]
async fn a_window_is_the_collections_or_the_callers() {
    let server = Server::start().await;
    let text = corpus().article(0).text;
    let line = |id: &str, date: &str| {
        serde_json::json!({"id": id, "text": text, "date": date}).to_string()
    };
    let verdict = async |command: &str, arguments: &[&str], line: String| {
        let all = [&[command, "-"], arguments].concat();
        let ended = server.basma(&all).input(line).run().await;
        ended.json()[0]["verdict"].clone()
    };
    assert_eq!(verdict("submit", &[], line("1", "2015-07-01")).await, "NEW");
    let week = ["--window", "7d", "--window-by", "published"];
    assert_eq!(
        verdict("check", &week, line("2", "2015-07-09")).await,
        "NEW"
    );
    assert_eq!(
        verdict("check", &week, line("2", "2015-07-07")).await,
        "EXACT"
    );
    assert_eq!(
        verdict("check", &[], line("2", "2015-07-09")).await,
        "EXACT"
    );
    let update = [&["collections", "update", "default"][..], &week].concat();
    server.basma(&update).run().await.expect(0);
    assert_eq!(verdict("check", &[], line("2", "2015-07-09")).await, "NEW");
    assert_eq!(
        verdict("submit", &["--window", "400w"], line("3", "2015-07-09")).await,
        "EXACT"
    );
    assert_eq!(verdict("submit", &[], line("2", "2015-07-20")).await, "NEW");
}
