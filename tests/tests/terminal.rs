//! What `basma` prints on a terminal, and what it keeps from files and pipes.

#![cfg(unix)]

use std::{fs::File, io::Read as _, process::Stdio};

use basma_tests::{Basma, LIMIT, Server};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::{task::spawn_blocking, time::timeout};

/// Runs with a terminal for stdout and stderr; returns what came to be seen there.
async fn on_terminal(basma: Basma) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("a terminal");
    unlockpt(&master).expect("a terminal");
    let name = ptsname(&master, Vec::new())
        .expect("a name")
        .into_string()
        .expect("text");
    let open = || {
        File::options()
            .read(true)
            .write(true)
            .open(&name)
            .expect("a terminal")
    };
    let mut command = basma.command();
    command.stdin(Stdio::null()).stdout(open()).stderr(open());
    command.env("TERM", "xterm-256color").env_remove("NO_COLOR");
    let mut child = command.spawn().expect("basma starts");
    // It holds the terminal open, which ends only when nobody does.
    drop(command);
    let reading = spawn_blocking(move || {
        let mut seen = Vec::new();
        // The end is an error (EIO), after everything was read.
        let _ = File::from(master).read_to_end(&mut seen);
        String::from_utf8(seen).expect("text")
    });
    timeout(LIMIT, child.wait())
        .await
        .expect("it ends")
        .expect("a status");
    timeout(LIMIT, reading)
        .await
        .expect("an end")
        .expect("no panic")
}

const ISOLATES: [char; 4] = ['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'];

#[tokio::test]
async fn arabic_is_isolated_and_verdicts_are_coloured_only_there() {
    let server = Server::start().await;
    let text = "افتتح الوزير صباح اليوم معرض الكتاب السنوي في العاصمة بحضور الناشرين";
    let submit = [
        "submit",
        "--text",
        text,
        "--id",
        "خبر-1",
        "--title",
        "معرض \u{202e}الكتاب\u{1b}[31m",
    ];
    server.basma(&submit).run().await.expect(0);
    let check = ["check", "--text", text];

    let seen = on_terminal(server.basma(&check)).await;
    assert!(seen.contains("\u{2068}خبر-1\u{2069}"), "{seen:?}");
    assert!(
        seen.contains("\u{1b}[") && seen.contains("EXACT"),
        "{seen:?}"
    );
    let opened = seen.chars().filter(|c| ISOLATES[..3].contains(c)).count();
    assert_eq!(opened, seen.matches(ISOLATES[3]).count(), "{seen:?}");
    // What others wrote steers nothing.
    assert!(
        !seen.contains('\u{202e}') && !seen.contains("\u{1b}[31m"),
        "{seen:?}"
    );

    let piped = server.basma(&check).run().await.expect(0);
    assert!(piped.stdout.contains("خبر-1"), "{}", piped.stdout);
    for output in [piped.stdout, piped.stderr] {
        assert!(
            !output.contains(ISOLATES) && !output.contains('\u{1b}'),
            "{output:?}"
        );
    }
    // For machines there are no marks even on a terminal.
    let seen = on_terminal(server.basma(&["check", "--text", text, "--json"])).await;
    assert!(
        !seen.contains(ISOLATES) && !seen.contains('\u{1b}'),
        "{seen:?}"
    );
    let line: serde_json::Value = serde_json::from_str(seen.trim()).expect("JSON");
    assert_eq!(line["verdict"], "EXACT");
    assert_eq!(line["matches"][0]["title"], "معرض \u{202e}الكتاب\u{1b}[31m");
}

#[tokio::test]
async fn no_terminal_no_marks_whatever_the_command() {
    let server = Server::start().await;
    let text = "افتتح الوزير صباح اليوم معرض الكتاب السنوي في العاصمة بحضور الناشرين";
    server
        .basma(&["submit", "--text", text, "--id", "خبر-1"])
        .run()
        .await
        .expect(0);
    server
        .basma(&["submit", "--text", text, "--id", "خبر-2"])
        .run()
        .await
        .expect(0);
    let other = "افتتح الوزير مساء اليوم معرض الكتاب السنوي في العاصمة بحضور الناشرين";
    let commands: [&[&str]; 9] = [
        &["get", "خبر-1"],
        &["list"],
        &["find", "خبر-1"],
        &["cluster", "خبر-1"],
        &["compare", "--text-a", text, "--text-b", other],
        &["stats"],
        &["collections", "list"],
        &["--help"],
        &["delete", "خبر-1"],
    ];
    for command in commands {
        let ended = server.basma(command).run().await.expect(0);
        assert!(!ended.stdout.is_empty());
        for output in [ended.stdout, ended.stderr] {
            assert!(
                !output.contains(ISOLATES) && !output.contains('\u{1b}'),
                "{command:?}: {output:?}"
            );
        }
    }
}

#[tokio::test]
async fn watch_draws_a_view_and_leaves_the_terminal_as_it_was() {
    let server = Server::start().await;
    let text = "افتتح الوزير صباح اليوم معرض الكتاب السنوي في العاصمة بحضور الناشرين";
    for id in ["أ", "ب"] {
        let submit = [
            "submit",
            "--text",
            text,
            "--id",
            id,
            "--source",
            "الوطن\u{1b}[2J",
        ];
        server.basma(&submit).run().await.expect(0);
    }
    let seen = on_terminal(server.basma(&["watch", "-n", "2", "--interval", "100ms"])).await;
    assert!(seen.starts_with("\u{1b}[?1049h"), "{seen:?}");
    assert!(
        seen.ends_with("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"),
        "{seen:?}"
    );
    assert_eq!(seen.matches("\u{1b}[H").count(), 2, "{seen:?}");
    for part in ["2  articles", "EXACT", "الوطن", "50 %"] {
        assert!(seen.contains(part), "{part} is not in {seen:?}");
    }
    assert!(!seen.contains("\u{1b}[2J"), "{seen:?}");
}
