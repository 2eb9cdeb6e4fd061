//! An index that servers share in a cluster answers as one that a server keeps by itself.

use basma_benches::corpus::Mix;
use basma_proto::v1::{
    article_service_client::ArticleServiceClient, dedup_service_client::DedupServiceClient, *,
};
use basma_tests::{Server, article, redis::Cluster};
use tonic::transport::Channel;

/// All that a caller sees of an answer, but for the time.
fn told(answer: Answer) -> String {
    let mut answer = answer;
    for found in &mut answer.matches {
        found.first_seen_time = None;
    }
    format!("{answer:#?}")
}

async fn submit(channel: &Channel, article: Article) -> Answer {
    let request = SubmitRequest {
        article: Some(article),
        ..Default::default()
    };
    let answered = DedupServiceClient::new(channel.clone())
        .submit(request)
        .await;
    let answered = answered.expect("an answer").into_inner();
    answered.answer.expect("an answer")
}

async fn delete(channel: &Channel, id: &str) -> bool {
    let request = DeleteArticleRequest {
        id: id.to_owned(),
        ..Default::default()
    };
    ArticleServiceClient::new(channel.clone())
        .delete_article(request)
        .await
        .is_ok()
}

/// Submits to both, and expects the same of both.
async fn submit_to_both(both: &[Channel; 2], article: Article) {
    let id = article.id.clone();
    let [alone, shared] = both;
    let answers = [
        told(submit(alone, article.clone()).await),
        told(submit(shared, article).await),
    ];
    assert_eq!(answers[0], answers[1], "{id}");
}

/// `BASMA_CORPUS=corpus.jsonl cargo test --release -p basma-tests --test shared -- --ignored`: the articles of a
/// corpus, in order; their fields are id, title, text and date.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a corpus"]
async fn answers_to_a_corpus_are_those_of_an_index_by_itself() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let servers = [
        Server::start_with(&["--log", "warn"]).await,
        Server::start_sharing(&cluster.url(), &["--log", "warn"]).await,
    ];
    let both = [servers[0].channel().await, servers[1].channel().await];
    let corpus = std::env::var("BASMA_CORPUS").expect("BASMA_CORPUS");
    let corpus = std::fs::read_to_string(corpus).expect("a file of text");
    for line in corpus.lines() {
        let read: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let field = |name: &str| read[name].as_str().unwrap_or_default();
        let mut article = article(field("id"), field("text"));
        article.title = field("title").to_owned();
        let date = field("date");
        let time = match date.len() {
            10 => format!("{date}T00:00:00Z"),
            19 => format!("{}Z", date.replace(' ', "T")),
            _ => date.to_owned(),
        };
        article.publish_time = time.parse().ok();
        submit_to_both(&both, article).await;
    }
}

/// Generated articles with copies of every kind, some submitted twice, some revised, some deleted.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_an_index_by_itself() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let alone = Server::start().await;
    let shared = Server::start_sharing(&cluster.url(), &[]).await;
    let both = [alone.channel().await, shared.channel().await];
    let stream = basma_tests::corpus().stream(Mix::default());
    for (number, planted) in stream.take(600).enumerate() {
        let of = planted.article;
        let mut sent = vec![article(&of.id, &of.text)];
        sent[0].title = of.title.clone();
        if number % 7 == 3 {
            sent.push(sent[0].clone());
        }
        if number % 11 == 5 {
            sent.push(article(
                &of.id,
                &format!("{} {}", of.text, "خبر جديد عن المدينة"),
            ));
        }
        for article in sent {
            submit_to_both(&both, article).await;
        }
        if number % 13 == 7 {
            assert!(delete(&both[0], &of.id).await && delete(&both[1], &of.id).await);
        }
    }
}
