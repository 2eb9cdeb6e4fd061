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

/// Generated articles with copies of every kind, some submitted twice, some revised, some deleted.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_an_index_by_itself() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let alone = Server::start().await;
    let shared = Server::start_sharing(&cluster.url(), &[]).await;
    let (alone, shared) = (alone.channel().await, shared.channel().await);
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
            let answers = [
                told(submit(&alone, article.clone()).await),
                told(submit(&shared, article).await),
            ];
            assert_eq!(answers[0], answers[1], "{number}");
        }
        if number % 13 == 7 {
            assert!(delete(&alone, &of.id).await && delete(&shared, &of.id).await);
        }
    }
}
