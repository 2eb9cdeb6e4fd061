//! `ArticleService`: what is indexed is read, listed, deleted, and set together as stories.

use std::collections::HashSet;

use basma_benches::corpus::Edit;
use basma_proto::v1::*;
use basma_tests::{Refusal, Server, article, article::of_corpus, corpus, refusal};
use tonic::Code;

fn get(id: &str) -> GetArticleRequest {
    GetArticleRequest {
        id: id.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_article_is_remembered_as_it_was_submitted() {
    let server = Server::start().await;
    let mut articles = server.articles().await;
    let published = prost_types::Timestamp {
        seconds: 1_437_437_092,
        nanos: 250_000_000,
    };
    let mut sent = of_corpus(corpus().article(0));
    sent.id = "خبر/1 ١".to_owned();
    sent.publish_time = Some(published);
    let answer = server.submit(sent.clone()).await;
    let stored = articles
        .get_article(get(&sent.id))
        .await
        .expect("indexed")
        .into_inner();
    let stored = stored.article.expect("an article");
    assert_eq!((&stored.id, &stored.title), (&sent.id, &sent.title));
    assert_eq!((&stored.source, &stored.url), (&sent.source, &sent.url));
    assert_eq!((stored.publish_time, stored.revision), (Some(published), 1));
    assert_eq!(
        (stored.verdict(), &stored.canonical_id),
        (Verdict::New, &sent.id)
    );
    assert_eq!(stored.fingerprint, answer.fingerprint);
    assert!(stored.first_seen_time.expect("a time").seconds > published.seconds);
}

#[tokio::test]
async fn a_list_is_paged_in_the_order_of_submission() {
    let server = Server::start().await;
    let mut articles = server.articles().await;
    let ids: Vec<String> = (0..25)
        .map(|number| format!("خبر-{:02}", (number * 7) % 25))
        .collect();
    for id in &ids {
        server.submit(article(id, id)).await;
    }
    let (mut seen, mut pages, mut page_token) = (Vec::new(), 0, String::new());
    loop {
        let request = ListArticlesRequest {
            page_size: 10,
            page_token,
            ..Default::default()
        };
        let page = articles
            .list_articles(request)
            .await
            .expect("a page")
            .into_inner();
        seen.extend(page.articles.into_iter().map(|article| article.id));
        pages += 1;
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!((seen, pages), (ids, 3));
    // A greater page than there is means the greatest.
    let request = ListArticlesRequest {
        page_size: i32::MAX,
        ..Default::default()
    };
    let all = articles
        .list_articles(request)
        .await
        .expect("a page")
        .into_inner();
    assert_eq!((all.articles.len(), all.next_page_token.as_str()), (25, ""));
}

#[tokio::test]
async fn what_is_deleted_matches_nothing() {
    let server = Server::start().await;
    let mut articles = server.articles().await;
    let text = corpus().article(0).text;
    server.submit(article("1", &text)).await;
    let delete = || DeleteArticleRequest {
        id: "1".to_owned(),
        ..Default::default()
    };
    articles.delete_article(delete()).await.expect("deleted");
    let gone = Refusal::new(Code::NotFound, "ARTICLE_NOT_FOUND", "");
    assert_eq!(refusal(articles.delete_article(delete()).await), gone);
    assert_eq!(refusal(articles.get_article(get("1")).await), gone);
    assert_eq!(
        server.submit(article("2", &text)).await.verdict(),
        Verdict::New
    );
    assert_eq!(server.stats().await.article_count, 1);
    // Its name is free again, and starts from the beginning.
    let again = server.submit(article("1", &text)).await;
    assert_eq!(
        (again.verdict(), again.canonical_id.as_str()),
        (Verdict::Exact, "2")
    );
    assert_eq!((again.revision, again.resubmission), (1, false));
}

#[tokio::test]
async fn a_cluster_is_the_whole_story_the_first_one_first() {
    let server = Server::start().await;
    let mut articles = server.articles().await;
    let text = corpus().article(0).text;
    for number in 0..7 {
        let copy = Edit::Words.apply(&text, 0.03, number);
        server
            .submit(article(&format!("copy-{number}"), &copy))
            .await;
        server
            .submit(article(
                &format!("other-{number}"),
                &corpus().article(10 + number).text,
            ))
            .await;
    }
    let mut page = async |id: &str, page_size, page_token: &str| {
        let request = GetClusterRequest {
            id: id.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
            ..Default::default()
        };
        articles
            .get_cluster(request)
            .await
            .expect("a page")
            .into_inner()
    };
    let first = page("copy-5", 4, "").await;
    assert_eq!(
        (
            first.canonical_id.as_str(),
            first.size,
            first.articles.len()
        ),
        ("copy-0", 7, 4)
    );
    assert_eq!(first.articles[0].id, "copy-0");
    let rest = page("copy-5", 4, &first.next_page_token).await;
    assert_eq!(
        (rest.articles.len(), rest.next_page_token.as_str()),
        (3, "")
    );
    let ids: HashSet<_> = first
        .articles
        .iter()
        .chain(&rest.articles)
        .map(|one| &one.id)
        .collect();
    assert_eq!(ids.len(), 7);
    assert!(ids.iter().all(|id| id.starts_with("copy-")));
    let alone = page("other-3", 0, "").await;
    assert_eq!((alone.canonical_id.as_str(), alone.size), ("other-3", 1));
}
