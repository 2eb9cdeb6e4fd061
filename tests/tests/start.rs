//! How `basmad` starts, and how it says that it cannot.

use std::{fs, process::Stdio};

use basma_proto::v1::{SubmitRequest, Verdict};
use basma_tests::{LIMIT, Refusal, Server, article, refusal, server::basmad};
use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

/// Exit status and stderr of a start that must fail.
async fn fails(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut basmad = basmad(arguments);
    basmad
        .envs(environment.iter().copied())
        .stdout(Stdio::null());
    let ended = timeout(LIMIT, basmad.output())
        .await
        .expect("it ends")
        .expect("basmad starts");
    (
        ended.status.code(),
        String::from_utf8(ended.stderr).expect("text"),
    )
}

#[tokio::test]
async fn health_is_serving_for_the_server_and_each_service() {
    let server = Server::start().await;
    let mut health = server.health().await;
    for service in [
        "",
        "basma.v1.DedupService",
        "basma.v1.ArticleService",
        "basma.v1.CollectionService",
    ] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = health.check(request).await.expect("an answer").into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let request = HealthCheckRequest {
        service: "basma.v2.DedupService".to_owned(),
    };
    let unknown = health.check(request).await.expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn a_taken_port_is_named_and_left_alone() {
    let server = Server::start().await;
    let (status, message) = fails(&["--listen", server.authority()], &[]).await;
    assert_eq!(status, Some(1), "{message}");
    assert!(message.starts_with("basmad: cannot listen on"), "{message}");
    assert!(message.contains(server.authority()), "{message}");
    assert_eq!(
        server.submit(article("1", "نص")).await.verdict(),
        Verdict::New
    );
}

#[tokio::test]
async fn a_wrong_setting_is_named_wherever_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("basmad.toml");
    fs::write(&file, "max_batches = 3\n").expect("a file");
    let file = file.to_str().expect("a path");
    for (arguments, environment, expected) in [
        (vec!["--config", file], None, "max_batches"),
        (
            vec!["--config", "/nowhere/basmad.toml"],
            None,
            "/nowhere/basmad.toml",
        ),
        (vec!["--max-batch", "0"], None, "--max-batch"),
        (vec!["--max-batch", "many"], None, "--max-batch"),
        (
            vec![],
            Some(("BASMA_MAX_TEXT_BYTES", "0")),
            "max_text_bytes",
        ),
        (vec!["--listen", "nowhere"], None, "nowhere"),
        (vec!["--log", "=!"], None, "log"),
    ] {
        let (status, message) = fails(&arguments, environment.as_slice()).await;
        assert!(
            status.is_some_and(|code| code != 0),
            "{arguments:?} {environment:?}"
        );
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("basmad.toml");
    fs::write(&file, "max_text_bytes = 10\nmax_batch = 1\n").expect("a file");
    let config = file.to_str().expect("a path");
    let server = Server::start_with(&["--config", config, "--max-text-bytes", "20"]).await;
    server.submit(article("1", &"s".repeat(20))).await;
    let request = SubmitRequest {
        article: Some(article("2", &"s".repeat(21))),
        ..Default::default()
    };
    let found = refusal(server.dedup().await.submit(request).await);
    assert_eq!(
        found,
        Refusal::new(Code::InvalidArgument, "TEXT_TOO_LARGE", "article.text")
    );
}

#[tokio::test]
async fn a_log_in_a_file_has_no_colours() {
    let server = Server::start().await;
    let log = server.log();
    assert!(log.contains("serving"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}
