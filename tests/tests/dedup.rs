//! `DedupService`, one RPC after the other, as any gRPC client meets it.

use basma_benches::corpus::{Edit, page};
use basma_proto::v1::{compare_side::Side, find_duplicates_request::Query, segment::Kind, *};
use basma_tests::{
    Server, article,
    article::{encoded, of_corpus, streamed},
    corpus,
    refusal::outcome,
};

#[tokio::test]
async fn submit_tells_what_it_is_and_why() {
    let server = Server::start().await;
    let original = corpus().article(0);
    let first = server.submit(of_corpus(original.clone())).await;
    assert_eq!(first.verdict(), Verdict::New);
    assert_eq!(
        (first.id.as_str(), first.canonical_id.as_str()),
        (original.id.as_str(), original.id.as_str())
    );
    assert_eq!(
        (first.revision, first.resubmission, first.truncated),
        (1, false, false)
    );
    assert!(first.matches.is_empty());
    let print = first.fingerprint.expect("a fingerprint");
    assert_eq!(print.exact_hash.len(), 32);
    assert_eq!(print.simhash_hex, format!("{:016x}", print.simhash));
    assert!(print.fold_version > 0 && print.token_count > 50 && print.sketch_size > 0);

    let respelled = Edit::Orthography.apply(&original.text, 0.5, 1);
    let exact = server.submit(article("respelled", &respelled)).await;
    assert_eq!(exact.verdict(), Verdict::Exact);
    assert_eq!(exact.canonical_id, original.id);
    assert_eq!(
        exact.fingerprint.expect("a fingerprint").exact_hash,
        print.exact_hash
    );
    let found = &exact.matches[0];
    assert_eq!(
        (found.id.as_str(), found.relation()),
        (original.id.as_str(), Relation::Exact)
    );
    assert_eq!(
        (found.title.as_str(), found.source.as_str()),
        (original.title.as_str(), original.source)
    );
    assert_eq!(found.url, original.url());
    assert!(found.first_seen_time.is_some());
    let evidence = found.evidence.as_ref().expect("evidence");
    assert_eq!(evidence.hamming_distance, Some(0));
    assert_eq!(
        (evidence.jaccard, evidence.containment, evidence.contained),
        (Some(1.0), Some(1.0), Some(1.0))
    );

    let edited = Edit::Words.apply(&original.text, 0.04, 1);
    let near = server.submit(article("edited", &edited)).await;
    assert_eq!(near.verdict(), Verdict::NearDuplicate);
    assert_eq!(near.canonical_id, original.id);
    assert_eq!(near.matches.len(), 2, "both of the story");
    let evidence = near.matches[0].evidence.as_ref().expect("evidence");
    assert!(
        (0.5..1.0).contains(&evidence.jaccard.expect("sketches")),
        "{evidence:?}"
    );
    assert!(!evidence.passages.is_empty());
}

#[tokio::test]
async fn parts_and_wholes_are_told_apart() {
    let server = Server::start().await;
    let corpus = corpus().mean_words(300.0);
    let (story, around) = (corpus.article(1), corpus.article(2));
    server.submit(of_corpus(story.clone())).await;
    let brief = server
        .submit(article("brief", &page::brief((0, &story), 0.4).text))
        .await;
    assert_eq!(brief.verdict(), Verdict::ContainedIn);
    let report = server
        .submit(article(
            "report",
            &page::report((0, &story), &around, 0.35).text,
        ))
        .await;
    assert_eq!(report.verdict(), Verdict::Contains);
    let other = server
        .submit(article("other", &corpus.article(3).text))
        .await;
    assert_eq!(other.verdict(), Verdict::New);
}

#[tokio::test]
async fn check_changes_nothing() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let text = corpus().article(0).text;
    let mut check = async |id: &str| {
        let request = CheckRequest {
            article: Some(article(id, &text)),
            ..Default::default()
        };
        let response = dedup.check(request).await.expect("an answer");
        response.into_inner().answer.expect("an answer")
    };
    // Without an id, too.
    for id in ["", "1", "1"] {
        let answer = check(id).await;
        assert_eq!((answer.verdict(), answer.revision), (Verdict::New, 0));
    }
    assert_eq!(server.stats().await.article_count, 0);
    server.submit(article("1", &text)).await;
    assert_eq!(check("2").await.verdict(), Verdict::Exact);
    assert_eq!(check("").await.matches[0].id, "1");
    assert_eq!(
        check("1").await.verdict(),
        Verdict::New,
        "an article does not match itself"
    );
    assert_eq!(server.stats().await.article_count, 1);
}

#[tokio::test]
async fn batches_answer_each_in_order() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let text = |number| corpus().article(number).text;
    let articles = vec![
        article("1", &text(1)),
        article("2", &text(2)),
        article("3", &Edit::Orthography.apply(&text(1), 0.3, 1)),
    ];
    let request = BatchCheckRequest {
        articles: articles.clone(),
        ..Default::default()
    };
    let checked = dedup
        .batch_check(request)
        .await
        .expect("answers")
        .into_inner()
        .results;
    let request = BatchSubmitRequest {
        articles,
        ..Default::default()
    };
    let submitted = dedup
        .batch_submit(request)
        .await
        .expect("answers")
        .into_inner()
        .results;
    let of = |results: &[ItemResult]| -> Vec<(String, Verdict)> {
        let one =
            |item: &ItemResult| (item.id.clone(), outcome(item).expect("an answer").verdict());
        results.iter().map(one).collect()
    };
    let expected = |last| {
        [("1", Verdict::New), ("2", Verdict::New), ("3", last)]
            .map(|(id, verdict)| (id.to_owned(), verdict))
    };
    assert_eq!(of(&checked), expected(Verdict::New));
    assert_eq!(of(&submitted), expected(Verdict::Exact));
}

#[tokio::test]
async fn a_stream_answers_as_articles_come() {
    let server = Server::start().await;
    let (requests, receiver) = tokio::sync::mpsc::channel(1);
    let requests_of = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut answers = server
        .dedup()
        .await
        .submit_stream(requests_of)
        .await
        .expect("a stream")
        .into_inner();
    // One at a time: each answer comes although the stream goes on.
    for number in 0..20 {
        let text = corpus().article(number / 2).text;
        let request = streamed(article(&format!("id-{number}"), &text), number + 1000);
        requests.send(request).await.expect("an open stream");
        let answer = answers
            .message()
            .await
            .expect("no error")
            .expect("an answer");
        assert_eq!(answer.request_number, number + 1000);
        let item = answer.result.expect("a result");
        assert_eq!(item.id, format!("id-{number}"));
        let expected = [Verdict::New, Verdict::Exact][number as usize % 2];
        assert_eq!(outcome(&item).expect("an answer").verdict(), expected);
    }
    drop(requests);
    assert!(answers.message().await.expect("a good end").is_none());
}

#[tokio::test]
async fn find_lists_what_is_near_an_article_or_a_simhash() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let text = corpus().article(0).text;
    let first = server
        .submit(article("1", &text))
        .await
        .fingerprint
        .expect("a fingerprint");
    server
        .submit(article("2", &Edit::Orthography.apply(&text, 0.5, 1)))
        .await;
    server
        .submit(article("3", &Edit::Words.apply(&text, 0.04, 1)))
        .await;
    server
        .submit(article("other", &corpus().article(9).text))
        .await;
    let mut find = async |query, distance| {
        let request = FindDuplicatesRequest {
            query: Some(query),
            distance,
            ..Default::default()
        };
        dedup
            .find_duplicates(request)
            .await
            .expect("an answer")
            .into_inner()
            .matches
    };
    let ids =
        |matches: &[Match]| -> Vec<_> { matches.iter().map(|found| found.id.clone()).collect() };

    let related = find(Query::Id("1".to_owned()), None).await;
    assert_eq!(ids(&related), ["2", "3"]);
    assert_eq!(related[0].relation(), Relation::Exact);
    assert_eq!(related[1].relation(), Relation::NearDuplicate);
    assert_eq!(ids(&find(Query::Id("1".to_owned()), Some(0)).await), ["2"]);
    for query in [
        Query::Simhash(first.simhash),
        Query::SimhashHex(first.simhash_hex.clone()),
    ] {
        let matches = find(query, Some(0)).await;
        assert_eq!(ids(&matches), ["1", "2"]);
        assert!(
            matches
                .iter()
                .all(|found| found.relation() != Relation::Exact)
        );
    }
    // Six bits off: found from distance 6 on.
    let off = Query::Simhash(first.simhash ^ 0x8000_0400_2010_0011);
    assert!(
        find(off.clone(), Some(5))
            .await
            .iter()
            .all(|found| found.id != "1")
    );
    for distance in [6, 12] {
        let matches = find(off.clone(), Some(distance)).await;
        let found = matches
            .iter()
            .find(|found| found.id == "1")
            .expect("within reach");
        let evidence = found.evidence.as_ref().expect("evidence");
        assert_eq!(evidence.hamming_distance, Some(6));
    }
}

#[tokio::test]
async fn compare_shows_what_two_texts_share() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let a = "افتتح الوزير صباح اليوم المعرض السنوي للكتاب في العاصمة بحضور عدد من الناشرين";
    let b = "اِفتتح الوزِير مسَاء اليوم المعرض السنوي للكتاب في العاصمة بحضور عدد من الناشرين وجمهور";
    server.submit(article("a", a)).await;
    server.submit(article("b", b)).await;
    let mut compare = async |a, b| {
        let side = |side| Some(CompareSide { side: Some(side) });
        let request = CompareRequest {
            a: side(a),
            b: side(b),
            ..Default::default()
        };
        dedup
            .compare(request)
            .await
            .expect("an answer")
            .into_inner()
    };
    let texts = compare(Side::Text(a.to_owned()), Side::Text(b.to_owned())).await;
    assert_eq!(texts.relation(), Relation::NearDuplicate);
    let words = |text: &str, range: &Option<TextRange>| {
        range
            .as_ref()
            .map(|range| text[range.start_byte as usize..range.end_byte as usize].to_owned())
    };
    let segments: Vec<_> = texts
        .segments
        .iter()
        .map(|segment| (segment.kind(), words(a, &segment.a), words(b, &segment.b)))
        .collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        segments[0],
        (Kind::Folded, some("افتتح الوزير"), some("اِفتتح الوزِير"))
    );
    assert!(
        segments.iter().any(|(kind, ..)| *kind == Kind::Equal),
        "{segments:?}"
    );
    assert!(
        segments.contains(&(Kind::OnlyA, some("صباح"), None)),
        "{segments:?}"
    );
    assert!(
        segments.contains(&(Kind::OnlyB, None, some("مسَاء"))),
        "{segments:?}"
    );
    assert_eq!(segments.last(), Some(&(Kind::OnlyB, None, some("وجمهور"))));

    let ids = compare(Side::Id("a".to_owned()), Side::Id("b".to_owned())).await;
    assert_eq!(
        (ids.relation, &ids.a, &ids.b),
        (texts.relation, &texts.a, &texts.b)
    );
    assert!(ids.segments.is_empty());

    let apart = compare(
        Side::Text(a.to_owned()),
        Side::Text(corpus().article(0).text),
    )
    .await;
    assert_eq!(apart.relation, None);
}

#[tokio::test]
async fn compared_with_title_and_date_an_article_is_what_its_check_says() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let days = |days: i64| {
        Some(prost_types::Timestamp {
            seconds: days * 86_400,
            nanos: 0,
        })
    };
    let [first, other] = [corpus().article(0), corpus().article(1)];
    let original = Article {
        publish_time: days(0),
        ..of_corpus(first.clone())
    };
    server.submit(original.clone()).await;
    let mut decided_otherwise = 0;
    for tenths in 1..10_u32 {
        let text = Edit::Words.apply(&first.text, f64::from(tenths) / 10.0, tenths.into());
        let copy = Article {
            title: other.title.clone(),
            publish_time: days(7),
            ..article("", &text)
        };
        let mut relation = async |a: Side, b: Side| {
            let side = |side| Some(CompareSide { side: Some(side) });
            let request = CompareRequest {
                a: side(a),
                b: side(b),
                ..Default::default()
            };
            let said = dedup.compare(request).await.expect("an answer");
            said.into_inner().relation
        };
        let side = |article: &Article| Side::Article(article.clone());
        let given = relation(side(&copy), side(&original)).await;
        let indexed = relation(side(&copy), Side::Id(first.id.clone())).await;
        let alone = relation(Side::Text(text), Side::Text(first.text.clone())).await;
        let check = CheckRequest {
            article: Some(copy),
            ..Default::default()
        };
        let checked = dedup.check(check).await.expect("an answer").into_inner();
        let answer = checked.answer.expect("an answer");
        let checked = answer.matches.first().map(|found| found.relation);
        assert_eq!((given, indexed), (checked, checked), "{tenths} tenths");
        decided_otherwise += u32::from(alone != checked);
    }
    assert!(decided_otherwise > 0, "title and date decide nothing");
}

#[tokio::test]
async fn fingerprint_folds_and_reads_other_charsets() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let request = FingerprintRequest {
        body: Some(fingerprint_request::Body::Text("بَصْمَةٌ ١٢٣ أُخرى".to_owned())),
        ..Default::default()
    };
    let utf8 = dedup
        .fingerprint(request)
        .await
        .expect("an answer")
        .into_inner();
    assert_eq!(utf8.folded_text, "بصمه 123 اخري");
    assert_eq!(utf8.fingerprint.expect("a fingerprint").token_count, 3);

    // بصمة in windows-1256, and as an article of its own.
    let bytes = [0xc8, 0xd5, 0xe3, 0xc9];
    server.submit(article("utf-8", "بصمة")).await;
    let answer = server
        .submit(encoded("windows-1256", &bytes, "Windows-1256"))
        .await;
    assert_eq!(
        (answer.verdict(), answer.canonical_id.as_str()),
        (Verdict::Exact, "utf-8")
    );
}

#[tokio::test]
async fn empty_and_short_texts_never_come_near() {
    let server = Server::start().await;
    for (id, text, expected) in [
        ("empty", "", Verdict::New),
        ("empty too", "", Verdict::New),
        ("marks", "…!؟، ـــ", Verdict::New),
        ("short", "عاجل: زلزال في اليابان", Verdict::New),
        (
            "longer by one",
            "عاجل: زلزال في اليابان اليوم",
            Verdict::New,
        ),
        ("short again", "عاجل زلزال في اليابان", Verdict::Exact),
    ] {
        assert_eq!(
            server.submit(article(id, text)).await.verdict(),
            expected,
            "{id}"
        );
    }
}
