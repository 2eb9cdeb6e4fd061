//! Bad input: each kind has its status code, its reason and the field at fault, and the server goes
//! on serving.

use basma_proto::v1::{
    compare_side::Side, detector_settings::Method, find_duplicates_request::Query, *,
};
use basma_tests::{
    Refusal, Server, article,
    article::{encoded, streamed},
    refusal,
    refusal::outcome,
};
use tonic::Code::{InvalidArgument, NotFound, OutOfRange};

/// What must be refused, and how.
type Case = (
    &'static str,
    Refusal,
    tonic::Code,
    &'static str,
    &'static str,
);

fn verify(cases: impl IntoIterator<Item = Case>) {
    for (what, found, code, reason, field) in cases {
        assert_eq!(found, Refusal::new(code, reason, field), "{what}");
    }
}

async fn still_serves(server: &Server) {
    let answer = server.submit(article("after all that", "نص")).await;
    assert_eq!(answer.verdict(), Verdict::New);
}

#[tokio::test]
async fn articles() {
    let server = Server::start_with(&["--max-text-bytes", "1000"]).await;
    let mut dedup = server.dedup().await;
    let mut submit = async |article: Option<Article>| {
        let request = SubmitRequest {
            article,
            ..Default::default()
        };
        refusal(dedup.submit(request).await)
    };
    let (long, longer) = ("س".repeat(500), "س".repeat(501));
    let with = |change: &dyn Fn(&mut Article)| {
        let mut changed = article("1", "نص");
        change(&mut changed);
        Some(changed)
    };
    let time = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
    verify([
        (
            "no article",
            submit(None).await,
            InvalidArgument,
            "ARTICLE_MISSING",
            "article",
        ),
        (
            "no id",
            submit(Some(article("", "نص"))).await,
            InvalidArgument,
            "ID_MISSING",
            "article.id",
        ),
        (
            "a long id",
            submit(Some(article(&"i".repeat(2049), "نص"))).await,
            InvalidArgument,
            "FIELD_TOO_LONG",
            "article.id",
        ),
        (
            "no text",
            submit(with(&|article| article.body = None)).await,
            InvalidArgument,
            "TEXT_MISSING",
            "article.text",
        ),
        (
            "a long text",
            submit(Some(article("1", &longer))).await,
            InvalidArgument,
            "TEXT_TOO_LARGE",
            "article.text",
        ),
        (
            "a long text after decoding",
            submit(Some(encoded("1", &[0xd3; 501], "windows-1256"))).await,
            InvalidArgument,
            "TEXT_TOO_LARGE",
            "article.encoded_text.content",
        ),
        (
            "long bytes",
            submit(Some(encoded("1", &[b' '; 1001], "windows-1256"))).await,
            InvalidArgument,
            "TEXT_TOO_LARGE",
            "article.encoded_text.content",
        ),
        (
            "an unknown charset",
            submit(Some(encoded("1", b"a", "arabic-klingon"))).await,
            InvalidArgument,
            "CHARSET_UNKNOWN",
            "article.encoded_text.charset",
        ),
        (
            "no charset",
            submit(Some(encoded("1", b"a", ""))).await,
            InvalidArgument,
            "CHARSET_UNKNOWN",
            "article.encoded_text.charset",
        ),
        (
            "bad bytes",
            submit(Some(encoded("1", b"\xd8\xff", "utf-8"))).await,
            InvalidArgument,
            "TEXT_MALFORMED",
            "article.encoded_text.content",
        ),
        (
            "a long title",
            submit(with(&|article| article.title = "t".repeat(4097))).await,
            InvalidArgument,
            "FIELD_TOO_LONG",
            "article.title",
        ),
        (
            "a long source",
            submit(with(&|article| article.source = "s".repeat(1025))).await,
            InvalidArgument,
            "FIELD_TOO_LONG",
            "article.source",
        ),
        (
            "a long url",
            submit(with(&|article| article.url = "u".repeat(8193))).await,
            InvalidArgument,
            "FIELD_TOO_LONG",
            "article.url",
        ),
        (
            "a late time",
            submit(with(&|article| article.publish_time = time(i64::MAX, 0))).await,
            InvalidArgument,
            "TIME_OUT_OF_RANGE",
            "article.publish_time",
        ),
        (
            "no time",
            submit(with(&|article| article.publish_time = time(0, -1))).await,
            InvalidArgument,
            "TIME_OUT_OF_RANGE",
            "article.publish_time",
        ),
    ]);
    // At the limits, nothing is wrong.
    let mut limit = article(&"i".repeat(2048), &long);
    (limit.title, limit.source, limit.url) = ("t".repeat(4096), "s".repeat(1024), "u".repeat(8192));
    server.submit(limit).await;
    still_serves(&server).await;
}

#[tokio::test]
async fn requests() {
    let server = Server::start_with(&["--max-batch", "3"]).await;
    let (mut dedup, mut articles) = (server.dedup().await, server.articles().await);
    let unknown = || "nowhere".to_owned();
    let one = || Some(article("1", "نص"));
    let mut find = async |query, distance, max_matches| {
        let request = FindDuplicatesRequest {
            query,
            distance,
            max_matches,
            ..Default::default()
        };
        refusal(dedup.find_duplicates(request).await)
    };
    let hex = |digits: &str| Some(Query::SimhashHex(digits.to_owned()));
    verify([
        (
            "no query",
            find(None, Some(3), 0).await,
            InvalidArgument,
            "QUERY_MISSING",
            "query",
        ),
        (
            "an unknown id",
            find(Some(Query::Id(unknown())), None, 0).await,
            NotFound,
            "ARTICLE_NOT_FOUND",
            "",
        ),
        (
            "k = 13",
            find(Some(Query::Simhash(1)), Some(13), 0).await,
            InvalidArgument,
            "DISTANCE_OUT_OF_RANGE",
            "distance",
        ),
        (
            "no k",
            find(Some(Query::Simhash(1)), None, 0).await,
            InvalidArgument,
            "DISTANCE_MISSING",
            "distance",
        ),
        (
            "a short simhash",
            find(hex("abc"), Some(3), 0).await,
            InvalidArgument,
            "SIMHASH_MALFORMED",
            "simhash_hex",
        ),
        (
            "a sign in a simhash",
            find(hex("+00000000000000f"), Some(3), 0).await,
            InvalidArgument,
            "SIMHASH_MALFORMED",
            "simhash_hex",
        ),
        (
            "Arabic digits in a simhash",
            find(hex("٠٠٠٠٠٠٠٠"), Some(3), 0).await,
            InvalidArgument,
            "SIMHASH_MALFORMED",
            "simhash_hex",
        ),
        (
            "many matches",
            find(Some(Query::Simhash(1)), Some(3), 1001).await,
            InvalidArgument,
            "MAX_MATCHES_OUT_OF_RANGE",
            "max_matches",
        ),
    ]);

    let submit = SubmitRequest {
        collection: unknown(),
        article: one(),
        max_matches: 0,
        ..Default::default()
    };
    let check = CheckRequest {
        collection: unknown(),
        article: one(),
        max_matches: 0,
        ..Default::default()
    };
    let many = SubmitRequest {
        article: one(),
        max_matches: 1001,
        ..Default::default()
    };
    let batch = BatchSubmitRequest {
        articles: vec![article("1", "نص"); 4],
        ..Default::default()
    };
    let batch_check = BatchCheckRequest {
        articles: vec![article("1", "نص"); 4],
        ..Default::default()
    };
    let fingerprint = FingerprintRequest::default();
    let text = |text: &str| {
        Some(CompareSide {
            side: Some(Side::Text(text.to_owned())),
        })
    };
    let id = Some(CompareSide {
        side: Some(Side::Id(unknown())),
    });
    let no_side = CompareRequest {
        a: text("نص"),
        ..Default::default()
    };
    let long_title = CompareRequest {
        a: Some(CompareSide {
            side: Some(Side::Article(Article {
                title: "ع".repeat(4096),
                ..article("", "نص")
            })),
        }),
        b: text("نص"),
        ..Default::default()
    };
    let no_article = CompareRequest {
        a: id,
        b: text("نص"),
        ..Default::default()
    };
    verify([
        (
            "submit: an unknown collection",
            refusal(dedup.submit(submit).await),
            NotFound,
            "COLLECTION_NOT_FOUND",
            "",
        ),
        (
            "check: an unknown collection",
            refusal(dedup.check(check).await),
            NotFound,
            "COLLECTION_NOT_FOUND",
            "",
        ),
        (
            "many matches",
            refusal(dedup.submit(many).await),
            InvalidArgument,
            "MAX_MATCHES_OUT_OF_RANGE",
            "max_matches",
        ),
        (
            "a large batch",
            refusal(dedup.batch_submit(batch).await),
            InvalidArgument,
            "BATCH_TOO_LARGE",
            "articles",
        ),
        (
            "a large batch",
            refusal(dedup.batch_check(batch_check).await),
            InvalidArgument,
            "BATCH_TOO_LARGE",
            "articles",
        ),
        (
            "nothing to fingerprint",
            refusal(dedup.fingerprint(fingerprint).await),
            InvalidArgument,
            "TEXT_MISSING",
            "text",
        ),
        (
            "nothing to compare with",
            refusal(dedup.compare(no_side).await),
            InvalidArgument,
            "TEXT_MISSING",
            "b.text",
        ),
        (
            "a long title to compare",
            refusal(dedup.compare(long_title).await),
            InvalidArgument,
            "FIELD_TOO_LONG",
            "a.article.title",
        ),
        (
            "an unknown id to compare",
            refusal(dedup.compare(no_article).await),
            NotFound,
            "ARTICLE_NOT_FOUND",
            "",
        ),
    ]);

    let list = |page_size, page_token: &str| ListArticlesRequest {
        page_size,
        page_token: page_token.to_owned(),
        ..Default::default()
    };
    verify([
        (
            "get: no id",
            refusal(articles.get_article(GetArticleRequest::default()).await),
            InvalidArgument,
            "ID_MISSING",
            "id",
        ),
        (
            "delete: no id",
            refusal(
                articles
                    .delete_article(DeleteArticleRequest::default())
                    .await,
            ),
            InvalidArgument,
            "ID_MISSING",
            "id",
        ),
        (
            "cluster: no id",
            refusal(articles.get_cluster(GetClusterRequest::default()).await),
            InvalidArgument,
            "ID_MISSING",
            "id",
        ),
        (
            "a made-up token",
            refusal(articles.list_articles(list(0, "next")).await),
            InvalidArgument,
            "PAGE_TOKEN_INVALID",
            "page_token",
        ),
        (
            "a negative page",
            refusal(articles.list_articles(list(-1, "")).await),
            InvalidArgument,
            "PAGE_SIZE_NEGATIVE",
            "page_size",
        ),
    ]);
    still_serves(&server).await;
}

#[tokio::test]
async fn settings() {
    let server = Server::start().await;
    let mut collections = server.collections().await;
    let mut create = async |name: &str, detector| {
        let collection = Collection {
            name: name.to_owned(),
            detector: Some(detector),
            create_time: None,
            ..Default::default()
        };
        let request = CreateCollectionRequest {
            collection: Some(collection),
        };
        refusal(collections.create_collection(request).await)
    };
    let none = DetectorSettings::default;
    let distance = DetectorSettings {
        simhash_distance: Some(13),
        ..none()
    };
    let size = |size| DetectorSettings {
        simhash_feature_size: Some(size),
        ..none()
    };
    let containment = |share| DetectorSettings {
        min_score: Some(share),
        ..none()
    };
    let method = DetectorSettings {
        method: Method::SimhashOnly as i32 + 1,
        ..none()
    };
    let reason = "SETTING_OUT_OF_RANGE";
    let name = "COLLECTION_NAME_INVALID";
    verify([
        (
            "no name",
            create("", none()).await,
            InvalidArgument,
            name,
            "collection.name",
        ),
        (
            "Arabic",
            create("أخبار", none()).await,
            InvalidArgument,
            name,
            "collection.name",
        ),
        (
            "a digit first",
            create("1st", none()).await,
            InvalidArgument,
            name,
            "collection.name",
        ),
        (
            "64 letters",
            create(&"a".repeat(64), none()).await,
            InvalidArgument,
            name,
            "collection.name",
        ),
        (
            "k = 13",
            create("a", distance).await,
            InvalidArgument,
            reason,
            "collection.detector.simhash_distance",
        ),
        (
            "features of nothing",
            create("a", size(0)).await,
            InvalidArgument,
            reason,
            "collection.detector.simhash_feature_size",
        ),
        (
            "features of 257",
            create("a", size(257)).await,
            InvalidArgument,
            reason,
            "collection.detector.simhash_feature_size",
        ),
        (
            "no share",
            create("a", containment(0.0)).await,
            InvalidArgument,
            reason,
            "collection.detector.min_score",
        ),
        (
            "more than all",
            create("a", containment(1.1)).await,
            InvalidArgument,
            reason,
            "collection.detector.min_score",
        ),
        (
            "no number",
            create("a", containment(f64::NAN)).await,
            InvalidArgument,
            reason,
            "collection.detector.min_score",
        ),
        (
            "an unknown method",
            create("a", method).await,
            InvalidArgument,
            reason,
            "collection.detector.method",
        ),
    ]);
    let nothing = CreateCollectionRequest { collection: None };
    let mask = prost_types::FieldMask {
        paths: vec!["detector.colour".to_owned()],
    };
    let default = Collection {
        name: "default".to_owned(),
        ..Default::default()
    };
    let masked = UpdateCollectionRequest {
        collection: Some(default),
        update_mask: Some(mask),
    };
    let gone = DeleteCollectionRequest {
        name: "nowhere".to_owned(),
    };
    verify([
        (
            "nothing to create",
            refusal(collections.create_collection(nothing).await),
            InvalidArgument,
            "COLLECTION_MISSING",
            "collection",
        ),
        (
            "an unknown field",
            refusal(collections.update_collection(masked).await),
            InvalidArgument,
            "MASK_UNKNOWN_FIELD",
            "update_mask",
        ),
        (
            "nothing to delete",
            refusal(collections.delete_collection(gone).await),
            NotFound,
            "COLLECTION_NOT_FOUND",
            "",
        ),
    ]);
    still_serves(&server).await;
}

#[tokio::test]
async fn one_item_of_a_batch_or_a_stream_does_not_keep_the_others() {
    let server = Server::start().await;
    let mut dedup = server.dedup().await;
    let mut nothing = article("4", "");
    nothing.body = None;
    let articles = vec![
        article("1", "أول"),
        article("", "بلا اسم"),
        encoded("3", b"\xff", "utf-8"),
        nothing,
        article("5", "خامس"),
    ];
    let refused = |reason, field| Err(Refusal::new(InvalidArgument, reason, field));
    let expected = |with_ids: bool| {
        [
            ("1", Ok(Verdict::New)),
            (
                "",
                if with_ids {
                    refused("ID_MISSING", "article.id")
                } else {
                    Ok(Verdict::New)
                },
            ),
            (
                "3",
                refused("TEXT_MALFORMED", "article.encoded_text.content"),
            ),
            ("4", refused("TEXT_MISSING", "article.text")),
            ("5", Ok(Verdict::New)),
        ]
        .map(|(id, outcome)| (id.to_owned(), outcome))
    };
    let of = |results: &[ItemResult]| -> Vec<(String, Result<Verdict, Refusal>)> {
        let one = |item: &ItemResult| (item.id.clone(), outcome(item).map(Answer::verdict));
        results.iter().map(one).collect()
    };
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
    assert_eq!(of(&checked), expected(false));
    let request = BatchSubmitRequest {
        articles: articles.clone(),
        ..Default::default()
    };
    let submitted = dedup
        .batch_submit(request)
        .await
        .expect("answers")
        .into_inner()
        .results;
    assert_eq!(of(&submitted), expected(true));

    let mut requests: Vec<_> = articles
        .into_iter()
        .zip(0..)
        .map(|(article, number)| streamed(article, number))
        .collect();
    requests.push(SubmitStreamRequest {
        collection: "nowhere".to_owned(),
        article: Some(article("6", "سادس")),
        ..Default::default()
    });
    requests.push(SubmitStreamRequest::default());
    requests.push(streamed(article("8", "ثامن"), 8));
    let mut answers = dedup
        .submit_stream(tokio_stream::iter(requests))
        .await
        .expect("a stream")
        .into_inner();
    let mut results = Vec::new();
    while let Some(answer) = answers.message().await.expect("no end by a bad article") {
        results.push(answer.result.expect("a result"));
    }
    let mut expected = Vec::from(expected(true));
    expected.extend([
        (
            "6".to_owned(),
            Err(Refusal::new(NotFound, "COLLECTION_NOT_FOUND", "")),
        ),
        (String::new(), refused("ARTICLE_MISSING", "article")),
        ("8".to_owned(), Ok(Verdict::New)),
    ]);
    assert_eq!(of(&results), expected);
    still_serves(&server).await;
}

#[tokio::test]
async fn large_messages() {
    let server = Server::start_with(&["--max-message-bytes", "20000"]).await;
    let mut dedup = server.dedup().await;
    let large = || article("1", &"س".repeat(20_000));
    let too_large = Refusal::new(OutOfRange, "MESSAGE_TOO_LARGE", "");
    let request = SubmitRequest {
        article: Some(large()),
        ..Default::default()
    };
    assert_eq!(refusal(dedup.submit(request).await), too_large);
    let articles = vec![article("1", &"س".repeat(1000)); 11];
    let request = BatchSubmitRequest {
        articles,
        ..Default::default()
    };
    assert_eq!(refusal(dedup.batch_submit(request).await), too_large);

    // Of a stream it is the end: what comes after cannot be told from its rest.
    let requests = tokio_stream::iter([streamed(article("2", "نص"), 0), streamed(large(), 1)]);
    let mut answers = dedup
        .submit_stream(requests)
        .await
        .expect("a stream")
        .into_inner();
    answers
        .message()
        .await
        .expect("no error")
        .expect("an answer to the first");
    assert_eq!(refusal(answers.message().await), too_large);
    let answer = server.submit(article("3", "نص")).await;
    assert_eq!(
        (answer.verdict(), answer.canonical_id.as_str()),
        (Verdict::Exact, "2")
    );
}
