//! `basma dedup`: whole files, without a server.

use std::{collections::HashSet, fs, io::Write as _, path::Path};

use basma_benches::corpus::Mix;
use basma_tests::{Basma, LIMIT, Server, corpus, until};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tokio::time::timeout;

/// Articles of the corpus with their copies, as JSON lines with a field that Basma does not know.
fn lines(count: u64) -> String {
    let stream = corpus().stream(Mix::NEWS);
    let line = |number| {
        let article = stream.get(number).article;
        let line = json!({
            "id": article.id, "text": article.text, "title": article.title, "views": number,
            "source": article.source, "url": article.url(), "date": article.date(),
        });
        format!("{line}\n")
    };
    (0..count).map(line).collect()
}

/// `basma dedup`, where there is no server to ask.
fn dedup(folder: &Path, arguments: &str) -> Basma {
    let arguments: Vec<&str> = ["dedup"].into_iter().chain(arguments.split(' ')).collect();
    Basma::new("http://127.0.0.1:1", &arguments).within(folder)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file")
}

fn json(lines: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).expect("JSON");
    lines.lines().map(parse).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("a name").file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_window_forgets_what_came_long_before_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let line = |id: String, article: u64| {
        let text = corpus().article(article).text;
        format!("{}\n", json!({"id": id, "text": text, "source": "س"}))
    };
    // Article 0 again after 10 others, and after 50 more; an id of before all of them is still known.
    let mut text: String = (0..11).map(|n| line(n.to_string(), n)).collect();
    text += &line("near".to_owned(), 0);
    text.extend((11..61).map(|n| line(n.to_string(), n)));
    text += &line("far".to_owned(), 0);
    text += &line("3".to_owned(), 100);
    fs::write(folder.join("in.jsonl"), &text).expect("a file");
    for (window, copies) in [("", "0 near far"), (" --window 40", "0 near")] {
        let arguments = format!("in.jsonl --output out --clusters clusters --json{window}");
        let summary = dedup(folder, &arguments).run().await.expect(0).json();
        let clusters = json(&read(folder, "clusters"));
        let members = clusters[0]["members"].as_array().expect("members");
        let ids: Vec<_> = members.iter().filter_map(|it| it["id"].as_str()).collect();
        assert_eq!((clusters.len(), ids.join(" ").as_str()), (1, copies));
        let duplicates = ids.len() as u64 - 1;
        assert_eq!(summary[0]["kept"], 64 - duplicates);
        assert_eq!(summary[0]["named_by_place"], 1);
    }
}

#[tokio::test]
async fn keeps_what_the_server_calls_new_whatever_the_threads_and_the_packing() {
    let server = Server::start().await;
    let folder = server.folder();
    let text = lines(600);
    fs::write(folder.join("in.jsonl"), &text).expect("a file");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).expect("memory");
    fs::write(folder.join("in.gz"), packed.finish().expect("memory")).expect("a file");

    let told = server
        .basma(&["submit", "in.jsonl"])
        .run()
        .await
        .expect(0)
        .json();
    let duplicates = ["EXACT", "NEAR_DUPLICATE", "CONTAINED_IN", "CONTAINS"];
    let is_new = |line: &&Value| !duplicates.iter().any(|name| line["verdict"] == *name);
    let new: HashSet<&str> = told
        .iter()
        .filter(is_new)
        .filter_map(|line| line["id"].as_str())
        .collect();
    assert!((50..550).contains(&new.len()), "{}", new.len());

    let id = |line: &str| json(line)[0]["id"].as_str().expect("an id").to_owned();
    let expected: String = text
        .split_inclusive('\n')
        .filter(|line| new.contains(&*id(line)))
        .collect();
    for (input, threads) in [
        ("in.jsonl", 1),
        ("in.jsonl", 2),
        ("in.jsonl", 7),
        ("in.gz", 3),
    ] {
        let arguments =
            format!("{input} --output out --clusters clusters --threads {threads} --json");
        let ended = dedup(folder, &arguments).run().await.expect(0);
        assert!(read(folder, "out") == expected, "{arguments}");
        let summary = &ended.json()[0];
        assert_eq!(summary["articles"], 600);
        assert_eq!(summary["kept"], new.len());

        let clusters = json(&read(folder, "clusters"));
        assert_eq!(summary["clusters"], clusters.len());
        let mut members = 0;
        for cluster in &clusters {
            let ids: Vec<&str> = cluster["members"]
                .as_array()
                .expect("members")
                .iter()
                .filter_map(|member| member["id"].as_str())
                .collect();
            assert_eq!(cluster["size"], ids.len());
            assert_eq!(cluster["canonical_id"], ids[0]);
            assert!(
                new.contains(ids[0]) && ids[1..].iter().all(|id| !new.contains(id)),
                "{cluster}"
            );
            members += ids.len() - 1;
        }
        assert_eq!(members, 600 - new.len());
        // Neither what is incomplete nor the journal is left.
        assert_eq!(
            names(folder),
            ["basmad.log", "clusters", "in.gz", "in.jsonl", "out"]
        );
    }
}

#[tokio::test]
async fn a_run_that_is_killed_goes_on_and_ends_as_if_it_had_not_been() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("in.jsonl"), lines(4000)).expect("a file");
    let whole = dedup(
        folder,
        "in.jsonl --output whole --clusters whole.clusters --report whole.html",
    );
    whole.run().await.expect(0);

    let arguments = "in.jsonl --output out --clusters out.clusters --report out.html --json";
    let journal = folder.join("out.journal");
    let length = || fs::metadata(&journal).map_or(0, |file| file.len());
    let (mut killed, mut before) = (0, 0);
    for _ in 0..5 {
        let mut running = dedup(folder, arguments).command();
        running.stdout(std::process::Stdio::null());
        let mut child = running.spawn().expect("basma starts");
        // Until it is some way further than the last one was.
        let ended = until("progress", async || {
            let status = child.try_wait().expect("a status");
            (status.is_some() || length() > before + 8000).then_some(status)
        });
        if ended.await.is_some() {
            break;
        }
        child.start_kill().expect("SIGKILL");
        let status = timeout(LIMIT, child.wait()).await.expect("it is killed");
        killed += u32::from(!status.expect("a status").success());
        // It may have come to its end just then.
        assert!(
            !folder.join("out").exists() || read(folder, "out") == read(folder, "whole"),
            "an output that is not complete"
        );
        before = length();
    }
    assert!(killed > 0, "it was too fast to be killed");

    let goes_on = journal.exists();
    let ended = dedup(folder, arguments).run().await.expect(0);
    let says_so = ended.stderr.contains("going on with out.journal");
    let resumed = ended.json()[0]["resumed"].as_u64() > Some(100);
    assert_eq!((says_so, resumed), (goes_on, goes_on), "{ended:?}");
    assert!(read(folder, "out") == read(folder, "whole"));
    assert!(read(folder, "out.clusters") == read(folder, "whole.clusters"));
    let report = read(folder, "out.html");
    assert!(report == read(folder, "whole.html"));
    assert!(report.contains("<b>4,000</b>articles") && report.contains("<mark>"));
    assert!(!journal.exists());
}

#[tokio::test]
async fn a_run_goes_on_only_with_the_same_input_and_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let text = lines(30);
    fs::write(folder.join("in.jsonl"), &text).expect("a file");
    // What a run leaves that is stopped when all is decided.
    fs::create_dir(folder.join("taken")).expect("a folder");
    let interrupt = async || {
        let taken = dedup(folder, "in.jsonl --output out --clusters taken");
        let ended = taken.run().await.expect(2);
        assert!(
            ended.stderr.contains("cannot write taken: Is a directory"),
            "{ended:?}"
        );
        assert!(folder.join("out.journal").exists() && !folder.join("out").exists());
    };
    interrupt().await;
    let other = dedup(folder, "in.jsonl --output out --min-score 0.5")
        .run()
        .await
        .expect(2);
    assert!(
        other.stderr.contains("start over with --restart"),
        "{other:?}"
    );
    let ended = dedup(folder, "in.jsonl --output out --json")
        .run()
        .await
        .expect(0);
    assert_eq!(ended.json()[0]["resumed"], 30);

    fs::remove_file(folder.join("out")).expect("a file");
    interrupt().await;
    fs::write(folder.join("in.jsonl"), text.replace('ا', "ي")).expect("a file");
    let other = dedup(folder, "in.jsonl --output out").run().await.expect(2);
    assert!(
        other.stderr.contains("start over with --restart"),
        "{other:?}"
    );
    let ended = dedup(folder, "in.jsonl --output out --restart --json")
        .run()
        .await
        .expect(0);
    assert_eq!(ended.json()[0]["resumed"], 0);
}

#[tokio::test]
async fn nothing_is_lost_for_want_of_an_id_and_what_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let text = |n: u64| corpus().article(n).text;
    let rows = [
        json!({"text": text(0)}),
        json!({"id": "1", "text": text(1), "source": "أ"}),
        json!({"id": "1", "text": text(2)}),
        json!({"id": "1", "text": text(1)}),
        json!({"text": ""}),
        json!({"id": "5"}),
    ];
    let input: String = rows.iter().map(|row| format!("{row}\r\n")).collect();
    fs::write(folder.join("in.jsonl"), input + "{\"id\":\"6\",\"te").expect("a file");
    let ended = dedup(folder, "in.jsonl --output out --clusters clusters --json")
        .run()
        .await
        .expect(2);
    for line in [
        "in.jsonl:6: no field `text`",
        "in.jsonl:7: not JSON",
        "2 lines could not be used",
    ] {
        assert!(ended.stderr.contains(line), "{ended:?}");
    }
    let summary = &ended.json()[0];
    assert_eq!(summary["named_by_place"], 4);
    assert_eq!(summary["broken_lines"], 2);
    assert_eq!(
        json(&read(folder, "out")),
        [0, 1, 2, 4].map(|n| rows[n].clone())
    );
    let clusters = json(&read(folder, "clusters"));
    assert_eq!(clusters.len(), 1);
    assert_eq!(clusters[0]["canonical_id"], "1");
    assert_eq!(clusters[0]["members"][0]["source"], "أ");
    assert_eq!(clusters[0]["members"][1]["id"], "in.jsonl:4");

    // Not even if the same file is given twice.
    let ended = dedup(folder, "in.jsonl in.jsonl --output out --json")
        .run()
        .await
        .expect(2);
    assert_eq!(ended.json()[0]["articles"], 10);
    assert_eq!(
        json(&read(folder, "out")).len(),
        5,
        "an empty text is no duplicate of anything"
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("in.jsonl"), lines(3)).expect("a file");
    for (arguments, message) in [
        ("- --output out", "write it to a file first"),
        ("none.jsonl --output out", "none.jsonl: No such file"),
        ("in.jsonl --output in.jsonl", "give the output another name"),
        (
            "in.jsonl --output no/folder/out",
            "cannot write no/folder/out.journal",
        ),
    ] {
        let ended = dedup(folder, arguments).run().await.expect(2);
        assert!(ended.stderr.contains(message), "{arguments}: {ended:?}");
        assert_eq!(names(folder), ["in.jsonl"], "{arguments}");
    }
}

#[tokio::test]
async fn parquet_is_read_as_lines_are() {
    let folder = tempfile::tempdir().expect("a folder");
    for version in ["v1", "v2"] {
        // 40 articles by pyarrow in pages of this version, packed with zstd: every fourth is the same.
        let file = format!(
            "{}/../client/tests/fixtures/zstd-pages-{version}.parquet",
            env!("CARGO_MANIFEST_DIR")
        );
        let ended = dedup(
            folder.path(),
            &format!("{file} --output out --clusters clusters --json"),
        )
        .run()
        .await
        .expect(0);
        assert_eq!(ended.json()[0]["articles"], 40);
        assert_eq!(ended.json()[0]["verdicts"]["EXACT"], 9);
        assert_eq!(ended.json()[0]["unreadable_dates"], 0);
        let kept = json(&read(folder.path(), "out"));
        assert_eq!(kept[0]["id"], 0);
        assert!(kept[0]["source"].is_null());
        let clusters = json(&read(folder.path(), "clusters"));
        assert_eq!(
            clusters[0]["members"][0]["published"],
            "2026-11-20T00:00:00Z"
        );
    }
}
