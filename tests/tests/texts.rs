//! Kept texts: compared, exported and fingerprinted anew.

#![cfg(unix)]

use basma_tests::{
    Server, article, corpus,
    server::basmad,
    store::{fill, told},
};

#[tokio::test]
async fn kept_texts_are_compared_exported_and_fingerprinted_anew() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    server
        .basma(&["collections", "update", "default", "--keep-texts"])
        .run()
        .await
        .expect(0);
    fill(&server, 30).await;
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    let compared = server
        .basma(&["compare", "1", "2", "--json"])
        .run()
        .await
        .expect(0);
    assert!(
        compared.json()[0]["segments"]
            .as_array()
            .is_some_and(|all| !all.is_empty()),
        "{}",
        compared.stdout
    );
    // Of an article with itself a person is shown the text.
    let shown = server.basma(&["compare", "1", "1", "--full"]).run().await;
    let kept = server.basma(&["export", "-"]).run().await.expect(0).json();
    let text = kept.iter().find(|line| line["id"] == "1");
    let text = text.and_then(|line| line["text"].as_str()).expect("a text");
    let first = text.lines().next().expect("a line");
    assert!(shown.stdout.contains(first), "{}", shown.stdout);

    for file in ["export.jsonl", "export.jsonl.zst"] {
        server.basma(&["export", file]).run().await.expect(0);
        let other = Server::start().await;
        let path = server.folder().join(file);
        other
            .basma(&["import", path.to_str().expect("a path")])
            .run()
            .await
            .expect(0);
        assert_eq!(
            other.stats().await.article_count,
            server.stats().await.article_count
        );
        let ours = server
            .basma(&["get", "1", "--json"])
            .run()
            .await
            .expect(0)
            .json();
        let theirs = other
            .basma(&["get", "1", "--json"])
            .run()
            .await
            .expect(0)
            .json();
        assert_eq!(ours[0]["fingerprint"], theirs[0]["fingerprint"]);
    }

    let before = told(&server, 30).await;
    server.stop().await;
    let path = data.path().to_str().expect("a path").to_owned();
    let refingerprint = async |arguments: &[&str]| {
        let ended = basmad(&["refingerprint", "--data-dir", &path])
            .args(arguments)
            .output()
            .await;
        ended.expect("basmad starts")
    };
    assert!(refingerprint(&[]).await.status.success());
    let server = Server::start_in(data.path(), &[]).await;
    assert_eq!(told(&server, 30).await, before, "the same fingerprints");
    server.stop().await;
    assert!(
        refingerprint(&["--method", "simhash-only", "--features", "words:2"])
            .await
            .status
            .success()
    );
    let server = Server::start_in(data.path(), &[]).await;
    let settings = server
        .basma(&["collections", "get", "default", "--json"])
        .run()
        .await
        .expect(0)
        .json();
    assert_eq!(
        (&settings[0]["method"], &settings[0]["simhash_features"]),
        (&"simhash-only".into(), &"words".into())
    );
    let text = corpus().article(1).text;
    let checked = server
        .basma(&["check", "--json", "--text", &text])
        .run()
        .await
        .expect(0);
    assert_eq!(checked.json()[0]["verdict"], "EXACT");
    // One article without text stands against it.
    server
        .basma(&["collections", "update", "default", "--keep-texts", "false"])
        .run()
        .await
        .expect(0);
    server.submit(article("bare", "نص بلا حفظ")).await;
    server.stop().await;
    let refused = refingerprint(&[]).await;
    let message = String::from_utf8(refused.stderr).expect("text");
    assert!(
        !refused.status.success() && message.contains("the texts of 1 of"),
        "{message}"
    );
}
