//! Telegrams and bulletins: the same formula about another event is not the same story.

use basma_benches::corpus::{Article, Edit, Template};
use basma_proto::v1::{
    self, Answer, CheckRequest, Match, Relation, SubmitRequest,
    dedup_service_client::DedupServiceClient,
};
use basma_tests::{Server, article::of_corpus, corpus};
use prost_types::Timestamp;
use tonic::transport::Channel;

/// Instances of each formula, one a day.
const INSTANCES: u64 = 30;

/// Ordinary articles among them.
const ORDINARY: u64 = 300;

/// The ordinary articles and the instances of every formula, a month of them, by time.
fn month() -> Vec<(Option<Template>, Article)> {
    let minutes = INSTANCES * 24 * 60;
    let ordinary = (0..ORDINARY).map(|nth| (None, corpus().article(nth * minutes / ORDINARY)));
    let instances = Template::ALL.into_iter().flat_map(|template| {
        (0..INSTANCES).map(move |nth| (Some(template), template.article(corpus().seed(), nth)))
    });
    let mut all: Vec<_> = ordinary.chain(instances).collect();
    all.sort_by_key(|(_, article)| article.published);
    all
}

/// With the moment of its publication.
fn dated(article: Article) -> v1::Article {
    let publish_time = Timestamp {
        seconds: article.published,
        nanos: 0,
    };
    v1::Article {
        publish_time: Some(publish_time),
        ..of_corpus(article)
    }
}

/// Submits an article and asks for all matches.
async fn submit(dedup: &mut DedupServiceClient<Channel>, article: v1::Article) -> Answer {
    let request = SubmitRequest {
        article: Some(article),
        max_matches: 1000,
        ..SubmitRequest::default()
    };
    let response = dedup.submit(request).await.expect("an answer");
    response.into_inner().answer.expect("an answer")
}

fn duplicates(answer: &Answer) -> Vec<&Match> {
    let is_duplicate =
        |found: &&Match| !matches!(found.relation(), Relation::Partial | Relation::Template);
    answer.matches.iter().filter(is_duplicate).collect()
}

/// Submits the month and returns every answer about an instance that calls it a duplicate, and the number
/// of instances.
async fn called_duplicates(sent: impl Fn(Article) -> v1::Article) -> (Vec<String>, usize) {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let (mut called, mut instances) = (Vec::new(), 0);
    for (template, article) in month() {
        let answer = submit(&mut dedup, sent(article)).await;
        if template.is_none() {
            continue;
        }
        instances += 1;
        if let Some(found) = duplicates(&answer).first() {
            called.push(format!(
                "{} of {}: {:?}",
                answer.id, found.id, found.evidence
            ));
        }
    }
    (called, instances)
}

#[tokio::test]
async fn one_instance_of_a_formula_in_twenty_at_most_is_called_a_duplicate() {
    let (called, instances) = called_duplicates(dated).await;
    assert!(
        called.len() * 20 <= instances,
        "{} of {instances}:\n{}",
        called.len(),
        called.join("\n")
    );
}

/// As above, though the dates do not tell one event from another.
#[tokio::test]
async fn one_instance_in_twenty_at_most_is_called_a_duplicate_without_dates() {
    let (called, instances) = called_duplicates(of_corpus).await;
    assert!(
        called.len() * 20 <= instances,
        "{} of {instances}:\n{}",
        called.len(),
        called.join("\n")
    );
}

#[tokio::test]
async fn nineteen_copies_of_instances_in_twenty_are_duplicates_of_that_one_alone() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let month = month();
    for (_, article) in &month {
        submit(&mut dedup, dated(article.clone())).await;
    }
    let instances = month.into_iter().filter(|(template, _)| template.is_some());
    let (mut copies, mut mistaken) = (0, Vec::new());
    for (seed, (_, instance)) in (0..).zip(instances) {
        let copy = Article {
            id: format!("copy-of-{}", instance.id),
            text: Edit::Words.apply(&instance.text, 0.05, seed),
            ..instance.clone()
        };
        let request = CheckRequest {
            article: Some(dated(copy)),
            max_matches: 1000,
            ..CheckRequest::default()
        };
        let response = dedup.check(request).await.expect("an answer").into_inner();
        let answer = response.answer.expect("an answer");
        let ids: Vec<_> = duplicates(&answer)
            .iter()
            .map(|found| found.id.as_str())
            .collect();
        copies += 1;
        if ids != [instance.id.as_str()] {
            mistaken.push(format!("{}: {ids:?}", instance.id));
        }
    }
    assert!(
        mistaken.len() * 20 <= copies,
        "{} of {copies}:\n{}",
        mistaken.len(),
        mistaken.join("\n")
    );
}
