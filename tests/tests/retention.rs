//! What is too old: to be kept, or to be matched.

#![cfg(unix)]

use std::ops::Range;

use basma_proto::v1::*;
use basma_tests::{Server, article, article::chance_words, corpus, store::size, until};

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

/// Each collection keeps what it is told to, whatever the others are told.
#[tokio::test]
async fn every_collection_has_a_retention_of_its_own() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    let all = [("moment", "1s"), ("month", "30d"), ("ever", "none")];
    for (name, retention) in all {
        let create = ["collections", "create", name, "--retention", retention];
        server.basma(&create).run().await.expect(0);
    }
    let submit = async |server: &Server, id: &str| {
        for (name, _) in all {
            let text = corpus().article(0).text;
            let submit = ["--collection", name, "submit", "--id", id, "--text", &text];
            server.basma(&submit).run().await.expect(0);
        }
    };
    let left = async |server: &Server| {
        let mut left = Vec::new();
        for (name, _) in all {
            let list = ["--collection", name, "list", "--all", "--json"];
            let listed = server.basma(&list).run().await.expect(0).json();
            let ids = listed.iter().filter_map(|line| line["id"].as_str());
            left.push(ids.map(str::to_owned).collect::<Vec<_>>());
        }
        left
    };
    submit(&server, "1").await;
    until("its end", async || {
        left(&server).await[0].is_empty().then_some(())
    })
    .await;
    assert_eq!(
        left(&server).await,
        [&[][..], &["1".to_owned()], &["1".to_owned()]]
    );
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    submit(&server, "2").await;
    until("its end", async || {
        left(&server).await[0].is_empty().then_some(())
    })
    .await;
    let both = ["1".to_owned(), "2".to_owned()];
    assert_eq!(left(&server).await, [&[][..], &both, &both]);
}

/// What a collection took is the system's again soon after it was deleted.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn deleting_a_collection_returns_memory_and_disk() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    let stays = server.basma(&["submit", "--id", "1", "--text", "نص"]);
    stays.run().await.expect(0);
    let before = [server.resident(), size(data.path())];
    server
        .basma(&["collections", "create", "large"])
        .run()
        .await
        .expect(0);
    let lines = (0..10_000).map(|number| {
        let text = chance_words(number, 300);
        format!(
            "{}\n",
            serde_json::json!({"id": number.to_string(), "text": text})
        )
    });
    let submit = server.basma(&["--collection", "large", "submit", "-"]);
    submit
        .input(lines.collect::<String>())
        .run()
        .await
        .expect(0);
    let full = [server.resident(), size(data.path())];
    assert!(full[0] > before[0] + (6 << 20), "{before:?} {full:?}");
    assert!(full[1] > before[1] + (3 << 20), "{before:?} {full:?}");
    server
        .basma(&["collections", "delete", "large"])
        .run()
        .await
        .expect(0);
    until("all of the disk and most of the memory", async || {
        let grown = server.resident().saturating_sub(before[0]);
        // A few bytes of its name may stay, and of what was written as the first size was taken.
        let left = size(data.path()).saturating_sub(before[1]);
        (left < 4096 && grown < (full[0] - before[0]) / 2).then_some(())
    })
    .await;
}

/// Twenty times what is kept at once goes through, with its texts: what was published long ago is too old at
/// the next look. Nothing grows, and nothing that is to stay goes.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_and_disk_are_bounded_by_what_is_kept() {
    const KEPT: u64 = 20;
    const ROUND: u64 = 300;
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &["--durability", "memory"]).await;
    let settings = [
        "--retention",
        "10s",
        "--retention-by",
        "published",
        "--keep-texts",
    ];
    let update = [&["collections", "update", "default"][..], &settings].concat();
    server.basma(&update).run().await.expect(0);
    let lines = |numbers: Range<u64>, date: &str| {
        let line = |number: u64| {
            let text = chance_words(number, 1500);
            let line = serde_json::json!({"id": number.to_string(), "text": text, "date": date});
            format!("{line}\n")
        };
        numbers.map(line).collect::<String>()
    };
    let submit = async |lines: String| {
        let submit = server.basma(&["submit", "-"]).input(lines);
        submit.run().await.expect(0);
    };
    submit(lines(0..KEPT, "2100-01-01")).await;
    let (mut index, mut memory, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..20 {
        let first = KEPT + round * ROUND;
        submit(lines(first..first + ROUND, "2015-07-21")).await;
        // What is dead is cleaned beside what is written.
        let bounded = until("room on the disk", async || {
            Some(size(data.path())).filter(|size| *size < 96 << 20)
        });
        disk.push(bounded.await);
        let left = until("expiry", async || {
            let stats = server.stats().await;
            (stats.article_count == KEPT).then_some(stats)
        });
        index.push(left.await.index_bytes);
        memory.push(server.resident());
    }
    let most = |all: &[u64]| all.iter().max().copied().unwrap_or_default();
    let (early, late) = (most(&index[..5]), most(&index[10..]));
    // How many there are at once is a matter of chance, and tables grow twofold.
    assert!(late <= early * 4, "index: {index:?}");
    // A file of 32 MiB that is being cleaned is in memory.
    let (early, late) = (most(&memory[..5]), most(&memory[10..]));
    assert!(late <= early + (64 << 20), "memory: {memory:?}");
    eprintln!("disk: {disk:?}\nindex: {index:?}\nmemory: {memory:?}");
    // What is kept has been copied from file to file.
    for number in 0..KEPT {
        let request = GetArticleRequest {
            id: number.to_string(),
            with_text: true,
            ..Default::default()
        };
        let got = server.articles().await.get_article(request).await;
        let article = got.expect("it is kept").into_inner().article;
        let text = article.and_then(|article| article.text);
        assert_eq!(text, Some(chance_words(number, 1500)));
    }
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
