//! Stores as earlier versions wrote them: they are read, and answer as they did.
//!
//! `fixtures/vN` has a data folder, `asked.jsonl` and what was answered. Whoever changes the format adds the
//! next one, with the new format, and lets the old ones be:
//! `cargo test -p basma-tests --test fixtures -- --ignored this_version`.
//!
//! `other-content` has two folders whose fingerprints are of another version, with and without the texts. They
//! were written by `… -- --ignored another_version` and a basmad that was made for it, with a
//! `CONTENT_VERSION` of 0 and every content written backwards.

#![cfg(unix)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use basma_benches::corpus::Edit;
use basma_tests::{
    Server, article, corpus,
    server::basmad,
    store::{copy, fails},
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// With texts, and without.
fn other_content(folder: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("other-content");
    all.join(folder)
}

/// What a server says of the articles of a file, and which it holds.
async fn told(server: &Server, asked: &Path) -> String {
    let asked = asked.to_str().expect("a path");
    let checked = server
        .basma(&["check", asked, "--max-matches", "50"])
        .run()
        .await;
    let listed = server
        .basma(&["list", "--all", "--json"])
        .run()
        .await
        .expect(0);
    assert!(checked.status < 2, "{checked:?}");
    // Their order is not promised.
    let mut listed: Vec<_> = listed.stdout.lines().collect();
    listed.sort_unstable();
    checked.stdout + &listed.join("\n")
}

#[tokio::test]
async fn every_version_is_read_and_answers_as_it_did() {
    let mut versions = 0;
    for entry in fs::read_dir(fixtures()).expect("fixtures") {
        let fixture = entry.expect("an entry").path();
        let data = tempfile::tempdir().expect("a folder");
        copy(&fixture.join("data"), data.path());
        let server = Server::start_in(data.path(), &[]).await;
        let expected = fs::read_to_string(fixture.join("told.jsonl")).expect("answers");
        let told = told(&server, &fixture.join("asked.jsonl")).await;
        assert_eq!(told, expected, "{}", fixture.display());
        versions += 1;
    }
    assert!(versions > 0);
}

/// `basmad refingerprint`: what it complained of, and whether it did it.
async fn refingerprint(data: &Path) -> (bool, String) {
    let mut basmad = basmad(&["refingerprint", "--data-dir"]);
    let ended = basmad.arg(data).output().await.expect("basmad starts");
    let message = String::from_utf8(ended.stderr).expect("text");
    (ended.status.success(), message)
}

#[tokio::test]
async fn what_another_version_fingerprinted_is_done_anew_from_its_texts() {
    let data = tempfile::tempdir().expect("a folder");
    copy(&other_content("kept"), data.path());
    let refused = fails(data.path(), &[]).await;
    assert!(refused.contains("of versions [1, 0]"), "{refused}");
    assert!(refused.contains("run `basmad refingerprint`"), "{refused}");
    let (done, message) = refingerprint(data.path()).await;
    assert!(done, "{message}");
    let server = Server::start_in(data.path(), &[]).await;
    assert_eq!(server.stats().await.article_count, 3);
    for number in 0..3 {
        // A part of a text is only told by the content of the fingerprints.
        let text = corpus().article(number).text;
        let part = text.split(' ').take(40).collect::<Vec<_>>().join(" ");
        let checked = server
            .basma(&["check", "--json", "--text", &part])
            .run()
            .await;
        let answer = &checked.expect(0).json()[0];
        let best = &answer["matches"][0];
        assert_eq!(best["id"], number.to_string(), "{answer}");
        assert_eq!(best["containment"], 1.0, "{answer}");
    }
}

#[tokio::test]
async fn what_another_version_fingerprinted_is_refused_without_its_texts() {
    let data = tempfile::tempdir().expect("a folder");
    copy(&other_content("not-kept"), data.path());
    let (done, message) = refingerprint(data.path()).await;
    let why = "the texts of 3 of the 3 articles of \"default\" were not kept";
    assert!(!done && message.contains(why), "{message}");
    // It is as it was.
    let refused = fails(data.path(), &[]).await;
    assert!(refused.contains("run `basmad refingerprint`"), "{refused}");
}

#[tokio::test]
#[ignore = "is for a basmad of another version"]
async fn write_another_version() {
    for (folder, keeps) in [("kept", true), ("not-kept", false)] {
        let data = tempfile::tempdir().expect("a folder");
        let server = Server::start_in(data.path(), &[]).await;
        if keeps {
            let keep = ["collections", "update", "default", "--keep-texts"];
            server.basma(&keep).run().await.expect(0);
        }
        for number in 0..3 {
            let text = corpus().article(number).text;
            server.submit(article(&number.to_string(), &text)).await;
        }
        server.stop().await;
        fs::remove_file(data.path().join("LOCK")).expect("a file");
        copy(data.path(), &other_content(folder));
    }
}

#[tokio::test]
#[ignore = "writes the fixture of this version, once"]
async fn write_this_version() {
    let fixture = fixtures().join("v1");
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &["--durability", "memory"]).await;
    let keep = [
        "collections",
        "update",
        "default",
        "--keep-texts",
        "--retention",
        "500000d",
    ];
    server.basma(&keep).run().await.expect(0);
    let line = |id: &str, text: &str| {
        let date = "2015-07-21T00:00:00Z";
        let line = serde_json::json!({"id": id, "text": text, "title": "عنوان", "source": "مصدر", "date": date});
        format!("{line}\n")
    };
    let (mut submitted, mut revised, mut asked) = (String::new(), String::new(), String::new());
    for number in 0..8 {
        let text = corpus().article(number).text;
        submitted += &line(&format!("{number}"), &text);
        submitted += &line(
            &format!("{number}.words"),
            &Edit::Words.apply(&text, 0.1, 1),
        );
        if number % 3 == 0 {
            revised += &line(&number.to_string(), &Edit::Words.apply(&text, 0.05, 2));
        }
        asked += &line(
            &format!("{number}.dressed"),
            &Edit::Orthography.apply(&text, 0.5, 3),
        );
        asked += &line(
            &format!("{number}.part"),
            &text.split(' ').take(50).collect::<Vec<_>>().join(" "),
        );
    }
    for lines in [submitted, revised] {
        let submit = server.basma(&["submit", "-"]).input(lines);
        submit.run().await.expect(0);
    }
    server.basma(&["delete", "5"]).run().await.expect(0);
    fs::create_dir_all(&fixture).expect("a folder");
    fs::write(fixture.join("asked.jsonl"), asked).expect("room");
    let told = told(&server, &fixture.join("asked.jsonl")).await;
    fs::write(fixture.join("told.jsonl"), told).expect("room");
    server.stop().await;
    fs::remove_file(data.path().join("LOCK")).expect("a file");
    copy(data.path(), &fixture.join("data"));
}
