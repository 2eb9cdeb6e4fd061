//! Tokens: who is let in, where to, and that nobody learns of a collection that is not his.

use basma_client::{
    Client, Error,
    client::Token,
    v1::{Collection, CompareSide, compare_side},
};
use basma_tests::{
    Guarded, Refusal, Server, article,
    article::streamed,
    grant,
    raw::{Method, call, methods},
    refusal,
};
use prost::Message as _;
use tonic::{Code, Request, Status};

/// What each method needs, as the README says it. `None`: any token is enough.
fn role(path: &str) -> Option<&'static str> {
    let (_, method) = path.rsplit_once('/').expect("a path");
    match method {
        "Check" | "BatchCheck" | "FindDuplicates" | "Compare" | "Fingerprint" | "GetArticle"
        | "ListArticles" | "GetCluster" | "GetCollection" | "GetStats" => Some("read"),
        "Submit" | "BatchSubmit" | "SubmitStream" | "DeleteArticle" => Some("write"),
        "CreateCollection" | "UpdateCollection" | "DeleteCollection" | "Backup" | "Export"
        | "Import" => Some("admin"),
        "ListCollections" => None,
        other => panic!("say which role {other} needs, here and in the README"),
    }
}

const ROLES: [&str; 3] = ["read", "write", "admin"];

/// What a call about a collection is refused with, if it is.
async fn ask(
    guarded: &Guarded,
    method: &Method,
    collection: &str,
    token: Option<&str>,
) -> Result<Option<Vec<u8>>, Status> {
    let channel = guarded.server.channel().await;
    let request = method.about(collection);
    let answered = call(channel, &method.path, request, token).await;
    // A stream answers each of its articles.
    match answered {
        Ok(Some(answer)) if method.path.ends_with("/SubmitStream") => refused_item(&answer),
        other => other,
    }
}

/// The refusal of an item as one of the call.
fn refused_item(answer: &[u8]) -> Result<Option<Vec<u8>>, Status> {
    use basma_proto::v1::{SubmitStreamResponse, item_result};
    let response = SubmitStreamResponse::decode(answer).expect("an answer");
    match response.result.expect("a result").result {
        Some(item_result::Result::Error(error)) => {
            use tonic_types::{ErrorDetails, StatusExt as _};
            let details = ErrorDetails::with_error_info(error.reason, "basma", []);
            let code = Code::from(error.code);
            Err(Status::with_error_details(code, error.message, details))
        }
        _ => Ok(Some(answer.to_vec())),
    }
}

fn denied() -> Refusal {
    Refusal::new(Code::PermissionDenied, "ROLE_MISSING", "")
}

fn unknown() -> Refusal {
    Refusal::new(Code::Unauthenticated, "TOKEN_UNKNOWN", "")
}

/// Whether a call got past the question of who may do it; the requests are of little sense otherwise.
fn let_in(answered: &Result<Option<Vec<u8>>, Status>) -> bool {
    match answered {
        Ok(_) => true,
        Err(status) => {
            !matches!(
                status.code(),
                Code::PermissionDenied | Code::Unauthenticated
            ) && Refusal::from(status).reason != "ACCESS_UNKNOWN"
        }
    }
}

#[tokio::test]
async fn without_a_token_there_is_health_and_nothing_else() {
    let guarded = Guarded::start(&[]).await;
    let stranger = grant("stranger", &["--admin", "*"]).await;
    for method in methods() {
        let missing = ask(&guarded, &method, "news", None).await;
        assert_eq!(
            refusal(missing),
            Refusal::new(Code::Unauthenticated, "TOKEN_MISSING", ""),
            "{method:?}"
        );
        for wrong in [
            "secret",
            &stranger.secret,
            &guarded.root.secret.to_uppercase(),
            "",
        ] {
            let answered = ask(&guarded, &method, "news", Some(wrong)).await;
            assert_eq!(refusal(answered), unknown(), "{method:?} {wrong}");
        }
    }
    let channel = guarded.server.channel().await;
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        // It lists the services.
        let (request, root) = (vec![0x3a, 0], guarded.root.secret.as_str());
        let missing = call(channel.clone(), &path, request.clone(), None).await;
        assert_eq!(refusal(missing).reason, "TOKEN_MISSING");
        let answer = call(channel.clone(), &path, request, Some(root)).await;
        let answer = answer.expect("an answer").expect("an answer");
        assert!(!answer.windows(6).any(|six| six == b"secret"), "{answer:?}");
    }
    let unheard = call(channel, "/basma.v1.DedupService/Guess", Vec::new(), None).await;
    assert_eq!(refusal(unheard).code, Code::Unimplemented);
}

#[tokio::test]
async fn each_role_opens_what_it_is_for_and_no_more() {
    let grants = [
        grant("read", &["--read", "news"]).await,
        grant("write", &["--write", "news"]).await,
        grant("admin", &["--admin", "news"]).await,
    ];
    let guarded = Guarded::start(&grants.each_ref()).await;
    for method in methods() {
        // Deleting comes last: what was there is asked about before.
        if method.path.ends_with("/DeleteCollection") {
            continue;
        }
        let needed = role(&method.path).map(|role| {
            let place = ROLES.iter().position(|one| *one == role);
            place.expect("a role")
        });
        for (has, grant) in grants.iter().enumerate() {
            let answered = ask(&guarded, &method, "news", Some(&grant.secret)).await;
            let enough = needed.is_none_or(|needed| has >= needed)
                // All collections are more than one.
                && !method.path.ends_with("/Backup");
            assert_eq!(let_in(&answered), enough, "{method:?} {answered:?}");
            if !enough {
                assert_eq!(refusal(answered), denied(), "{method:?}");
            }
        }
        let answered = ask(&guarded, &method, "news", Some(&guarded.root.secret)).await;
        assert!(let_in(&answered), "{method:?} {answered:?}");
    }
    for grant in &grants {
        let client = guarded.client(grant);
        let deleted = client.delete_collection("news").await;
        assert_eq!(
            deleted.is_ok(),
            grant.entry.contains("admin ="),
            "{deleted:?}"
        );
    }
}

#[tokio::test]
async fn another_collection_is_the_same_whether_it_is_there_or_not() {
    let grants = [
        grant("a", &["--read", "news"]).await,
        grant("b", &["--write", "news"]).await,
        grant("c", &["--admin", "news"]).await,
    ];
    let guarded = Guarded::start(&grants.each_ref()).await;
    for method in methods().into_iter().filter(Method::names_one) {
        for grant in &grants {
            let token = Some(grant.secret.as_str());
            let mut told = Vec::new();
            for other in ["secret", "nobody"] {
                let answered = ask(&guarded, &method, other, token).await;
                let status = answered.expect_err("a refusal");
                assert_eq!(Refusal::from(&status), denied(), "{method:?}");
                let headers = status.metadata().clone().into_headers();
                let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
                names.sort();
                told.push((status.message().replace(other, "X"), names));
            }
            assert_eq!(told[0], told[1], "{method:?}");
        }
    }
}

#[tokio::test]
async fn a_list_shows_what_may_be_read_and_its_pages_too() {
    let some = grant("some", &["--read", "c1,c3", "--admin", "c5"]).await;
    let guarded = Guarded::start(&[&some]).await;
    let root = guarded.client(&guarded.root);
    for number in 0..7 {
        let collection = Collection {
            name: format!("c{number}"),
            ..Collection::default()
        };
        root.create_collection(collection).await.expect("created");
    }
    let client = guarded.client(&some);
    let (mut names, mut page) = (Vec::new(), String::new());
    loop {
        let listed = client.list_collections(1, &page).await.expect("a page");
        names.extend(listed.collections.into_iter().map(|one| one.name));
        page = listed.next_page_token;
        if page.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["c1", "c3", "c5"]);
    let all = root
        .list_collections(0, "")
        .await
        .expect("a page")
        .collections;
    assert_eq!(all.len(), 10, "news, secret, default and seven");
}

#[tokio::test]
async fn answers_know_nothing_of_another_collection() {
    let writer = grant("writer", &["--write", "news"]).await;
    let guarded = Guarded::start(&[&writer]).await;
    let client = guarded.client(&writer).with_collection("news");
    // "secret" has the same text: nobody says so.
    let text = basma_tests::corpus().article(1).text;
    let answer = client
        .check(article("", &text), 100)
        .await
        .expect("an answer");
    let ids: Vec<_> = answer
        .matches
        .iter()
        .map(|found| found.id.as_str())
        .collect();
    assert_eq!(ids, ["in-news"]);
    for id in ["in-secret", "in-nobody"] {
        let Err(Error::Refused(told)) = client.get(id, false).await else {
            panic!("it is not in this collection");
        };
        assert_eq!(
            told.message.replace(id, "X"),
            "there is no article \"X\" in this collection"
        );
    }
    let side = |id: &str| CompareSide {
        side: Some(compare_side::Side::Id(id.to_owned())),
    };
    let compared = client.compare(side("in-news"), side("in-secret")).await;
    assert!(matches!(compared, Err(Error::Refused(told)) if told.reason == "ARTICLE_NOT_FOUND"));
    assert_eq!(client.stats().await.expect("statistics").article_count, 1);
}

#[tokio::test]
async fn a_batch_and_a_stream_are_about_the_collection_that_they_name() {
    let writer = grant("writer", &["--write", "news"]).await;
    let guarded = Guarded::start(&[&writer]).await;
    let client = guarded.client(&writer).with_collection("secret");
    let told = client.batch_submit(vec![article("1", "نص")], 1).await;
    assert!(matches!(told, Err(Error::Refused(told)) if told.code == Code::PermissionDenied));

    // Each article of a stream names its own.
    let mut dedup = guarded.server.dedup().await;
    let mut requests = Vec::new();
    for (number, collection) in [(1, "news"), (2, "secret"), (3, "nobody"), (4, "news")] {
        let mut request = streamed(article(&number.to_string(), "نص"), number);
        collection.clone_into(&mut request.collection);
        requests.push(request);
    }
    let mut request = Request::new(tokio_stream::iter(requests));
    let value = format!("Bearer {}", writer.secret)
        .parse()
        .expect("a header");
    request.metadata_mut().insert("authorization", value);
    let mut answers = dedup
        .submit_stream(request)
        .await
        .expect("a stream")
        .into_inner();
    let mut outcomes = Vec::new();
    while let Some(answer) = answers.message().await.expect("no error") {
        let result = answer.result.expect("a result");
        let outcome = basma_tests::refusal::outcome(&result).map(drop);
        outcomes.push(outcome);
    }
    assert_eq!(outcomes, [Ok(()), Err(denied()), Err(denied()), Ok(())]);
}

#[tokio::test]
async fn secrets_stand_neither_in_the_file_nor_in_the_log() {
    let guarded = Guarded::start(&[]).await;
    guarded
        .client(&guarded.root)
        .stats()
        .await
        .expect("an answer");
    let file = guarded.folder.path().join("tokens.toml");
    let file = std::fs::read_to_string(file).expect("a file");
    let (_, digits) = guarded.root.secret.split_once('_').expect("a token");
    assert!(!file.contains(digits), "{file}");
    let log = guarded.server.log();
    assert!(!log.contains(digits), "{log}");
    // Who called does stand there.
    assert!(log.contains("token=\"root\""), "{log}");
}

#[tokio::test]
async fn a_server_without_tokens_takes_any() {
    let server = Server::start().await;
    let token = grant("any", &["--read", "x"]).await;
    let client = Client::new(server.address()).expect("a client");
    let client = client.with_token(Token::new(&token.secret).expect("a token"));
    client
        .submit(article("1", "نص"), 1)
        .await
        .expect("an answer");
}
