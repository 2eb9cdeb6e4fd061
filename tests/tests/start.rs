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

/// Exit status and stderr of `basmad healthcheck` with this address.
async fn health(listen: &str) -> (Option<i32>, String) {
    fails(&["--listen", listen, "--in-memory", "healthcheck"], &[]).await
}

#[tokio::test]
async fn a_healthcheck_asks_the_server_of_its_configuration() {
    let server = Server::start().await;
    let authority = server.authority().to_owned();
    assert_eq!(health(&authority).await, (Some(0), String::new()));
    // The file of settings may be named before or after what is asked for.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("basmad.toml");
    let settings = format!("listen = \"{authority}\"\nin_memory = true\n");
    std::fs::write(&file, settings).expect("a file");
    let file = file.to_str().expect("UTF-8");
    for arguments in [
        ["--config", file, "healthcheck"],
        ["healthcheck", "--config", file],
    ] {
        assert_eq!(fails(&arguments, &[]).await, (Some(0), String::new()));
    }
    server.stop().await;
    let (status, message) = health(&authority).await;
    assert_eq!(status, Some(1));
    assert!(message.contains(&authority), "{message}");
}

#[tokio::test]
async fn who_has_read_enough_of_the_settings_is_no_error() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut basmad = basmad(&["--print-config"]);
    let ended = basmad.stdout(writer).stderr(Stdio::piped()).output().await;
    let ended = ended.expect("basmad starts");
    let said = String::from_utf8(ended.stderr).expect("text");
    assert_eq!((ended.status.code(), said.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told_that_it_serves_lives_and_stops() {
    use std::os::unix::net::UnixDatagram;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let told = UnixDatagram::bind(&path).expect("a socket");
    told.set_read_timeout(Some(LIMIT)).expect("a limit");
    let mut message = [0; 64];
    let mut next = || {
        let length = told.recv(&mut message).expect("a message in time");
        String::from_utf8(message[..length].to_vec()).expect("text")
    };
    let mut basmad = basmad(&["--listen", "127.0.0.1:0", "--in-memory"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "100000")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("basmad starts");
    let mut before = Vec::new();
    tokio::task::block_in_place(|| {
        while !before.contains(&"WATCHDOG=1".to_owned()) || !before.contains(&"READY=1".to_owned())
        {
            before.push(next().trim().to_owned());
        }
    });
    assert!(!before.contains(&"STOPPING=1".to_owned()));
    let pid = basmad
        .id()
        .and_then(|id| rustix::process::Pid::from_raw(id as i32));
    rustix::process::kill_process(pid.expect("it runs"), rustix::process::Signal::TERM)
        .expect("it takes signals");
    tokio::task::block_in_place(|| while next().trim() != "STOPPING=1" {});
    let ended = timeout(LIMIT, basmad.wait()).await.expect("it ends");
    assert!(ended.expect("a status").success());
}

#[tokio::test]
async fn a_check_says_ok_or_every_error_and_a_print_what_is_in_force() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("basmad.toml");
    fs::write(&file, "max_bach = 3\ndurability = \"snyc\"\n").expect("a file");
    let config = file.to_str().expect("a path");
    let (status, message) = fails(&["--config", config, "--check-config"], &[]).await;
    assert_eq!(status, Some(1));
    assert_eq!(
        message.replace(config, "FILE"),
        "basmad: FILE:1: unknown key max_bach: did you mean max_batch?\n\
         basmad: FILE:2: durability = \"snyc\": must be one of sync, interval, memory: did you mean sync?\n"
    );
    fs::write(&file, "max_batch = 3\nin_memory = true\n").expect("a file");
    for (asked, expected) in [
        ("--check-config", "ok\n"),
        ("--print-config", "\nmax_batch = 3  # "),
    ] {
        let printed = basmad(&["--config", config, asked])
            .output()
            .await
            .expect("basmad starts");
        assert!(printed.status.success());
        let printed = String::from_utf8(printed.stdout).expect("text");
        assert!(printed.contains(expected), "{printed}");
    }
}
