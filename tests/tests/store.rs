//! What is kept in a data folder: it answers after a restart as before.

#![cfg(unix)]

use std::{fs, path::PathBuf};

use basma_proto::v1::*;
use basma_tests::{
    Basma, Server, article,
    refusal::{Refusal, refusal},
    server::basmad,
    store::{fails, fill, told},
};
use tonic::Code;

#[tokio::test]
async fn a_restarted_server_answers_as_before() {
    for durability in ["sync", "interval", "memory"] {
        let data = tempfile::tempdir().expect("a folder");
        let arguments = ["--durability", durability];
        let server = Server::start_in(data.path(), &arguments).await;
        fill(&server, 60).await;
        let before = told(&server, 60).await;
        server.stop().await;
        for _ in 0..2 {
            let server = Server::start_in(data.path(), &arguments).await;
            assert_eq!(told(&server, 60).await, before, "{durability}");
            server.stop().await;
        }
    }
}

#[tokio::test]
async fn collections_and_their_settings_come_back() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    for arguments in [
        &["collections", "create", "gone"][..],
        &[
            "--collection",
            "gone",
            "submit",
            "--id",
            "1",
            "--text",
            "نص",
        ],
        &[
            "collections",
            "create",
            "news",
            "--distance",
            "5",
            "--retention",
            "30d",
            "--retention-by",
            "published",
            "--window",
            "12h",
        ],
        &[
            "collections",
            "update",
            "news",
            "--min-score",
            "0.5",
            "--keep-texts",
            "--window",
            "none",
        ],
        &[
            "--collection",
            "news",
            "submit",
            "--id",
            "1",
            "--text",
            "نص",
        ],
        &["collections", "delete", "gone"],
    ] {
        server.basma(arguments).run().await.expect(0);
    }
    let settings = |server: &Server| server.basma(&["collections", "list", "--json"]);
    let before = settings(&server).run().await.expect(0).json();
    assert_eq!(before.len(), 2);
    assert_eq!(
        before[1]["retention"],
        serde_json::json!({"seconds": 2_592_000.0, "by": "published"})
    );
    assert_eq!(
        (&before[1]["window"], &before[1]["keep_texts"]),
        (&serde_json::Value::Null, &true.into())
    );
    assert!(
        !data.path().join("collections/gone").exists(),
        "its disk space is returned"
    );
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    assert_eq!(settings(&server).run().await.expect(0).json(), before);
    let got = server
        .basma(&["--collection", "news", "get", "1"])
        .run()
        .await;
    got.expect(0);
}

#[tokio::test]
async fn a_folder_is_used_by_one_process() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("in use by another basmad (process "),
        "{message}"
    );
    assert!(
        message.contains(data.path().to_str().expect("a path")),
        "{message}"
    );
    server.submit(article("1", "نص")).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let data = tempfile::tempdir().expect("a folder");
    let file = data.path().join("file");
    fs::write(&file, "").expect("a file");
    for (folder, expected) in [
        (file.clone(), "cannot use"),
        (file.join("below"), "cannot use"),
        // Not even root may make folders there.
        (PathBuf::from("/proc/basma"), "cannot use"),
        (data.path().to_owned(), "no catalog of Basma"),
    ] {
        let message = fails(&folder, &[]).await;
        assert!(message.contains(expected), "{message}");
        assert!(
            message.contains(folder.to_str().expect("a path")),
            "{message}"
        );
    }
}

#[tokio::test]
async fn in_memory_and_a_folder_exclude_each_other() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().to_str().expect("a path");
    let ended = basmad(&["--in-memory", "--data-dir", path])
        .output()
        .await
        .expect("basmad starts");
    assert!(!ended.status.success());
    let server = Server::start().await;
    let refused = Basma::new(server.address(), &["backup", "copy"])
        .within(data.path())
        .run()
        .await;
    assert_eq!(refused.status, 2);
    assert!(
        refused.stderr.contains("in memory only"),
        "{}",
        refused.stderr
    );
    assert!(fs::read_dir(path).expect("a folder").next().is_none());
}

/// A pipe among the files of the journal holds up who reads it until somebody writes.
#[tokio::test]
async fn while_it_reads_the_store_it_says_so_and_refuses() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    server.submit(article("1", "نص")).await;
    server.stop().await;
    let pipe = data.path().join("collections/default/00000002.log");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());

    let server = Server::begin_in(data.path(), &[]).await;
    let recovering = Refusal::new(Code::Unavailable, "RECOVERING", "");
    let mut health = server.health().await;
    for _ in 0..3 {
        let asked = health
            .check(tonic_health::pb::HealthCheckRequest::default())
            .await;
        let status = asked.expect("an answer").into_inner().status();
        assert_eq!(status.as_str_name(), "NOT_SERVING");
        let refused = server
            .collections()
            .await
            .get_stats(GetStatsRequest::default())
            .await;
        assert_eq!(refusal(refused), recovering);
        let submit = SubmitRequest {
            article: Some(article("2", "نص آخر")),
            ..Default::default()
        };
        assert_eq!(
            refusal(server.dedup().await.submit(submit).await),
            recovering
        );
    }
    // An empty file is one that was never finished.
    tokio::task::spawn_blocking(move || fs::write(pipe, ""))
        .await
        .expect("no panic")
        .expect("a reader");
    server.serving().await;
    assert_eq!(server.stats().await.article_count, 1);
    assert!(
        server.log().contains("was never finished"),
        "{}",
        server.log()
    );
}
