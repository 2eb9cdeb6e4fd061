//! A store with something in it, and what a server says of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use basma_benches::corpus::Edit;
use basma_proto::v1::*;
use tokio::time::timeout;

use crate::{LIMIT, Server, article, corpus, refusal::outcome, server::basmad};

/// Submits originals and copies of them; some are revised, some deleted.
pub async fn fill(server: &Server, count: usize) {
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
pub async fn told(server: &Server, count: usize) -> String {
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
pub async fn fails(data: &Path, arguments: &[&str]) -> String {
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

/// The first file of the default collection's journal.
pub fn journal(data: &Path) -> PathBuf {
    data.join("collections/default/00000001.log")
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a type").is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("room")),
        }
    }
}

/// Bytes of all files in a folder.
pub fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(file) if file.is_dir() => size(&entry.path()),
        Ok(file) => file.len(),
        // Cleaned away meanwhile.
        Err(_) => 0,
    });
    sizes.sum()
}
