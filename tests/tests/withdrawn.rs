//! Tokens that are withdrawn, and rights that change, while the server runs.

use basma_client::Error;
use basma_proto::v1::{BackupRequest, backup_service_client::BackupServiceClient};
use basma_tests::{
    Grants, Guarded, Refusal, Server, article,
    article::{chance_words, streamed},
    grant,
    grant::Grant,
    refusal, until,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request};

fn unknown() -> Refusal {
    Refusal::new(Code::Unauthenticated, "TOKEN_UNKNOWN", "")
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

/// As many copies as are taken at once, which nobody reads: withdrawn, they end, and make room for others.
#[tokio::test]
async fn a_backup_under_way_ends_with_its_token() {
    let root = grant("root", &["--admin", "*"]).await;
    let saver = grant("saver", &["--admin", "*"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let grants = Grants::new(folder.path(), &[&root, &saver]);
    let data = folder.path().join("data");
    let server = Server::start_in(&data, &grants.arguments()).await;
    let basma = |arguments: &[&str]| {
        let basma = server.basma(arguments);
        basma.variable("BASMA_TOKEN", &root.secret)
    };
    let keep = ["collections", "update", "default", "--keep-texts"];
    basma(&keep).run().await.expect(0);
    // More than is sent ahead of who reads.
    let lines = (0..200).map(|number| {
        let text = chance_words(number, 4000);
        format!(
            "{}\n",
            serde_json::json!({"id": number.to_string(), "text": text})
        )
    });
    let submit = basma(&["submit", "-"]).input(lines.collect::<String>());
    submit.run().await.expect(0);

    let mut copies = Vec::new();
    for _ in 0..4 {
        let mut client = BackupServiceClient::new(server.channel().await);
        let mut request = Request::new(BackupRequest {});
        let value = format!("Bearer {}", saver.secret)
            .parse()
            .expect("a header");
        request.metadata_mut().insert("authorization", value);
        let mut copy = client.backup(request).await.expect("a copy").into_inner();
        copy.message().await.expect("no error").expect("a piece");
        copies.push(copy);
    }
    let refused = basma(&["backup", "copy"]).run().await;
    assert!(refused.stderr.contains("others are taking"), "{refused:?}");
    grants.replace(&[&root]);
    server.reload().await;
    for mut copy in copies {
        let ended = loop {
            match copy.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("it came to its end"),
                Err(status) => break status,
            }
        };
        assert_eq!(Refusal::from(&ended), unknown());
    }
    until("a place", async || {
        let backup = basma(&["backup", "copy"]).run().await;
        (backup.status == 0).then_some(())
    })
    .await;
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
