//! The clock of the machine is set back while the server runs, and while it does not.
//!
//! A library that is loaded before all others (`clock/shift.c`) moves the time of day by as many seconds as a
//! file says. It is compiled by the `cc` that links the tests.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::{fs, path::Path, process::Command};

use basma_tests::{Server, corpus, until};

const DAY: i64 = 24 * 60 * 60;

/// Compiles the library, and returns what a server is to have in its environment.
fn shift(folder: &Path) -> [(String, String); 2] {
    let library = folder.join("shift.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("clock/shift.c");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source);
    assert!(cc.status().expect("cc").success());
    let path = |path: &Path| path.to_str().expect("a path").to_owned();
    [
        ("LD_PRELOAD".to_owned(), path(&library)),
        ("CLOCK_SHIFT".to_owned(), path(&folder.join("shift"))),
    ]
}

#[tokio::test]
async fn a_clock_that_goes_back_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let variables = shift(folder.path());
    let set =
        |seconds: i64| fs::write(folder.path().join("shift"), seconds.to_string()).expect("room");
    let start = async || Server::start_in_environment(&data, &[], &variables).await;
    let text = corpus().article(0).text;
    let submit = async |server: &Server, id: &str| {
        let submit = ["submit", "--json", "--id", id, "--text", &text];
        server.basma(&submit).run().await.expect(0).json()[0].clone()
    };
    let first_seen = async |server: &Server, id: &str| {
        let got = server.basma(&["get", "--json", id]).run().await.expect(0);
        got.json()[0]["first_seen"]
            .as_str()
            .expect("a time")
            .to_owned()
    };

    set(0);
    let server = start().await;
    let keep = ["collections", "update", "default", "--retention", "10d"];
    server.basma(&keep).run().await.expect(0);
    assert_eq!(submit(&server, "1").await["verdict"], "NEW");

    set(-30 * DAY);
    let answer = submit(&server, "2").await;
    assert_eq!(
        (&answer["verdict"], &answer["canonical_id"]),
        (&"EXACT".into(), &"1".into())
    );
    // RFC 3339 sorts as the times do: it did go back.
    assert!(first_seen(&server, "2").await < first_seen(&server, "1").await);
    let before = server
        .basma(&["list", "--all", "--json"])
        .run()
        .await
        .expect(0);
    server.kill().await;

    set(-60 * DAY);
    let server = start().await;
    let after = server
        .basma(&["list", "--all", "--json"])
        .run()
        .await
        .expect(0);
    assert_eq!(after.stdout, before.stdout);
    let answer = submit(&server, "3").await;
    assert_eq!(
        (&answer["verdict"], &answer["canonical_id"]),
        (&"EXACT".into(), &"1".into())
    );
    // What is too old by the clock as it is now goes, though that was set back.
    let keep = ["collections", "update", "default", "--retention", "1s"];
    server.basma(&keep).run().await.expect(0);
    until("the end of the third", async || {
        let got = server.basma(&["get", "3"]).run().await;
        (got.status == 2).then_some(())
    })
    .await;
    // Of these it says that they are to come.
    assert_eq!(server.stats().await.article_count, 2);

    set(0);
    until("the end of all", async || {
        (server.stats().await.article_count == 0).then_some(())
    })
    .await;
    server.stop().await;
    let server = start().await;
    assert_eq!(server.stats().await.article_count, 0);
}
