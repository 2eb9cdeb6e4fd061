//! Tokens: who is let in, where to, and that nobody learns of a collection that is not his.

use std::process::Stdio;

use basma_client::{
    Client, Error,
    client::Token,
    v1::{Collection, CompareSide, compare_side},
};
use basma_tests::{
    Authority, Grants, Refusal, Server, article,
    article::streamed,
    grant,
    grant::Grant,
    raw::{Method, call, methods},
    refusal,
    server::basmad,
    until,
};
use prost::Message as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status};

/// What each method needs, as the README says it. `None`: any token is enough.
fn role(path: &str) -> Option<&'static str> {
    let (_, method) = path.rsplit_once('/').expect("a path");
    match method {
        "Check" | "BatchCheck" | "FindDuplicates" | "Compare" | "Fingerprint" | "GetArticle"
        | "ListArticles" | "GetCluster" | "GetCollection" | "GetStats" => Some("read"),
        "Submit" | "BatchSubmit" | "SubmitStream" | "DeleteArticle" => Some("write"),
        "CreateCollection" | "UpdateCollection" | "DeleteCollection" | "Backup" => Some("admin"),
        "ListCollections" => None,
        other => panic!("say which role {other} needs, here and in the README"),
    }
}

const ROLES: [&str; 3] = ["read", "write", "admin"];

/// A server with the collections "news" and "secret", and these tokens.
struct Guarded {
    server: Server,
    grants: Grants,
    folder: tempfile::TempDir,
    /// May do everything.
    root: Grant,
}

impl Guarded {
    async fn start(others: &[&Grant]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = grant("root", &["--admin", "*"]).await;
        let all: Vec<_> = [&root].into_iter().chain(others.iter().copied()).collect();
        let grants = Grants::new(folder.path(), &all);
        let server = Server::start_with(&grants.arguments()).await;
        let guarded = Self {
            server,
            grants,
            folder,
            root,
        };
        for name in ["news", "secret"] {
            let client = guarded.client(&guarded.root);
            let collection = Collection {
                name: name.to_owned(),
                ..Collection::default()
            };
            client.create_collection(collection).await.expect("created");
            let client = client.with_collection(name);
            let article = article(
                &format!("in-{name}"),
                &basma_tests::corpus().article(1).text,
            );
            client.submit(article, 10).await.expect("an answer");
        }
        guarded
    }

    fn client(&self, grant: &Grant) -> Client {
        let client = Client::new(self.server.address()).expect("a client");
        client.with_token(Token::new(&grant.secret).expect("a token"))
    }

    /// What a call about a collection is refused with, if it is.
    async fn call(
        &self,
        method: &Method,
        collection: &str,
        token: Option<&str>,
    ) -> Result<Option<Vec<u8>>, Status> {
        let channel = self.server.channel().await;
        let request = method.about(collection);
        let answered = call(channel, &method.path, request, token).await;
        // A stream answers each of its articles.
        match answered {
            Ok(Some(answer)) if method.path.ends_with("/SubmitStream") => refused_item(&answer),
            other => other,
        }
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
        let missing = guarded.call(&method, "news", None).await;
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
            let answered = guarded.call(&method, "news", Some(wrong)).await;
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
            let answered = guarded.call(&method, "news", Some(&grant.secret)).await;
            let enough = needed.is_none_or(|needed| has >= needed)
                // All collections are more than one.
                && !method.path.ends_with("/Backup");
            assert_eq!(let_in(&answered), enough, "{method:?} {answered:?}");
            if !enough {
                assert_eq!(refusal(answered), denied(), "{method:?}");
            }
        }
        let answered = guarded
            .call(&method, "news", Some(&guarded.root.secret))
            .await;
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
                let answered = guarded.call(&method, other, token).await;
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
        let Err(Error::Refused(told)) = client.get(id).await else {
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
async fn a_token_that_is_withdrawn_is_of_no_use_any_more() {
    let (one, other) = (
        grant("one", &["--write", "news"]).await,
        grant("other", &["--write", "news"]).await,
    );
    let guarded = Guarded::start(&[&one, &other]).await;
    let (client, stays) = (guarded.client(&one), guarded.client(&other));
    let (client, stays) = (
        client.with_collection("news"),
        stays.with_collection("news"),
    );
    client.stats().await.expect("an answer");

    // A stream that is open, and idle.
    let mut dedup = guarded.server.dedup().await;
    let (requests, receiver) = mpsc::channel(4);
    let mut request = Request::new(ReceiverStream::new(receiver));
    let value = format!("Bearer {}", one.secret).parse().expect("a header");
    request.metadata_mut().insert("authorization", value);
    let news = |number: u64| {
        let mut request = streamed(article(&number.to_string(), "نص"), number);
        "news".clone_into(&mut request.collection);
        request
    };
    requests.send(news(1)).await.expect("an open stream");
    let mut answers = dedup
        .submit_stream(request)
        .await
        .expect("a stream")
        .into_inner();
    answers
        .message()
        .await
        .expect("no error")
        .expect("an answer");

    guarded.grants.replace(&[&guarded.root, &other]);
    guarded.server.reload().await;
    assert_eq!(refusal(answers.message().await), unknown());
    let Err(Error::Refused(told)) = client.stats().await else {
        panic!("the token is withdrawn");
    };
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::Unauthenticated, "TOKEN_UNKNOWN")
    );
    stays.stats().await.expect("an answer");

    // And back again, without a signal.
    guarded.grants.replace(&[&guarded.root, &one]);
    until("the token of before", async || client.stats().await.ok()).await;
    assert!(matches!(stays.stats().await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn rights_that_change_change_at_once() {
    let before = grant("one", &["--write", "news"]).await;
    let guarded = Guarded::start(&[&before]).await;
    let client = guarded.client(&before).with_collection("news");
    client
        .submit(article("1", "نص"), 1)
        .await
        .expect("an answer");
    let after = Grant {
        entry: before.entry.replace("write", "read"),
        ..before.clone()
    };
    guarded.grants.replace(&[&after]);
    guarded.server.reload().await;
    client
        .check(article("1", "نص"), 1)
        .await
        .expect("an answer");
    let told = client.submit(article("2", "نص"), 1).await;
    assert!(matches!(told, Err(Error::Refused(told)) if told.reason == "ROLE_MISSING"));
}

#[tokio::test]
async fn a_broken_file_of_tokens_changes_nothing() {
    let guarded = Guarded::start(&[]).await;
    let client = guarded.client(&guarded.root);
    let broken = Grant {
        secret: String::new(),
        entry: "[[token]]\nname = \"half".to_owned(),
    };
    guarded.grants.replace(&[&broken]);
    guarded.server.reload().await;
    client.stats().await.expect("an answer");
    assert!(
        guarded.server.log().contains("the former stay"),
        "{}",
        guarded.server.log()
    );

    // One without tokens is not broken: it lets nobody in.
    guarded.grants.replace(&[]);
    guarded.server.reload().await;
    assert!(
        matches!(client.stats().await, Err(Error::Refused(told)) if told.reason == "TOKEN_UNKNOWN")
    );
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
async fn others_are_let_in_only_with_tls_and_tokens_or_when_told_so() {
    let start = async |arguments: &[&str]| {
        let mut basmad = basmad(&["--in-memory", "--listen", "0.0.0.0:0"]);
        let ended = basmad.args(arguments).output();
        let ended = tokio::time::timeout(basma_tests::LIMIT, ended).await;
        let ended = ended.expect("it ends").expect("basmad starts");
        assert!(!ended.status.success());
        String::from_utf8(ended.stderr).expect("text")
    };
    let told = start(&[]).await;
    assert!(
        told.contains("TLS") && told.contains("tokens") && told.contains("--insecure"),
        "{told}"
    );
    let guarded = Guarded::start(&[]).await;
    let told = start(&guarded.grants.arguments()).await;
    assert!(
        told.contains("without TLS (--tls-cert, --tls-key): give"),
        "{told}"
    );

    let mut basmad = basmad(&["--in-memory", "--listen", "0.0.0.0:0", "--insecure"]);
    let mut open = basmad
        .stderr(Stdio::piped())
        .spawn()
        .expect("basmad starts");
    let mut log = BufReader::new(open.stderr.take().expect("a pipe")).lines();
    let warned = async {
        while let Some(line) = log.next_line().await.expect("text") {
            if line.contains("insecure: others can reach the server") {
                return true;
            }
        }
        false
    };
    assert!(
        tokio::time::timeout(basma_tests::LIMIT, warned)
            .await
            .expect("it says so")
    );
    let told = start(&["--insecure", "--metrics-listen", "0.0.0.0:0"]).await;
    assert!(told.contains("--metrics-insecure"), "{told}");
}

#[tokio::test]
async fn what_is_packaged_for_kubernetes_may_let_others_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let issued = Authority::new().issue(&["basma.example"]);
    std::fs::write(at.join("tls.crt"), issued.certificate).expect("a file");
    std::fs::write(at.join("tls.key"), issued.key).expect("a file");
    Grants::new(at, &[&grant("root", &["--admin", "*"]).await]);
    let packaged = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../packaging/kubernetes/basmad.toml"
    );
    let here = at.to_str().expect("a path");
    let config = std::fs::read_to_string(packaged).expect("a file");
    let config = config
        .replace("/etc/basma/secret", here)
        .replace("/var/lib/basma", here);
    let file = at.join("basmad.toml");
    std::fs::write(&file, config).expect("a file");
    let file = file.to_str().expect("a path");
    let mut basmad = basmad(&["--check-config", "--config", file]);
    let ended = tokio::time::timeout(basma_tests::LIMIT, basmad.output()).await;
    let ended = ended.expect("it ends").expect("basmad starts");
    assert!(ended.status.success(), "{ended:?}");
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
