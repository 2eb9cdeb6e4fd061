//! Copies that were edited on their way: each is a duplicate of its original, and of that alone.

use basma_benches::corpus::Edit;
use basma_proto::v1::{Answer, CheckRequest, Relation};
use basma_tests::{Server, article, corpus};

/// Ordinary articles, of which the first ones are copied.
const ARTICLES: u64 = 300;
const COPIED: u64 = 25;

/// What an editor still calls the same article. Of misread letters more is forgiven than of other words.
const EDITS: [(Edit, f64); 9] = [
    (Edit::Orthography, 1.0),
    (Edit::Words, 0.15),
    (Edit::Synonyms, 0.2),
    (Edit::Reorder, 0.5),
    (Edit::Cut, 0.5),
    (Edit::Move, 0.5),
    (Edit::Letters, 0.1),
    (Edit::Letters, 0.3),
    (Edit::Desk, 0.2),
];

#[tokio::test]
async fn an_edited_copy_is_a_duplicate_of_its_original_alone() {
    let server = Server::start().await;
    for number in 0..ARTICLES {
        let text = corpus().article(number).text;
        server.submit(article(&number.to_string(), &text)).await;
    }
    let mut dedup = server.dedup().await;
    let mut missed = Vec::new();
    for (edit, strength) in EDITS {
        for number in 0..COPIED {
            let copy = edit.apply(&corpus().article(number).text, strength, number);
            let request = CheckRequest {
                article: Some(article("copy", &copy)),
                ..CheckRequest::default()
            };
            let response = dedup.check(request).await.expect("an answer").into_inner();
            let answer = response.answer.expect("an answer");
            let found = duplicates(&answer);
            if found != [number.to_string()] {
                let edit = edit.name();
                missed.push(format!("{edit} {strength} of {number}: {found:?}"));
            }
            if edit == Edit::Orthography {
                assert_eq!(answer.matches[0].relation(), Relation::Exact);
            }
        }
    }
    // One copy in a hundred may be taken for a page that only speaks of the same.
    let copies = EDITS.len() * COPIED as usize;
    assert!(
        missed.len() * 100 <= copies,
        "{} of {copies}\n{}",
        missed.len(),
        missed.join("\n")
    );
}

fn duplicates(answer: &Answer) -> Vec<String> {
    let is_duplicate = |relation| !matches!(relation, Relation::Partial | Relation::Template);
    let all = answer.matches.iter();
    let duplicates = all.filter(|found| is_duplicate(found.relation()));
    duplicates.map(|found| found.id.clone()).collect()
}
