//! What is too old: to be kept, or to be matched.

#![cfg(unix)]

use std::{fs, ops::Range, path::Path};

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

/// Words of chance, which no two texts share, and which hardly become less when compressed.
fn chance_words(number: u64, count: usize) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from_u32(0x0628 + (state >> 33) as u32 % 18).expect("a letter")
    };
    let words = (0..count).map(|_| (0..7).map(|_| letter()).collect::<String>());
    words.collect::<Vec<_>>().join(" ")
}

/// Bytes of all files in a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(file) if file.is_dir() => size(&entry.path()),
        Ok(file) => file.len(),
        // Cleaned away meanwhile.
        Err(_) => 0,
    });
    sizes.sum()
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
        disk.push(size(data.path()));
        let left = until("expiry", async || {
            let stats = server.stats().await;
            (stats.article_count == KEPT).then_some(stats)
        });
        index.push(left.await.index_bytes);
        memory.push(server.resident());
    }
    let most = |all: &[u64]| all.iter().max().copied().unwrap_or_default();
    // Some four times as much was written.
    assert!(most(&disk) < 96 << 20, "disk: {disk:?}");
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
