//! A server that keeps only the latest articles in memory answers as one that has all of them there.

#![cfg(unix)]

use basma_benches::corpus::{Corpus, Mix, Stream};
use basma_proto::v1::*;
use basma_tests::{Scrape, Server, article::of_corpus};

/// Hardly any: a page is spilled as soon as it is full.
const SPILLING: [&str; 4] = [
    "--resident-articles=0",
    "--durability=memory",
    "--metrics-listen",
    "127.0.0.1:0",
];

const ARTICLES: u64 = 320;

/// News with many copies, formulas and pages of two stories.
fn news() -> Stream {
    let mix = "exact=0.1,near=0.2,contained=0.1,glued=0.05,template=0.1,window=320";
    let mix: Mix = mix.parse().expect("a mix");
    Corpus::new(7).mean_words(60.0).stream(mix)
}

/// All but the times at which matches came.
async fn ask(server: &Server, submits: bool) -> Vec<Answer> {
    let (news, mut dedup) = (news(), server.dedup().await);
    let mut answers = Vec::new();
    for number in 0..ARTICLES {
        let mut article = of_corpus(news.get(number).article);
        let answer = if submits {
            let request = SubmitRequest {
                article: Some(article),
                ..SubmitRequest::default()
            };
            dedup
                .submit(request)
                .await
                .expect("an answer")
                .into_inner()
                .answer
        } else {
            article.id.clear();
            let request = CheckRequest {
                article: Some(article),
                ..CheckRequest::default()
            };
            dedup
                .check(request)
                .await
                .expect("an answer")
                .into_inner()
                .answer
        };
        let mut answer = answer.expect("an answer");
        for found in &mut answer.matches {
            found.first_seen_time = None;
        }
        answers.push(answer);
    }
    answers
}

/// All that is listed but when it came.
async fn listed(server: &Server) -> Vec<serde_json::Value> {
    let list = server.basma(&["list", "--all", "--json"]).run().await;
    let mut lines = list.expect(0).json();
    for line in &mut lines {
        line.as_object_mut()
            .expect("an object")
            .retain(|name, _| name != "first_seen");
    }
    lines.sort_by_key(|line| line["id"].to_string());
    lines
}

#[tokio::test]
async fn answers_are_the_same_and_a_restart_has_them_too() {
    let data = tempfile::tempdir().expect("a folder");
    let spilling = Server::start_in(data.path(), &SPILLING).await;
    let plain = Server::start().await;
    let answers = ask(&plain, true).await;
    assert!(answers.iter().any(|answer| answer.matches.len() > 2));
    assert_eq!(ask(&spilling, true).await, answers);
    let spilled = async |server: &Server| Scrape::of(server).await.sum("basma_spilled_bytes");
    let before = spilled(&spilling).await;
    assert!(before > 0.0);
    // The same texts again are told the same: who says so reads what was spilled.
    let again = ask(&plain, true).await;
    assert!(again.iter().all(|answer| answer.resubmission));
    assert_eq!(ask(&spilling, true).await, again);
    let (checked, list) = (ask(&plain, false).await, listed(&plain).await);
    assert_eq!(ask(&spilling, false).await, checked);
    assert_eq!(listed(&spilling).await, list);

    spilling.stop().await;
    let names = std::fs::read_dir(data.path()).expect("a folder");
    let mut names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["LOCK", "catalog", "collections"]);
    let spilling = Server::start_in(data.path(), &SPILLING).await;
    assert_eq!(ask(&spilling, false).await, checked);
    assert_eq!(listed(&spilling).await, list);
    assert!(spilled(&spilling).await > 0.0);
    // What is deleted is free.
    let mut articles = spilling.articles().await;
    for number in 0..ARTICLES {
        let delete = DeleteArticleRequest {
            id: news().get(number).article.id,
            ..DeleteArticleRequest::default()
        };
        let deleted = articles.delete_article(delete).await;
        deleted.expect("it is there");
    }
    assert_eq!(spilled(&spilling).await, 0.0);
}

/// Rather none than a wrong answer; and the journal has all of it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_cannot_read_what_it_spilled_ends() {
    let data = tempfile::tempdir().expect("a folder");
    let mut server = Server::start_in(data.path(), &SPILLING).await;
    let answers = ask(&server, true).await;
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.id())).expect("its files");
    let spilled = open
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            let named = std::fs::read_link(path).unwrap_or_default();
            named.starts_with(data.path()) && named.to_string_lossy().ends_with("(deleted)")
        });
    let spilled = std::fs::File::options()
        .write(true)
        .open(spilled.expect("a file"));
    spilled
        .and_then(|file| file.set_len(0))
        .expect("it can be cut off");
    let request = SubmitRequest {
        article: Some(of_corpus(news().get(0).article)),
        ..SubmitRequest::default()
    };
    let mut dedup = server.dedup().await;
    dedup.submit(request).await.expect_err("no answer");
    assert_eq!(server.exit().await.code(), Some(1));
    assert!(
        server
            .log()
            .contains("what was spilled cannot be read again")
    );
    let server = Server::start_in(data.path(), &SPILLING).await;
    let again = ask(&server, true).await;
    assert_eq!(again.len(), answers.len());
    assert!(again.iter().all(|answer| answer.resubmission));
}
