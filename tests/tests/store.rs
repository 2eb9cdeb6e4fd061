//! What is kept in a data folder: it answers after a restart as before, and says what is wrong with it.

#![cfg(unix)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use basma_benches::corpus::Edit;
use basma_proto::v1::*;
use basma_tests::{
    Basma, LIMIT, Server, article, corpus,
    refusal::{Refusal, outcome, refusal},
    server::basmad,
    until,
};
use tokio::time::timeout;
use tonic::Code;

/// Submits originals and copies of them; some are revised, some deleted.
async fn fill(server: &Server, count: usize) {
    let mut articles = server.articles().await;
    let mut dedup = server.dedup().await;
    let corpus = corpus();
    let texts: Vec<_> = (0..count)
        .map(|number| corpus.article(number as u64 / 3).text)
        .collect();
    let batch = texts.iter().enumerate().map(|(number, text)| {
        let text = match number % 3 {
            0 => text.clone(),
            1 => Edit::Orthography.apply(text, 0.5, 1),
            _ => Edit::Words.apply(text, 0.1, 1),
        };
        article(&number.to_string(), &text)
    });
    let request = BatchSubmitRequest {
        articles: batch.collect(),
        ..Default::default()
    };
    let results = dedup
        .batch_submit(request)
        .await
        .expect("answers")
        .into_inner()
        .results;
    assert!(results.iter().all(|item| outcome(item).is_ok()));
    for number in (0..count).step_by(7) {
        server
            .submit(article(&number.to_string(), &texts[(number + 5) % count]))
            .await;
    }
    for number in (0..count).step_by(11) {
        let request = DeleteArticleRequest {
            id: number.to_string(),
            ..Default::default()
        };
        articles
            .delete_article(request)
            .await
            .expect("it is indexed");
    }
}

/// All that a server says of the articles of [`fill`]: what each is, and what is like it.
async fn told(server: &Server, count: usize) -> String {
    let lines: String = (0..count)
        .map(|number| {
            let text = corpus().article(number as u64 / 3).text;
            format!(
                "{}\n",
                serde_json::json!({"id": format!("new{number}"), "text": text})
            )
        })
        .collect();
    let checked = server
        .basma(&["check", "-", "--max-matches", "50"])
        .input(lines)
        .run()
        .await;
    let listed = server
        .basma(&["list", "--all", "--json"])
        .run()
        .await
        .expect(0);
    let mut listed: Vec<_> = listed.stdout.lines().collect();
    listed.sort_unstable();
    assert!(checked.status < 2, "{checked:?}");
    checked.stdout + &listed.join("\n")
}

/// What a start that must fail prints.
async fn fails(data: &Path, arguments: &[&str]) -> String {
    let data = data.to_str().expect("a path");
    let mut basmad = basmad(&["--listen", "127.0.0.1:0", "--data-dir", data]);
    basmad.args(arguments).stdout(Stdio::null());
    let ended = timeout(LIMIT, basmad.output()).await;
    let ended = ended.expect("it ends").expect("basmad starts");
    let message = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(ended.status.code(), Some(1), "{message}");
    let line = message.lines().rfind(|line| line.starts_with("basmad: "));
    line.unwrap_or_else(|| panic!("{message}")).to_owned()
}

fn journal(data: &Path) -> PathBuf {
    data.join("collections/default/00000001.log")
}

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
async fn damage_is_named_and_can_be_accepted() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    for number in 0..20 {
        server
            .submit(article(&number.to_string(), &corpus().article(number).text))
            .await;
    }
    server.stop().await;
    let whole = fs::read(journal(data.path())).expect("a journal");

    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(journal(data.path()), flipped).expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("00000001.log is damaged at byte"),
        "{message}"
    );
    assert!(message.contains("--accept-loss"), "{message}");

    fs::write(journal(data.path()), &whole[..whole.len() - 1]).expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("the last 1 acknowledged changes are missing"),
        "{message}"
    );

    // Refused as long as it takes, and nothing was changed by that.
    let server = Server::start_in(data.path(), &["--accept-loss"]).await;
    assert_eq!(server.stats().await.article_count, 19);
    server.submit(article("more", "نص آخر")).await;
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    assert_eq!(server.stats().await.article_count, 20);
    server.stop().await;

    fs::rename(
        data.path().join("collections/default"),
        data.path().join("aside"),
    )
    .expect("a folder");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("the collection \"default\" is missing"),
        "{message}"
    );
    fs::rename(
        data.path().join("aside"),
        data.path().join("collections/default"),
    )
    .expect("a folder");

    let catalog = fs::read_to_string(data.path().join("catalog")).expect("a catalog");
    fs::write(
        data.path().join("catalog"),
        catalog.replace("store 1", "store 2"),
    )
    .expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("of format 2") && message.contains("use a newer one"),
        "{message}"
    );
    fs::write(
        data.path().join("catalog"),
        catalog.replace("default", "defauld"),
    )
    .expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(message.contains("catalog is damaged"), "{message}");
}

/// The largest size of a file stands in for the size of a disk: it can be changed while the server runs.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room() {
    use basma_tests::server::limit_files;
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    server
        .submit(article("before", &corpus().article(0).text))
        .await;
    let room = fs::metadata(journal(data.path())).expect("a journal").len();
    limit_files(&server, Some(room + 3000));
    let mut dedup = server.dedup().await;
    let submit = |number: u64| SubmitRequest {
        article: Some(article(&number.to_string(), &corpus().article(number).text)),
        ..Default::default()
    };
    let mut acknowledged = 0;
    let refused = loop {
        match dedup.submit(submit(acknowledged + 1)).await {
            Ok(_) => acknowledged += 1,
            Err(status) => break status,
        }
        assert!(acknowledged < 100, "the disk is never full");
    };
    let full = Refusal::new(Code::Unavailable, "STORE_FULL", "");
    assert_eq!(Refusal::from(&refused), full);
    let details = tonic_types::StatusExt::get_error_details(&refused);
    assert!(
        details
            .retry_info()
            .is_some_and(|info| info.retry_delay.is_some())
    );
    // Whoever comes is refused too, in a batch, a stream or a deletion; and changes nothing.
    assert_eq!(refusal(dedup.submit(submit(50)).await), full);
    let delete = DeleteArticleRequest {
        id: "before".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        refusal(server.articles().await.delete_article(delete).await),
        full
    );
    assert_eq!(
        refusal(
            server
                .collections()
                .await
                .create_collection(CreateCollectionRequest {
                    collection: Some(Collection {
                        name: "more".to_owned(),
                        ..Default::default()
                    }),
                })
                .await
        ),
        full
    );
    // Reads go on.
    let text = corpus().article(0).text;
    let checked = server
        .basma(&["check", "--json", "--text", &text])
        .run()
        .await
        .expect(0);
    assert_eq!(checked.json()[0]["verdict"], "EXACT");

    limit_files(&server, None);
    // The one that was refused was written as soon as there was room: submitting it again says so.
    let again = until("room", async || {
        dedup.submit(submit(acknowledged + 1)).await.ok()
    })
    .await;
    assert!(again.into_inner().answer.expect("an answer").resubmission);
    dedup.submit(submit(50)).await.expect("there is room");
    assert!(
        server.log().contains("can be written again"),
        "{}",
        server.log()
    );
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    assert_eq!(server.stats().await.article_count, acknowledged + 3);
}

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

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_taken_while_writes_go_on() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    fill(&server, 60).await;
    let before = told(&server, 60).await;
    // In a collection of their own, so that what was is still to be asked for.
    server
        .basma(&["collections", "create", "busy"])
        .run()
        .await
        .expect(0);
    let mut dedup = server.dedup().await;
    let writer = tokio::spawn(async move {
        for number in 0u64.. {
            let request = SubmitRequest {
                collection: "busy".to_owned(),
                article: Some(article(&number.to_string(), &format!("نص رقم {number}"))),
                ..Default::default()
            };
            if dedup.submit(request).await.is_err() {
                return number;
            }
        }
        0
    });
    let busy = async || {
        server
            .basma(&["--collection", "busy", "stats", "--json"])
            .run()
            .await
            .expect(0)
            .json()[0]["articles"]
            .as_u64()
            .expect("a number")
    };
    let at_least = until("writes", async || {
        Some(busy().await).filter(|count| *count > 20)
    })
    .await;
    server.basma(&["backup", "copy"]).run().await.expect(0);
    let copy = server.folder().join("copy");
    let bytes = fs::read(&copy).expect("a backup");
    server.terminate();
    writer.await.expect("no panic");

    let other = tempfile::tempdir().expect("a folder");
    let restore = async |file: &Path, folder: &Path| {
        let ended = basmad(&["restore"])
            .arg(file)
            .arg("--data-dir")
            .arg(folder)
            .output()
            .await;
        let ended = ended.expect("basmad starts");
        (
            ended.status.success(),
            String::from_utf8(ended.stderr).expect("text"),
        )
    };
    // Damaged, cut off, or with something behind it: nothing is restored.
    let bad = server.folder().join("bad");
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 3] ^= 16;
    for damaged in [
        &flipped[..],
        &bytes[..bytes.len() - 1],
        &bytes[..bytes.len() / 2],
        &[&bytes[..], b"x"].concat(),
        b"",
        b"{}",
    ] {
        fs::write(&bad, damaged).expect("room");
        let (ok, message) = restore(&bad, other.path()).await;
        assert!(!ok && message.contains("is no whole backup"), "{message}");
        let left: Vec<_> = fs::read_dir(other.path().join("collections"))
            .expect("a folder")
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    let (ok, message) = restore(&copy, other.path()).await;
    assert!(ok, "{message}");
    let restored = Server::start_in(other.path(), &[]).await;
    assert_eq!(told(&restored, 60).await, before);
    let count = restored
        .basma(&["--collection", "busy", "stats", "--json"])
        .run()
        .await
        .expect(0)
        .json()[0]["articles"]
        .as_u64();
    assert!(count.is_some_and(|count| count >= at_least));
    restored.stop().await;
    let (ok, message) = restore(&copy, other.path()).await;
    assert!(
        !ok && message.contains("holds a store already"),
        "{message}"
    );
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
