//! Check-and-add is one step: however many clients submit copies and near copies of an article at
//! once, by whatever RPC, exactly one is told NEW.

use std::collections::HashMap;

use basma_benches::corpus::Edit;
use basma_proto::v1::*;
use basma_tests::{Server, article, article::streamed, corpus, refusal::outcome};
use tokio::task::JoinSet;

/// Stories of a round, and how often each is submitted.
const STORIES: u64 = 20;
const COPIES: u64 = 12;

/// The stories of a round. They are made of words drawn one by one: articles of the corpus share
/// turns of phrase, so that one of them may be PARTIAL rather than NEW.
fn stories(round: u64) -> Vec<String> {
    let numbers = round * STORIES..(round + 1) * STORIES;
    numbers
        .map(|number| Edit::Words.apply(&corpus().article(number).text, 1.0, number))
        .collect()
}

/// Every client submits one copy of each story, in the same order, so that copies meet.
fn copies(stories: &[String], round: u64, client: u64) -> Vec<Article> {
    let copy = |(story, text): (usize, &String)| {
        let text = match client % 3 {
            0 => text.clone(),
            1 => Edit::Orthography.apply(text, 0.3, client),
            _ => Edit::Words.apply(text, 0.02, client),
        };
        article(&format!("{round}/{story}/{client}"), &text)
    };
    stories.iter().enumerate().map(copy).collect()
}

/// Submits articles over a connection of its own, each client its own way.
async fn submit(server: &Server, client: u64, articles: Vec<Article>) -> Vec<Answer> {
    let mut dedup = server.dedup().await;
    let answers = |results: Vec<ItemResult>| -> Vec<Answer> {
        results
            .iter()
            .map(|item| outcome(item).expect("an answer").clone())
            .collect()
    };
    match client % 4 {
        0 => {
            let mut stream = dedup
                .submit_stream(tokio_stream::iter(
                    articles.into_iter().map(|one| streamed(one, 0)),
                ))
                .await
                .expect("a stream")
                .into_inner();
            let mut results = Vec::new();
            while let Some(answer) = stream.message().await.expect("an answer") {
                results.push(answer.result.expect("a result"));
            }
            answers(results)
        }
        1 => {
            let request = BatchSubmitRequest {
                articles,
                ..Default::default()
            };
            answers(
                dedup
                    .batch_submit(request)
                    .await
                    .expect("answers")
                    .into_inner()
                    .results,
            )
        }
        _ => {
            let mut all = Vec::new();
            for article in articles {
                let request = SubmitRequest {
                    article: Some(article),
                    ..Default::default()
                };
                let response = dedup.submit(request).await.expect("an answer").into_inner();
                all.push(response.answer.expect("an answer"));
            }
            all
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_one_of_each_story_is_new() {
    let server = std::sync::Arc::new(Server::start().await);
    for round in 0..4 {
        let mut clients = JoinSet::new();
        let stories = stories(round);
        for client in 0..COPIES {
            let (server, articles) = (server.clone(), copies(&stories, round, client));
            clients.spawn(async move { submit(&server, client, articles).await });
        }
        let mut stories: HashMap<String, Vec<Answer>> = HashMap::new();
        for answer in clients.join_all().await.into_iter().flatten() {
            let story = answer
                .id
                .rsplit_once('/')
                .expect("an id of copies")
                .0
                .to_owned();
            stories.entry(story).or_default().push(answer);
        }
        assert_eq!(stories.len() as u64, STORIES);
        for (story, answers) in stories {
            assert_eq!(answers.len() as u64, COPIES);
            let new: Vec<_> = answers
                .iter()
                .filter(|one| one.verdict() == Verdict::New)
                .collect();
            let [first] = new.as_slice() else {
                let told: Vec<_> = answers
                    .iter()
                    .map(|one| {
                        format!(
                            "{} {:?}, first: {}",
                            one.id,
                            one.verdict(),
                            one.canonical_id
                        )
                    })
                    .collect();
                panic!("{} of story {story} are NEW: {told:#?}", new.len());
            };
            for answer in &answers {
                assert_eq!(answer.canonical_id, first.id, "{answer:#?}");
                assert!(
                    matches!(
                        answer.verdict(),
                        Verdict::New | Verdict::Exact | Verdict::NearDuplicate
                    ),
                    "{answer:#?}"
                );
            }
        }
        let stats = server.stats().await;
        assert_eq!(stats.article_count, (round + 1) * STORIES * COPIES);
        assert_eq!(stats.cluster_count, (round + 1) * STORIES);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_id_at_once_is_one_article() {
    let server = std::sync::Arc::new(Server::start().await);
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        let server = server.clone();
        let articles =
            (0..20).map(|number| article(&number.to_string(), &corpus().article(number).text));
        let articles: Vec<_> = articles.collect();
        clients.spawn(async move { submit(&server, 2, articles).await });
    }
    let answers: Vec<_> = clients.join_all().await.into_iter().flatten().collect();
    assert!(
        answers
            .iter()
            .all(|one| one.verdict() == Verdict::New && one.revision == 1)
    );
    assert_eq!(answers.iter().filter(|one| !one.resubmission).count(), 20);
    assert_eq!(server.stats().await.article_count, 20);
}
