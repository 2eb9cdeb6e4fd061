//! SIGKILL while a journal is written anew, by `basmad refingerprint`, a start with `--accept-loss`, or
//! `basmad restore`: there is the store of before or the new one, never less.

#![cfg(unix)]

use std::{
    fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use basma_tests::{
    LIMIT, Server,
    article::chance_words,
    server::basmad,
    store::{copy, journal},
};
use tokio::{process::Command, time::timeout};

const ARTICLES: usize = 150;

/// So many times each is killed, at moments spread over the time that it takes.
const KILLS: u32 = 8;

/// A store with texts, and a backup of it.
async fn prepared(data: &Path, backup: &Path) {
    let server = Server::start_in(data, &[]).await;
    let keep = ["collections", "update", "default", "--keep-texts"];
    server.basma(&keep).run().await.expect(0);
    // What is acknowledged is written: the second are in a block, or more, of their own.
    for numbers in [0..ARTICLES / 2, ARTICLES / 2..ARTICLES] {
        let lines = numbers.map(|number| {
            let text = chance_words(number as u64, 1500);
            format!(
                "{}\n",
                serde_json::json!({"id": number.to_string(), "text": text})
            )
        });
        let submit = server.basma(&["submit", "-"]);
        submit
            .input(lines.collect::<String>())
            .run()
            .await
            .expect(0);
    }
    let path = backup.to_str().expect("a path");
    server.basma(&["backup", path]).run().await.expect(0);
    server.stop().await;
}

/// Every article is there, with its text.
async fn whole(data: &Path) {
    let server = Server::start_in(data, &[]).await;
    let exported = server.basma(&["export", "-"]).run().await.expect(0).json();
    assert_eq!(exported.len(), ARTICLES);
    for line in exported {
        let number = line["id"].as_str().and_then(|id| id.parse().ok());
        let text = chance_words(number.expect("a number"), 1500);
        assert_eq!(line["text"], text, "{}", line["id"]);
    }
    server.stop().await;
}

/// Runs a command to its end; returns how long that took, and what it complained of if it failed.
async fn run(command: &mut Command) -> (Duration, Result<(), String>) {
    let begun = Instant::now();
    let ended = timeout(LIMIT, command.output()).await;
    let ended = ended.expect("it ends").expect("basmad starts");
    let message = String::from_utf8(ended.stderr).expect("text");
    let done = ended.status.success().then_some(()).ok_or(message);
    (begun.elapsed(), done)
}

/// Runs a command and kills it at a moment.
async fn killed(command: &mut Command, moment: Duration) {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("basmad starts");
    tokio::time::sleep(moment).await;
    child.kill().await.expect("it can be killed");
}

/// The moments to kill at what takes this long.
fn moments(took: Duration) -> impl Iterator<Item = Duration> {
    (1..=KILLS).map(move |kill| took * kill / (KILLS + 1))
}

#[tokio::test]
async fn a_rewrite_that_is_killed_leaves_the_store_as_it_was_or_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, backup) = (folder.path().join("before"), folder.path().join("backup"));
    prepared(&before, &backup).await;
    let data = folder.path().join("data");
    let again = || {
        let _gone = fs::remove_dir_all(&data);
        copy(&before, &data);
    };
    let refingerprint = || {
        let mut basmad = basmad(&["refingerprint", "--features", "words:2", "--data-dir"]);
        basmad.arg(&data);
        basmad
    };
    again();
    let (took, done) = run(&mut refingerprint()).await;
    done.expect("it is done");
    for moment in moments(took) {
        again();
        killed(&mut refingerprint(), moment).await;
        whole(&data).await;
        run(&mut refingerprint()).await.1.expect("it is done");
        whole(&data).await;
    }

    // What a kill between two steps of the exchange leaves.
    let [own, new, old] =
        ["default", "default.new", "default.old"].map(|name| data.join("collections").join(name));
    again();
    fs::rename(&own, &old).expect("a folder");
    copy(&old, &new);
    whole(&data).await;
    copy(&own, &old);
    whole(&data).await;
    assert!(!new.exists() && !old.exists());
}

#[tokio::test]
async fn a_start_that_accepts_loss_can_be_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, backup) = (folder.path().join("before"), folder.path().join("backup"));
    prepared(&before, &backup).await;
    // The last block is damaged.
    let path = journal(&before);
    let mut bytes = fs::read(&path).expect("a journal");
    let last = bytes.len() - 10;
    bytes[last] ^= 1;
    fs::write(&path, bytes).expect("room");
    let data = folder.path().join("data");
    copy(&before, &data);
    let begun = Instant::now();
    let server = Server::start_in(&data, &["--accept-loss"]).await;
    let (took, left) = (begun.elapsed(), server.stats().await.article_count);
    assert!(left > 0 && left < ARTICLES as u64);
    server.stop().await;
    for moment in moments(took) {
        fs::remove_dir_all(&data).expect("a folder");
        copy(&before, &data);
        let path = data.to_str().expect("a path");
        let mut start = basmad(&[
            "--accept-loss",
            "--listen",
            "127.0.0.1:0",
            "--data-dir",
            path,
        ]);
        killed(&mut start, moment).await;
        // It is as damaged as before, or mended.
        let server = Server::start_in(&data, &["--accept-loss"]).await;
        assert_eq!(server.stats().await.article_count, left);
        server.stop().await;
        let server = Server::start_in(&data, &[]).await;
        assert_eq!(server.stats().await.article_count, left);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_restore_that_is_killed_can_be_had_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, backup) = (folder.path().join("before"), folder.path().join("backup"));
    prepared(&before, &backup).await;
    let data = folder.path().join("data");
    let restore = || {
        let mut basmad = basmad(&["restore"]);
        basmad.arg(&backup).arg("--data-dir").arg(&data);
        basmad
    };
    let (took, done) = run(&mut restore()).await;
    done.expect("it is done");
    for moment in moments(took) {
        let _gone = fs::remove_dir_all(&data);
        killed(&mut restore(), moment).await;
        // Killed, it had perhaps just come to its end.
        if let (_, Err(message)) = run(&mut restore()).await {
            assert!(message.contains("holds a store already"), "{message}");
        }
        whole(&data).await;
    }

    // A kill after the collections were named, and before all were put there, leaves the store.
    let own = data.join("collections/default");
    let restored = own.with_extension("restored");
    fs::rename(&own, &restored).expect("a folder");
    whole(&data).await;
    assert!(own.exists() && !restored.exists());
    // One before they were named leaves nothing, as a restore that is refused does.
    let empty = folder.path().join("empty");
    let mut refused = basmad(&["restore"]);
    refused.arg(folder.path()).arg("--data-dir").arg(&empty);
    run(&mut refused).await.1.expect_err("it is no backup");
    copy(&own, &empty.join("collections/default.restored"));
    fs::remove_dir_all(&data).expect("a folder");
    fs::rename(&empty, &data).expect("a folder");
    run(&mut restore()).await.1.expect("it is an empty store");
    whole(&data).await;
}
