//! Submit, BatchSubmit, BatchCheck, SubmitStream.

use std::sync::Arc;

use basma_benches::corpus::{Edit, Mix, page};
use basma_proto::v1::*;
use basma_tests::{Dialogue, article, article::of_corpus};
use tonic::Code;

use crate::expected::{item, refused, text};

pub(crate) async fn copies_of_every_kind_are_told(told: Arc<Dialogue>) {
    let mut kinds = std::collections::BTreeSet::new();
    for planted in basma_tests::corpus().stream(Mix::default()).take(150) {
        let answer = told.submitted(of_corpus(planted.article)).await;
        kinds.insert(answer.verdict);
    }
    assert!(kinds.len() >= 5, "{kinds:?}");
}

pub(crate) async fn the_same_again_gets_the_first_answer(told: Arc<Dialogue>) {
    let original = text(0);
    let respelled = Edit::Orthography.apply(&original, 0.5, 1);
    let first = told.submitted(article("1", &original)).await;
    let second = told.submitted(article("2", &respelled)).await;
    let near = Edit::Words.apply(&original, 0.1, 3);
    let third = told.submitted(article("3", &near)).await;
    for (id, text, answer) in [
        ("1", &original, &first),
        ("2", &respelled, &second),
        ("1", &respelled, &first),
        ("3", &near, &third),
    ] {
        let again = told.submitted(article(id, text)).await;
        let expected = Answer {
            resubmission: true,
            ..answer.clone()
        };
        assert_eq!(again, expected);
    }
    let stats = told.stats().await;
    let submitted: u64 = stats.verdicts.iter().map(|one| one.count).sum();
    assert_eq!((stats.article_count, submitted), (3, 3));
}

pub(crate) async fn another_text_replaces(told: Arc<Dialogue>) {
    told.submitted(article("1", &text(0))).await;
    let changed = Edit::Words.apply(&text(0), 0.05, 1);
    let updated = told.submitted(article("1", &changed)).await;
    assert_eq!(
        (updated.verdict(), updated.revision, updated.resubmission),
        (Verdict::New, 2, false),
        "it is no duplicate of itself"
    );
    let replaced = told.submitted(article("1", &text(1))).await;
    assert_eq!((replaced.verdict(), replaced.revision), (Verdict::New, 3));
    let old = told.submitted(article("2", &text(0))).await;
    assert_eq!(old.verdict(), Verdict::New, "the old text is gone");
    let same = told.submitted(article("3", &text(1))).await;
    assert_eq!(
        (same.verdict(), same.canonical_id.as_str()),
        (Verdict::Exact, "1")
    );
    // The first of a story leaves it, and is a copy of another.
    let left = told.submitted(article("1", &text(0))).await;
    assert_eq!((left.canonical_id.as_str(), left.revision), ("2", 4));
    for id in ["1", "2", "3"] {
        told.got(id).await.expect("there");
    }
    assert_eq!(told.stats().await.article_count, 3);
}

/// Copies of two stories, one after the other, with items that are refused between them.
fn several() -> (Vec<Article>, Vec<(String, String)>) {
    let mut articles = Vec::new();
    let mut expected = Vec::new();
    for number in 0..20_u64 {
        let story = number % 2;
        let id = format!("s{story}-{number}");
        let text = match number < 2 {
            true => text(story),
            false => Edit::Orthography.apply(&text(story), 0.5, number),
        };
        articles.push(article(&id, &text));
        let verdict = if number < 2 { "New" } else { "Exact" };
        expected.push((id, format!("{verdict} of s{story}-{story}")));
        if number == 5 {
            articles.push(article("", &text));
            expected.push((String::new(), "ID_MISSING article.id".to_owned()));
            articles.push(Article {
                id: "none".to_owned(),
                ..Default::default()
            });
            expected.push(("none".to_owned(), "TEXT_MISSING article.text".to_owned()));
        }
    }
    (articles, expected)
}

/// Whichever of the three came first.
pub(crate) async fn two_stories_on_a_page_are_two(told: Arc<Dialogue>) {
    let stories = basma_tests::corpus().mean_words(200.0);
    for (nth, order) in (0..).zip([[2, 0, 1], [2, 1, 0], [0, 2, 1], [1, 2, 0]]) {
        let [first, second] = [2 * nth, 2 * nth + 1].map(|of| stories.article(of));
        let page = page::glued((0, &first), (1, &second), nth);
        let page = article(&format!("page-{nth}"), &page.text);
        let texts = [&first, &second].map(|story| story.text.clone());
        let three = [of_corpus(first), of_corpus(second), page];
        let [one, two, last] = order.map(|of| three[of].clone());
        told.submitted(one.clone()).await;
        let follows = told.submitted(two).await;
        assert_eq!(follows.canonical_id, one.id);
        let answer = told.submitted(last.clone()).await;
        assert_eq!(answer.matches[0].id, format!("page-{nth}"));
        let contained = matches!(
            answer.verdict(),
            Verdict::ContainedIn | Verdict::NearDuplicate
        );
        assert!(contained, "{:?}", answer.verdict());
        if answer.verdict() == Verdict::NearDuplicate {
            // It is most of the page, and so of the page's story.
            continue;
        }
        assert_eq!(answer.canonical_id, last.id, "{order:?}");
        let again = told.submitted(last.clone()).await;
        assert_eq!(again.canonical_id, last.id);
        let copy = Edit::Words.apply(&texts[order[2]], 0.05, nth);
        let copy = told.checked(article("", &copy)).await;
        assert_eq!(copy.canonical_id, last.id);
        let request = GetClusterRequest {
            id: last.id.clone(),
            collection: told.collection(),
            ..GetClusterRequest::default()
        };
        let story = told.get_cluster(request).await.expect("a story");
        assert_eq!((story.canonical_id, story.size), (last.id, 1));
    }
}

pub(crate) async fn a_batch_is_answered_in_its_order(told: Arc<Dialogue>) {
    let (articles, expected) = several();
    let request = BatchSubmitRequest {
        collection: told.collection(),
        articles: articles.clone(),
        ..Default::default()
    };
    // Items of one batch may differ in the last digits of a score: they are compared by what is expected.
    let aside = told.aside();
    let results = aside.batch_submit(request.clone()).await.expect("answers");
    let items: Vec<_> = results.results.iter().map(item).collect();
    assert_eq!(items, expected);
    let again = aside.batch_submit(request).await.expect("answers").results;
    for (first, again) in results.results.iter().zip(&again) {
        assert_eq!(item(first), item(again));
        if let Some(item_result::Result::Answer(answer)) = &again.result {
            assert!(answer.resubmission);
        }
    }
    let check = BatchCheckRequest {
        collection: told.collection(),
        articles: articles[..3].to_vec(),
        ..Default::default()
    };
    told.batch_check(check.clone()).await.expect("answers");
    let none = BatchCheckRequest {
        articles: Vec::new(),
        ..check.clone()
    };
    told.batch_check(none).await.expect("no answers");
    let many = vec![article("1", "نص"); 1001];
    let too_many = BatchCheckRequest {
        articles: many.clone(),
        ..check
    };
    refused(
        told.batch_check(too_many).await,
        Code::InvalidArgument,
        "BATCH_TOO_LARGE",
        "articles",
    );
    let too_many = BatchSubmitRequest {
        collection: told.collection(),
        articles: many,
        ..Default::default()
    };
    refused(
        told.batch_submit(too_many).await,
        Code::InvalidArgument,
        "BATCH_TOO_LARGE",
        "articles",
    );
    assert_eq!(told.stats().await.article_count, 20);
}

pub(crate) async fn a_stream_is_answered_in_its_order(told: Arc<Dialogue>) {
    let (articles, expected) = several();
    let requests: Vec<_> = articles
        .into_iter()
        .zip(7..)
        .map(|(article, request_number)| SubmitStreamRequest {
            collection: told.collection(),
            article: Some(article),
            request_number,
            ..Default::default()
        })
        .collect();
    let answers = told.streamed(requests.clone()).await.expect("answers");
    let numbers = answers.iter().map(|answer| answer.request_number);
    assert!(numbers.eq(7..7 + expected.len() as u64));
    let items = |answers: &[SubmitStreamResponse]| {
        let items = answers.iter().map(|answer| {
            let result = answer.result.as_ref().expect("a result");
            item(result)
        });
        items.collect::<Vec<_>>()
    };
    assert_eq!(items(&answers), expected);
    let again = told.streamed(requests).await.expect("answers");
    assert_eq!(items(&again), expected);
    // An unknown collection is the fault of one item.
    let unknown = SubmitStreamRequest {
        collection: "unknown".to_owned(),
        article: Some(article("1", &text(3))),
        ..Default::default()
    };
    let known = SubmitStreamRequest {
        collection: told.collection(),
        ..unknown.clone()
    };
    let mixed = told.streamed(vec![unknown, known]).await.expect("answers");
    let said: Vec<_> = items(&mixed).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, ["COLLECTION_NOT_FOUND ", "New of 1"]);
    assert_eq!(told.stats().await.article_count, 21);
}
