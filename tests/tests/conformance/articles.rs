//! `ArticleService`.

use std::{collections::BTreeSet, sync::Arc};

use basma_benches::corpus::Edit;
use basma_proto::v1::*;
use basma_tests::{Dialogue, article, article::of_corpus};
use tonic::Code;

use crate::expected::{refused, text};

pub(crate) async fn are_remembered_as_submitted(told: Arc<Dialogue>) {
    let mut sent = of_corpus(basma_tests::corpus().article(0));
    sent.id = "خبر/1 ١".to_owned();
    sent.publish_time = Some(prost_types::Timestamp {
        seconds: 1_437_437_092,
        nanos: 250_000_000,
    });
    let answer = told.submitted(sent.clone()).await;
    let stored = told.got(&sent.id).await.expect("there");
    assert_eq!((&stored.id, &stored.title), (&sent.id, &sent.title));
    assert_eq!((&stored.source, &stored.url), (&sent.source, &sent.url));
    assert_eq!(stored.publish_time, sent.publish_time);
    assert_eq!((stored.revision, stored.text), (1, None));
    assert_eq!(stored.fingerprint, answer.fingerprint);
    // What it is matched with tells of it, too.
    let copy = told.submitted(article("2", &text(0))).await;
    assert_eq!(copy.matches[0].url, sent.url);
    assert_eq!(copy.matches[0].publish_time, sent.publish_time);
}

pub(crate) async fn are_listed_to_the_end_while_they_change(told: Arc<Dialogue>) {
    let ids: Vec<String> = (0..25).map(|number| format!("خبر-{number:02}")).collect();
    for (number, id) in (0..).zip(&ids) {
        told.submitted(article(id, &text(number))).await;
    }
    let (all, end) = told.listed(i32::MAX, "").await.expect("a page");
    assert_eq!((&all, end.as_str()), (&ids, ""));
    let (exactly, end) = told.listed(25, "").await.expect("a page");
    assert_eq!((exactly.len(), end.as_str()), (25, ""));

    let (mut seen, mut token) = told.listed(10, "").await.expect("a page");
    assert_eq!(seen, ids[..10]);
    // Gone from a page that was read, from where the next begins, and from the last.
    for gone in [3, 10, 24] {
        told.deleted(&ids[gone]).await.expect("deleted");
    }
    told.submitted(article("later", &text(100))).await;
    while !token.is_empty() {
        let page = told.listed(10, &token).await.expect("a page");
        seen.extend(page.0);
        token = page.1;
    }
    let unique: BTreeSet<_> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len(), "none twice: {seen:?}");
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(unique.contains(id), ![10, 24].contains(&number), "{id}");
    }
    for (size, token, reason, field) in [
        (-1, "", "PAGE_SIZE_NEGATIVE", "page_size"),
        (0, "خبر", "PAGE_TOKEN_INVALID", "page_token"),
        (0, "-1", "PAGE_TOKEN_INVALID", "page_token"),
    ] {
        refused(
            told.listed(size, token).await,
            Code::InvalidArgument,
            reason,
            field,
        );
    }
    let beyond = told.listed(0, &u64::MAX.to_string()).await.expect("a page");
    assert_eq!(beyond, (Vec::new(), String::new()));
}

pub(crate) async fn are_deleted(told: Arc<Dialogue>) {
    told.submitted(article("1", &text(0))).await;
    told.deleted("1").await.expect("deleted");
    let gone = |answered: Result<(), tonic::Status>| {
        refused(answered, Code::NotFound, "ARTICLE_NOT_FOUND", "");
    };
    gone(told.deleted("1").await);
    gone(told.got("1").await.map(drop));
    assert_eq!(told.listed(0, "").await.expect("a page").0.len(), 0);
    let second = told.submitted(article("2", &text(0))).await;
    assert_eq!(second.verdict(), Verdict::New);
    // Its name is free again, and starts from the beginning.
    let again = told.submitted(article("1", &text(0))).await;
    assert_eq!(
        (again.verdict(), again.canonical_id.as_str()),
        (Verdict::Exact, "2")
    );
    assert_eq!((again.revision, again.resubmission), (1, false));
}

pub(crate) async fn a_story_is_paged_and_gets_another_first(told: Arc<Dialogue>) {
    let original = text(0);
    for number in 0..7 {
        let copy = Edit::Words.apply(&original, 0.03, number);
        told.submitted(article(&format!("copy-{number}"), &copy))
            .await;
        told.submitted(article(&format!("other-{number}"), &text(10 + number)))
            .await;
    }
    let page = async |id: &str, page_size, page_token: &str| {
        let request = GetClusterRequest {
            collection: told.collection(),
            id: id.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
        };
        told.get_cluster(request).await
    };
    let ids = |page: &GetClusterResponse| {
        let ids = page.articles.iter().map(|one| one.id.clone());
        ids.collect::<Vec<_>>()
    };
    let first = page("copy-5", 4, "").await.expect("a page");
    assert_eq!((first.canonical_id.as_str(), first.size), ("copy-0", 7));
    let rest = page("copy-5", 4, &first.next_page_token).await;
    let rest = rest.expect("a page");
    assert_eq!(rest.next_page_token, "");
    let all: Vec<_> = (0..7).map(|number| format!("copy-{number}")).collect();
    assert_eq!([ids(&first), ids(&rest)].concat(), all);
    let alone = page("other-3", 0, "").await.expect("a page");
    assert_eq!((alone.canonical_id.as_str(), alone.size), ("other-3", 1));
    let beyond = page("other-3", 0, "1").await.expect("a page");
    assert_eq!((ids(&beyond).len(), beyond.size), (0, 1));

    for (gone, next) in [("copy-0", "copy-1"), ("copy-1", "copy-2")] {
        told.deleted(gone).await.expect("deleted");
        refused(
            page(gone, 0, "").await,
            Code::NotFound,
            "ARTICLE_NOT_FOUND",
            "",
        );
        let left = page("copy-6", 0, "").await.expect("a page");
        assert_eq!(
            (left.canonical_id.as_str(), &ids(&left)[0][..]),
            (next, next)
        );
        let got = told.got("copy-6").await.expect("there");
        assert_eq!(got.canonical_id, next);
        let copy = told.checked(article("", &original)).await;
        assert_eq!(copy.canonical_id, next);
        assert!(copy.matches.iter().all(|found| found.canonical_id == next));
    }
    // A new copy joins the story that is left; a story of which all are gone begins anew.
    let joined = told.submitted(article("copy-7", &original)).await;
    assert_eq!(joined.canonical_id, "copy-2");
    for number in 2..8 {
        let gone = told.deleted(&format!("copy-{number}")).await;
        gone.expect("deleted");
    }
    let anew = told.submitted(article("copy-8", &original)).await;
    assert_eq!(
        (anew.verdict(), anew.canonical_id.as_str()),
        (Verdict::New, "copy-8")
    );
    assert_eq!(page("copy-8", 0, "").await.expect("a page").size, 1);
}

pub(crate) async fn texts_are_kept_where_they_are_to_be(told: Arc<Dialogue>) {
    told.submitted(article("before", &text(0))).await;
    let kept = Collection {
        keep_texts: true,
        ..Default::default()
    };
    told.change(&[], kept).await.expect("changed");
    told.submitted(article("1", &text(1))).await;
    told.submitted(article("2", &text(2))).await;
    told.submitted(article("2", &text(3))).await;
    for (id, text) in [("before", None), ("1", Some(text(1))), ("2", Some(text(3)))] {
        assert_eq!(told.got(id).await.expect("there").text, text, "{id}");
    }
    told.listed(0, "").await.expect("a page");
    // A page ends with two mebibytes of text.
    for number in 0..5 {
        let long = basma_tests::article::chance_words(number, 65_000);
        told.submitted(article(&format!("long-{number}"), &long))
            .await;
    }
    let (page, next) = told.aside().listed(0, "").await.expect("a page");
    assert!(page.len() < 8 && !next.is_empty(), "{page:?}");
    let (rest, _) = told.aside().listed(0, &next).await.expect("a page");
    assert_eq!(page.len() + rest.len(), 8);
    told.deleted("1").await.expect("deleted");
    told.submitted(article("1", &text(4))).await;
    assert_eq!(told.got("1").await.expect("there").text, Some(text(4)));
    let off = told.change(&["keep_texts"], Collection::default()).await;
    off.expect("changed");
    told.submitted(article("1", &text(5))).await;
    assert_eq!(told.got("1").await.expect("there").text, None);
    assert_eq!(told.got("2").await.expect("there").text, Some(text(3)));
}
