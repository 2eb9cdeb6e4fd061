//! Pages as careless crawlers store them: two stories glued together, and a site's wrapper around every
//! article.

use std::ops::Range;

use basma_benches::corpus::{Article, Corpus, Edit, Page, page};
use basma_proto::v1::{
    self, Answer, FingerprintRequest, Match, Relation, SubmitRequest, Verdict,
    dedup_service_client::DedupServiceClient, fingerprint_request,
};
use basma_tests::{
    Server,
    article::{article, of_corpus},
    corpus,
};
use tonic::transport::Channel;

/// Pages of two stories each.
const PAGES: u64 = 50;

/// Of about 200 words.
fn stories() -> Corpus {
    corpus().mean_words(200.0)
}

/// The story of a number. Of a shorter one than this few hashes are kept of what a long page holds besides, so
/// that one in some forty is not found there (ARCHITECTURE.md).
fn story(number: u64) -> Article {
    let mut stories = (number..)
        .step_by(1000)
        .map(|number| stories().article(number));
    let story = stories.find(|story| story.text.split(' ').count() >= 80);
    story.expect("some are long enough")
}

/// The `nth` page and its two stories.
fn glued(nth: u64) -> (Page, [Article; 2]) {
    let (first, second) = (2 * nth, 2 * nth + 1);
    let stories = [first, second].map(story);
    let page = page::glued((first, &stories[0]), (second, &stories[1]), nth);
    (page, stories)
}

fn page_id(nth: u64) -> String {
    format!("page-{nth}")
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

fn is_duplicate(found: &&Match) -> bool {
    !matches!(found.relation(), Relation::Partial | Relation::Template)
}

/// What an article is a duplicate of, with the relation, by id.
fn duplicates(answer: &Answer) -> Vec<(&str, Relation)> {
    let duplicates = answer.matches.iter().filter(is_duplicate);
    let mut duplicates: Vec<_> = duplicates
        .map(|found| (found.id.as_str(), found.relation()))
        .collect();
    duplicates.sort_unstable_by_key(|(id, _)| *id);
    duplicates
}

/// Submits the stories of all pages, then the pages, and returns these with what was said of them.
async fn pages_after_their_stories() -> Vec<(Page, [Article; 2], Answer)> {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    for nth in 0..PAGES {
        for story in glued(nth).1 {
            submit(&mut dedup, of_corpus(story)).await;
        }
    }
    let mut told = Vec::new();
    for nth in 0..PAGES {
        let (page, stories) = glued(nth);
        let answer = submit(&mut dedup, article(&page_id(nth), &page.text)).await;
        told.push((page, stories, answer));
    }
    told
}

/// The runs of words of the page that stand in the story.
fn passages(answer: &Answer, story: &Article) -> Vec<Range<usize>> {
    let found = answer.matches.iter().find(|found| found.id == story.id);
    let evidence = found.and_then(|found| found.evidence.as_ref());
    let passages = &evidence.expect("a match with evidence").passages;
    let query = passages.iter().filter_map(|passage| passage.query);
    query
        .map(|range| range.start as usize..range.end as usize)
        .collect()
}

/// From the first to the last word of some passages.
fn hull(passages: &[Range<usize>]) -> Range<usize> {
    let start = passages.iter().map(|range| range.start).min();
    let end = passages.iter().map(|range| range.end).max();
    start.unwrap_or_default()..end.unwrap_or_default()
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

#[tokio::test]
async fn a_page_contains_both_of_its_stories_and_no_other() {
    for (_, stories, answer) in pages_after_their_stories().await {
        assert_eq!(answer.verdict(), Verdict::Contains);
        let mut expected = stories
            .each_ref()
            .map(|story| (story.id.as_str(), Relation::Contains));
        expected.sort_unstable_by_key(|(id, _)| *id);
        assert_eq!(duplicates(&answer), expected, "{}", answer.id);
    }
}

/// A phrase of three words that stands in both stories is reported where it first stands. So what is said
/// of a second story may begin far up in the first, though with a few words only: the hulls agree on
/// average, the words in every case.
#[tokio::test]
async fn the_passages_of_a_page_are_where_its_stories_stand() {
    let (mut agreement, mut count) = (0.0, 0.0);
    for (page, stories, answer) in pages_after_their_stories().await {
        for (place, story) in stories.iter().enumerate() {
            let (own, other) = (&page.parts[place].tokens, &page.parts[1 - place].tokens);
            let passages = passages(&answer, story);
            let hull = hull(&passages);
            let shared = overlap(&hull, own);
            assert!(
                shared * 10 >= own.len() * 8,
                "{hull:?} of {own:?} in {}",
                answer.id
            );
            let words = |part| -> usize { passages.iter().map(|range| overlap(range, part)).sum() };
            assert!(
                words(other) * 10 <= words(own),
                "{passages:?} of {own:?}, not {other:?}, in {}",
                answer.id
            );
            agreement += shared as f64 / (hull.len() + own.len() - shared) as f64;
            count += 1.0;
        }
    }
    let agreement = agreement / count;
    assert!(agreement >= 0.75, "{agreement}");
}

/// What the test of the passages stands on.
#[tokio::test]
async fn words_of_the_generator_are_words_of_the_engine() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let mut fold = async |text: &str| {
        let request = FingerprintRequest {
            body: Some(fingerprint_request::Body::Text(text.to_owned())),
            ..FingerprintRequest::default()
        };
        let response = dedup.fingerprint(request).await.expect("an answer");
        response.into_inner().folded_text
    };
    for nth in 0..PAGES {
        let (page, stories) = glued(nth);
        let folded = fold(&page.text).await;
        let words: Vec<_> = folded.split(' ').collect();
        for (part, story) in page.parts.iter().zip(&stories) {
            let there = words[part.tokens.clone()].join(" ");
            assert_eq!(there, fold(&story.text).await);
        }
    }
}

#[tokio::test]
async fn stories_after_their_page_are_duplicates_of_it_alone() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    for nth in 0..PAGES {
        let (page, _) = glued(nth);
        submit(&mut dedup, article(&page_id(nth), &page.text)).await;
    }
    for nth in 0..PAGES {
        for story in glued(nth).1 {
            let answer = submit(&mut dedup, of_corpus(story)).await;
            let found = duplicates(&answer);
            // The longer story may be most of the page.
            let expected = [Relation::ContainedIn, Relation::NearDuplicate]
                .map(|relation| vec![(page_id(nth), relation)]);
            let found: Vec<_> = found
                .into_iter()
                .map(|(id, relation)| (id.to_owned(), relation))
                .collect();
            assert!(expected.contains(&found), "{}: {found:?}", answer.id);
        }
    }
}

/// The sources of the generator.
fn sources() -> Vec<&'static str> {
    let mut sources: Vec<_> = (0..200).map(|nth| corpus().article(nth).source).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The article in the wrapper of its source.
fn wrapped(article: Article) -> Article {
    Article {
        text: page::wrapped((0, &article)).text,
        ..article
    }
}

/// An unrelated article as each site would publish it, its own and short: much of it is wrapper.
fn of_a_site(source: &'static str, nth: u64) -> Article {
    let article = corpus().mean_words(60.0).article(nth);
    wrapped(Article { source, ..article })
}

/// A copy of an article, edited a little, in the wrapper of this site.
fn copy_of(article: &Article, source: &'static str, seed: u64) -> Article {
    wrapped(Article {
        id: format!("copy-of-{}", article.id),
        source,
        text: Edit::Words.apply(&article.text, 0.05, seed),
        ..article.clone()
    })
}

#[tokio::test]
async fn a_wrapper_makes_no_duplicates() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    for (place, source) in (0..).zip(sources()) {
        for nth in 0..30 {
            let article = of_a_site(source, 1000 * place + nth);
            let answer = submit(&mut dedup, of_corpus(article)).await;
            assert_eq!(duplicates(&answer), [], "{source}: {:?}", answer.matches[0]);
        }
    }
}

#[tokio::test]
async fn a_wrapped_copy_is_a_near_duplicate_of_its_original_alone() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let sources = sources();
    for (nth, source) in (0..PAGES).zip(sources.iter().cycle()) {
        submit(&mut dedup, of_corpus(of_a_site(source, 1000 + nth))).await;
    }
    for (nth, source) in (0..PAGES).zip(sources.iter().cycle()) {
        let original = corpus().article(nth);
        submit(&mut dedup, of_corpus(original.clone())).await;
        let copy = copy_of(&original, source, nth);
        let answer = submit(&mut dedup, of_corpus(copy)).await;
        let expected = [(original.id.as_str(), Relation::NearDuplicate)];
        assert_eq!(duplicates(&answer), expected, "{source}");
    }
}

#[tokio::test]
async fn copies_in_different_wrappers_are_near_duplicates_of_each_other_alone() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let sources = sources();
    for (nth, source) in (0..PAGES).zip(sources.iter().cycle()) {
        let original = corpus().article(nth);
        submit(&mut dedup, of_corpus(wrapped(original.clone()))).await;
        let copy = copy_of(&original, source, nth);
        let answer = submit(&mut dedup, of_corpus(copy)).await;
        let expected = [(original.id.as_str(), Relation::NearDuplicate)];
        assert_eq!(duplicates(&answer), expected, "{source}");
    }
}
