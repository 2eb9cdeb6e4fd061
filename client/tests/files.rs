//! The command `basma` on files of articles.

mod fake;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Output, Stdio},
};

use fake::Fake;

fn basma(server: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_basma"));
    command
        .env_remove("BASMA_COLLECTION")
        .env("BASMA_SERVER", server)
        .args(args);
    command
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("a task")
        .expect("the command")
}

/// Articles of one line each.
fn write_articles(path: &Path, count: usize) {
    let line = |number| format!("{{\"id\":\"خبر-{number}\",\"text\":\"نص\"}}\n");
    fs::write(path, (0..count).map(line).collect::<String>()).expect("a file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_for_each_article_in_order_and_a_summary() {
    let server = Fake::new().serve().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    write_articles(&input, 500);
    for (command, status) in [("submit", 0), ("check", 1)] {
        let mut basma = basma(&server, &[command]);
        basma.arg(&input).arg("--output").arg(&output);
        let ended = run(basma).await;
        assert_eq!(ended.status.code(), Some(status), "{ended:?}");
        assert!(ended.stdout.is_empty());
        let written = fs::read_to_string(&output).expect("the results");
        let ids = written.lines().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            line["id"].as_str().expect("an id").to_owned()
        });
        let expected = (0..500).map(|number| format!("خبر-{number}"));
        assert!(ids.eq(expected), "{written}");
        let summary = String::from_utf8(ended.stderr).expect("text");
        assert!(summary.contains("NEW            500\n"), "{summary}");
        assert!(summary.ends_with("errors           0\n"), "{summary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_lines_and_refused_articles_are_named_and_end_with_status_2() {
    let server = Fake::new().serve().await;
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("أخبار.jsonl");
    let good = r#"{"id":"1","text":"نص"}"#;
    let refused = r#"{"id":"bad","text":"نص"}"#;
    fs::write(&input, format!("{good}\n{{\n{refused}\n{good}\n")).expect("a file");
    for command in ["submit", "check"] {
        let mut basma = basma(&server, &[command]);
        let ended = run({
            basma.arg(&input);
            basma
        })
        .await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        let stderr = String::from_utf8(ended.stderr).expect("text");
        let file = input.display();
        assert!(stderr.contains(&format!("{file}:2: not JSON")), "{stderr}");
        assert!(
            stderr.contains(&format!("{file}:4: id `1` was there before")),
            "{stderr}"
        );
        assert!(stderr.contains("basma: article `bad` refused"), "{stderr}");
        let end = "basma: 2 lines could not be used, 1 article was refused\n";
        assert!(stderr.ends_with(end), "{stderr}");
        let stdout = String::from_utf8(ended.stdout).expect("text");
        assert_eq!(stdout.lines().count(), 2);
        assert!(
            stdout.contains(r#"{"id":"bad","error":{"code":"INVALID_ARGUMENT""#),
            "{stdout}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let server = Fake::new().serve().await;
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("in");
    write_articles(&input, 20_000);
    let mut basma = basma(&server, &["submit"]);
    basma
        .arg(&input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (line, stderr, status) = tokio::task::spawn_blocking(move || {
        let mut child = basma.spawn().expect("the command");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        stdout.read_line(&mut line).expect("a line");
        drop(stdout);
        let mut stderr = String::new();
        let mut pipe = child.stderr.take().expect("a pipe");
        pipe.read_to_string(&mut stderr).expect("text");
        (line, stderr, child.wait().expect("an end"))
    })
    .await
    .expect("a task");
    assert!(
        line.starts_with(r#"{"id":"خبر-0","verdict":"NEW""#),
        "{line}"
    );
    assert_eq!(stderr, "");
    assert!(status.success(), "{status}");
}
