//! `basma submit` and `check` on files of articles.

use std::{fs, io::Write as _, process::Stdio};

use basma_benches::corpus::{Edit, Mix};
use basma_tests::{LIMIT, Server, corpus};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    time::timeout,
};

/// Articles of the corpus with their copies, as JSON lines.
fn lines(count: u64) -> (Vec<String>, String) {
    let stream = corpus().stream(Mix::NEWS);
    let articles = (0..count).map(|number| stream.get(number).article);
    let mut ids = Vec::new();
    let mut lines = String::new();
    for article in articles {
        let line = json!({
            "id": article.id, "text": article.text, "title": article.title,
            "source": article.source, "url": article.url(), "date": article.date(),
        });
        lines += &format!("{line}\n");
        ids.push(article.id);
    }
    (ids, lines)
}

fn ids(results: &[Value]) -> Vec<&str> {
    results
        .iter()
        .filter_map(|line| line["id"].as_str())
        .collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn plain_gzip_and_stdin_give_the_same_answers_in_the_order_of_the_input() {
    let (expected, text) = lines(200);
    let mut results = Vec::new();
    for kind in ["plain", "gzip", "stdin", "packed stdin", "output"] {
        let server = Server::start().await;
        let (plain, packed) = (
            server.folder().join("in.jsonl"),
            server.folder().join("in.jsonl.gz"),
        );
        fs::write(&plain, &text).expect("a file");
        fs::write(&packed, gzip(&text)).expect("a file");
        let basma = match kind {
            "plain" => server.basma(&["submit", "in.jsonl"]),
            "gzip" => server.basma(&["submit", "in.jsonl.gz"]),
            "stdin" => server.basma(&["submit", "-"]).input(text.clone()),
            "packed stdin" => server.basma(&["submit", "-"]).input(gzip(&text)),
            _ => server.basma(&["submit", "in.jsonl", "--output", "out.jsonl"]),
        };
        let mut ended = basma.run().await.expect(0);
        if kind == "output" {
            assert_eq!(ended.stdout, "");
            ended.stdout = fs::read_to_string(server.folder().join("out.jsonl")).expect("a file");
        }
        let mut lines = ended.json();
        assert_eq!(ids(&lines), expected, "{kind}");
        for name in [
            "articles",
            "articles/s",
            "seconds",
            "NEW",
            "EXACT",
            "errors",
        ] {
            assert!(ended.stderr.contains(name), "{}", ended.stderr);
        }
        assert!(
            !ended.stderr.contains('\u{1b}') && !ended.stderr.contains('\r'),
            "{}",
            ended.stderr
        );
        // All but the time of arrival.
        for found in lines
            .iter_mut()
            .flat_map(|line| line["matches"].as_array_mut().expect("matches"))
        {
            assert!(found["first_seen"].take().is_string());
        }
        results.push(lines);
    }
    assert!(results.windows(2).all(|two| two[0] == two[1]));
    let fields: Vec<_> = results[0][0]
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        ["canonical_id", "id", "matches", "simhash", "verdict"]
    );
    let matches = results[0]
        .iter()
        .flat_map(|line| line["matches"].as_array().expect("matches"));
    for found in matches {
        for field in [
            "id",
            "relation",
            "hamming",
            "jaccard",
            "containment",
            "contained",
            "first_seen",
        ] {
            assert!(found.get(field).is_some(), "{found}");
        }
    }
}

#[tokio::test]
async fn other_fields_can_be_named() {
    let server = Server::start().await;
    let line = json!({"رقم": 7, "نص": corpus().article(0).text}).to_string();
    let arguments = ["submit", "-", "--id-field", "رقم", "--text-field", "نص"];
    let ended = server.basma(&arguments).input(line).run().await.expect(0);
    assert_eq!(ids(&ended.json()), ["7"]);
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let server = Server::start().await;
    let lines: String = (0..20_000)
        .map(|number| format!("{{\"id\":\"{number}\",\"text\":\"خبر {number}\"}}\n"))
        .collect();
    fs::write(server.folder().join("in.jsonl"), lines).expect("a file");
    for command in ["submit", "check"] {
        let mut basma = server.basma(&[command, "in.jsonl"]).command();
        let mut child = basma.stdin(Stdio::null()).spawn().expect("basma starts");
        let ended = async {
            let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
            let mut line = String::new();
            stdout.read_line(&mut line).await.expect("a line");
            drop(stdout);
            let mut stderr = String::new();
            child
                .stderr
                .take()
                .expect("a pipe")
                .read_to_string(&mut stderr)
                .await
                .expect("text");
            (line, stderr, child.wait().await.expect("a status"))
        };
        let (line, stderr, status) = timeout(LIMIT, ended).await.expect("it ends");
        assert!(line.starts_with("{\"id\":\"0\",\"verdict\":"), "{line}");
        assert_eq!((stderr.as_str(), status.code()), ("", Some(0)), "{command}");
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_named_and_counted_and_the_rest_is_answered() {
    let server = Server::start_with(&["--max-text-bytes", "1000"]).await;
    let long = json!({"id": "long", "text": "س".repeat(501)}).to_string();
    let lines = [
        r#"{"id":"1","text":"أول"}"#,
        r#"{"id":"2","text":"#,
        r#"{"id":"3"}"#,
        r#"{"text":"بلا اسم"}"#,
        "",
        r#"["id","text"]"#,
        r#"{"id":"1","text":"مرة أخرى"}"#,
        r#"{"id":null,"text":"نص"}"#,
        r#"{"id":"9","text":9}"#,
        &long,
        r#"{"id":"11","text":"أخير"}"#,
    ];
    fs::write(server.folder().join("أخبار.jsonl"), lines.join("\n")).expect("a file");
    for command in ["submit", "check"] {
        let ended = server
            .basma(&[command, "أخبار.jsonl", "missing.jsonl"])
            .run()
            .await
            .expect(2);
        for expected in [
            "أخبار.jsonl:2: not JSON",
            "أخبار.jsonl:3: no field `text`",
            "أخبار.jsonl:4: no field `id`",
            "أخبار.jsonl:6: not a JSON object",
            "أخبار.jsonl:7: id `1` was there before",
            "أخبار.jsonl:8: no field `id`",
            "أخبار.jsonl:9: field `text` is no string",
            "article `long` refused: article.text:",
            "[TEXT_TOO_LARGE]",
            "missing.jsonl: ",
        ] {
            assert!(
                ended.stderr.contains(expected),
                "{expected} is not in:\n{}",
                ended.stderr
            );
        }
        let last = "basma: 8 lines could not be used, 1 article was refused\n";
        assert!(ended.stderr.ends_with(last), "{}", ended.stderr);
        let results = ended.json();
        assert_eq!(ids(&results), ["1", "long", "11"]);
        assert_eq!(results[1]["error"]["reason"], "TEXT_TOO_LARGE");
        assert_eq!(results[1]["error"]["code"], "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn a_broken_archive_is_named_after_what_could_be_read() {
    let server = Server::start().await;
    let (_, text) = lines(50);
    let packed = gzip(&text);
    fs::write(
        server.folder().join("in.jsonl.gz"),
        &packed[..packed.len() - 100],
    )
    .expect("a file");
    let ended = server
        .basma(&["submit", "in.jsonl.gz"])
        .run()
        .await
        .expect(2);
    assert!(ended.stderr.contains("in.jsonl.gz:"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot be read on from here"),
        "{}",
        ended.stderr
    );
    assert!(ended.json().len() > 10);
}

#[tokio::test]
async fn the_status_of_check_is_that_of_grep() {
    let server = Server::start().await;
    let line = |id: &str, text: &str| format!("{}\n", json!({"id": id, "text": text}));
    let (known, new) = (corpus().article(0).text, corpus().article(1).text);
    server
        .basma(&["submit", "-"])
        .input(line("1", &known))
        .run()
        .await
        .expect(0);
    let near = Edit::Words.apply(&known, 0.03, 1);
    for (input, status) in [
        (line("2", &known), 0),
        (line("2", &near), 0),
        (line("2", &new), 1),
        (line("2", &new) + &line("3", &known), 0),
        (line("2", &known) + "{", 2),
        (String::new(), 1),
    ] {
        server
            .basma(&["check", "-"])
            .input(input)
            .run()
            .await
            .expect(status);
    }
}
