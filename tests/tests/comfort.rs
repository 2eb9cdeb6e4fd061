//! What helps whoever sits before the command line: doctor, watch, the manual, JSON everywhere.

use std::{fs, process::Command};

use basma_tests::{Basma, Server, article, corpus};
use serde_json::Value;

/// A server with a story of two articles, and another article.
async fn server() -> Server {
    let server = Server::start().await;
    let text = |n: u64| corpus().article(n).text;
    for (id, text) in [("أ", text(1)), ("ب", text(1) + " انتهى"), ("ج", text(2))] {
        server.submit(article(id, &text)).await;
    }
    server
}

#[tokio::test]
async fn doctor_finds_what_is_wrong_and_says_what_to_do() {
    let server = server().await;
    let checks = server
        .basma(&["doctor", "--json"])
        .run()
        .await
        .expect(0)
        .json();
    let names: Vec<_> = checks
        .iter()
        .filter_map(|line| line["check"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "tls",
            "server",
            "access",
            "collection",
            "settings",
            "version",
            "articles",
            "folding",
            "check"
        ]
    );
    assert!(
        checks.iter().all(|line| line["status"] == "ok"),
        "{checks:?}"
    );

    let ended = server
        .basma(&["doctor", "--collection", "none"])
        .run()
        .await
        .expect(2);
    assert!(
        ended.stdout.contains("ok    server") && ended.stdout.contains("FAIL  collection"),
        "{ended:?}"
    );
    assert!(
        ended.stdout.contains("→ `basma collections create NAME`"),
        "{ended:?}"
    );

    let gone = Basma::new("http://127.0.0.1:1", &["doctor"])
        .run()
        .await
        .expect(2);
    assert!(
        gone.stdout.contains("FAIL  server") && gone.stdout.contains("Start it with `basmad`"),
        "{gone:?}"
    );
    // Nothing was changed.
    assert_eq!(server.stats().await.article_count, 3);
}

#[tokio::test]
async fn watch_prints_lines_where_there_is_no_terminal() {
    let server = server().await;
    let views = server
        .basma(&["watch", "-n", "2", "--interval", "100ms", "--json"])
        .run()
        .await
        .expect(0)
        .json();
    assert_eq!(views[0]["articles"], 3);
    assert_eq!(views[0]["verdicts"]["NEAR_DUPLICATE"], 1);
    assert_eq!(views[0]["complete"], true);
    assert_eq!(views[0]["sources"][0]["duplicates"], 1);
    assert_eq!(views[0]["duplicates"][0]["id"], "ب");
    assert_eq!(views[0]["duplicates"][0]["canonical_id"], "أ");
    assert!(views[0]["per_second"].is_null());
    // What was told before is not told again.
    assert_eq!(views[1]["duplicates"], Value::Array(Vec::new()));
    assert_eq!(views[1]["per_second"], 0.0);

    let ended = server.basma(&["watch", "-n", "1"]).run().await.expect(0);
    assert!(
        ended.stdout.contains("3 articles") && ended.stdout.contains("NEAR_DUPLICATE  ب of أ"),
        "{ended:?}"
    );
    let gone = Basma::new("http://127.0.0.1:1", &["watch", "--timeout", "1s"])
        .run()
        .await
        .expect(2);
    assert!(gone.stderr.contains("is basmad running?"), "{gone:?}");
}

#[tokio::test]
async fn every_duplicate_is_told_once_however_long_the_list_is() {
    let server = Server::start().await;
    let line = |n: u64| {
        format!(
            "{{\"id\":\"{n}\",\"text\":\"{}\"}}\n",
            if n.is_multiple_of(2) {
                format!("خبر {n}")
            } else {
                format!("خبر {}", n - 1)
            }
        )
    };
    fs::write(
        server.folder().join("in.jsonl"),
        (0..2600).map(line).collect::<String>(),
    )
    .expect("a file");
    server
        .basma(&["submit", "in.jsonl", "--output", "out"])
        .run()
        .await
        .expect(0);
    let views = server
        .basma(&["watch", "-n", "3", "--interval", "100ms", "--json"])
        .run()
        .await
        .expect(0)
        .json();
    assert_eq!(views[2]["sources"][0]["articles"], 2600, "{:?}", views[2]);
    assert_eq!(views[2]["sources"][0]["duplicates"], 1300);
}

#[tokio::test]
async fn the_manual_has_a_page_for_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let pages = Basma::new("http://127.0.0.1:1", &["man", "man1", "--json"])
        .within(folder.path())
        .run()
        .await
        .expect(0)
        .json();
    let help = Basma::new("http://127.0.0.1:1", &["--help"])
        .run()
        .await
        .expect(0)
        .stdout;
    let commands = help.split("Commands:\n").nth(1).expect("commands").lines();
    let commands = commands
        .take_while(|line| !line.is_empty())
        // What is indented further is the rest of a description.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    let mut number = 0;
    for command in commands.filter(|command| *command != "help") {
        let page = fs::read_to_string(folder.path().join(format!("man1/basma-{command}.1")))
            .expect(command);
        assert!(
            page.contains(".SH NAME") && page.contains("\\-\\-json"),
            "{command}: {page}"
        );
        number += 1;
    }
    assert!(number >= 15 && pages.len() > number, "{pages:?}");
    // Where there is something that reads manuals, it finds no fault with them.
    if let Ok(checked) = Command::new("man")
        .args(["--warnings", "-l", "man1/basma-dedup.1"])
        .current_dir(folder.path())
        .output()
    {
        let complaints = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(!complaints.contains("warning"), "{complaints}");
    }
}

#[tokio::test]
async fn whatever_prints_can_print_json() {
    let server = server().await;
    let folder = server.folder();
    fs::write(
        folder.join("in.jsonl"),
        "{\"id\":\"د\",\"text\":\"نص قصير\"}\n",
    )
    .expect("a file");
    fs::write(folder.join("gold.tsv"), "a\tb\tlabel\nأ\tب\tD\n").expect("a file");
    let text = |n: u64| corpus().article(n).text;
    let rows = [("أ", text(1)), ("ب", text(1) + " انتهى")];
    let lines =
        rows.map(|(id, text)| serde_json::json!({"id": id, "text": text}).to_string() + "\n");
    fs::write(folder.join("corpus.jsonl"), lines.concat()).expect("a file");
    for (command, status) in [
        ("submit in.jsonl", 0),
        ("check in.jsonl", 1),
        ("check --text جديد", 1),
        ("find أ", 0),
        ("find --simhash 00000000000000ff --distance 3", 0),
        ("get أ", 0),
        ("list", 0),
        ("cluster ب", 0),
        ("compare أ ب", 0),
        ("compare --text-a نص --text-b نص", 0),
        ("fingerprint --text نص", 0),
        ("collections create other", 0),
        ("collections list", 0),
        ("collections get other", 0),
        ("collections update other --distance 4", 0),
        ("collections delete other", 0),
        ("stats", 0),
        ("health", 0),
        ("doctor", 0),
        ("watch -n 1", 0),
        ("load --duration 200ms", 0),
        ("evaluate --corpus corpus.jsonl --gold gold.tsv", 0),
        ("dedup corpus.jsonl --output out", 0),
        ("man pages", 0),
        ("delete ج", 0),
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--json"]).collect();
        let ended = server.basma(&arguments).run().await;
        assert_eq!(ended.status, status, "{command}: {ended:?}");
        let found = command.starts_with("find --simhash");
        assert!(
            found || !ended.json().is_empty(),
            "{command} prints nothing"
        );
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do_next() {
    let server = server().await;
    for (command, step) in [
        ("stats --collection none", "`basma collections create NAME`"),
        ("get none", "see what there is with `basma list`"),
        (
            "collections create default",
            "`basma collections update NAME`",
        ),
        (
            "collections update default --method simhash-only",
            "make another collection",
        ),
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let ended = server.basma(&arguments).run().await.expect(2);
        assert!(ended.stderr.contains(step), "{command}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{command}: {ended:?}");
    }
}
