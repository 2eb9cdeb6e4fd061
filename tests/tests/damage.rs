//! A damaged journal, and a full disk.

#![cfg(unix)]

use std::fs;

use basma_proto::v1::*;
use basma_tests::{
    Server, article,
    article::chance_words,
    corpus,
    refusal::{Refusal, refusal},
    store::{fails, journal},
    until,
};
use tonic::Code;

#[tokio::test]
async fn damage_is_named_and_can_be_accepted() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    for number in 0..20 {
        server
            .submit(article(&number.to_string(), &corpus().article(number).text))
            .await;
    }
    server.stop().await;
    let whole = fs::read(journal(data.path())).expect("a journal");

    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(journal(data.path()), flipped).expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("00000001.log is damaged at byte"),
        "{message}"
    );
    assert!(message.contains("--accept-loss"), "{message}");

    fs::write(journal(data.path()), &whole[..whole.len() - 1]).expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("the last 1 acknowledged changes are missing"),
        "{message}"
    );

    // Refused as long as it takes, and nothing was changed by that.
    let server = Server::start_in(data.path(), &["--accept-loss"]).await;
    assert_eq!(server.stats().await.article_count, 19);
    server.submit(article("more", "نص آخر")).await;
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    assert_eq!(server.stats().await.article_count, 20);
    server.stop().await;

    fs::rename(
        data.path().join("collections/default"),
        data.path().join("aside"),
    )
    .expect("a folder");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("the collection \"default\" is missing"),
        "{message}"
    );
    fs::rename(
        data.path().join("aside"),
        data.path().join("collections/default"),
    )
    .expect("a folder");

    let catalog = fs::read_to_string(data.path().join("catalog")).expect("a catalog");
    fs::write(
        data.path().join("catalog"),
        catalog.replace("store 1", "store 2"),
    )
    .expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(
        message.contains("of format 2") && message.contains("use a newer one"),
        "{message}"
    );
    fs::write(
        data.path().join("catalog"),
        catalog.replace("default", "defauld"),
    )
    .expect("room");
    let message = fails(data.path(), &[]).await;
    assert!(message.contains("catalog is damaged"), "{message}");
}

/// The largest size of a file stands in for the size of a disk: it can be changed while the server runs.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room() {
    use basma_tests::server::limit_files;
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    server
        .submit(article("before", &corpus().article(0).text))
        .await;
    let room = fs::metadata(journal(data.path())).expect("a journal").len();
    limit_files(&server, Some(room + 3000));
    let mut dedup = server.dedup().await;
    let submit = |number: u64| SubmitRequest {
        article: Some(article(&number.to_string(), &corpus().article(number).text)),
        ..Default::default()
    };
    let mut acknowledged = 0;
    let refused = loop {
        match dedup.submit(submit(acknowledged + 1)).await {
            Ok(_) => acknowledged += 1,
            Err(status) => break status,
        }
        assert!(acknowledged < 100, "the disk is never full");
    };
    let full = Refusal::new(Code::Unavailable, "STORE_FULL", "");
    assert_eq!(Refusal::from(&refused), full);
    let details = tonic_types::StatusExt::get_error_details(&refused);
    assert!(
        details
            .retry_info()
            .is_some_and(|info| info.retry_delay.is_some())
    );
    // Whoever comes is refused too, in a batch, a stream or a deletion; and changes nothing.
    assert_eq!(refusal(dedup.submit(submit(50)).await), full);
    let delete = DeleteArticleRequest {
        id: "before".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        refusal(server.articles().await.delete_article(delete).await),
        full
    );
    assert_eq!(
        refusal(
            server
                .collections()
                .await
                .create_collection(CreateCollectionRequest {
                    collection: Some(Collection {
                        name: "more".to_owned(),
                        ..Default::default()
                    }),
                })
                .await
        ),
        full
    );
    // Reads go on.
    let text = corpus().article(0).text;
    let checked = server
        .basma(&["check", "--json", "--text", &text])
        .run()
        .await
        .expect(0);
    assert_eq!(checked.json()[0]["verdict"], "EXACT");

    limit_files(&server, None);
    // The one that was refused was written as soon as there was room: submitting it again says so.
    let again = until("room", async || {
        dedup.submit(submit(acknowledged + 1)).await.ok()
    })
    .await;
    assert!(again.into_inner().answer.expect("an answer").resubmission);
    dedup.submit(submit(50)).await.expect("there is room");
    assert!(
        server.log().contains("can be written again"),
        "{}",
        server.log()
    );
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    assert_eq!(server.stats().await.article_count, acknowledged + 3);
}

/// Files are cleaned by writing what is alive in them again, for which there is no room: nothing is lost, not if
/// the server is killed then either, and it goes on when there is room.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_disk_that_is_full_while_files_are_cleaned_loses_nothing() {
    use basma_tests::server::limit_files;
    const KEPT: u64 = 20;
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &["--durability", "interval"]).await;
    let update = [
        &["collections", "update", "default", "--keep-texts"][..],
        &["--method", "simhash-only", "--distance", "0"],
    ];
    server.basma(&update.concat()).run().await.expect(0);
    let text = |number: u64| chance_words(number, 4000);
    let mut dedup = server.dedup().await;
    // What stays comes first, and so stands in the file that is cleaned; then what is to go, a file and more.
    let second = data.path().join("collections/default/00000002.log");
    let mut next = 0;
    while fs::metadata(&second).map_or(0, |file| file.len()) < 6 << 20 {
        let request = SubmitRequest {
            article: Some(article(&next.to_string(), &text(next))),
            ..Default::default()
        };
        dedup.submit(request).await.expect("there is room");
        next += 1;
    }
    let room = fs::metadata(&second).expect("a journal").len();
    limit_files(&server, Some(room + (64 << 10)));
    let mut articles = server.articles().await;
    let full = Refusal::new(Code::Unavailable, "STORE_FULL", "");
    let mut gone = KEPT;
    loop {
        assert!(gone < next, "the disk is never full");
        let request = DeleteArticleRequest {
            id: gone.to_string(),
            ..Default::default()
        };
        match articles.delete_article(request).await {
            Ok(_) => gone += 1,
            Err(status) => {
                assert_eq!(Refusal::from(&status), full);
                break;
            }
        }
    }
    let whole = async |server: &Server| {
        let mut articles = server.articles().await;
        for number in (0..KEPT).chain(gone + 1..next) {
            let request = GetArticleRequest {
                id: number.to_string(),
                with_text: true,
                ..Default::default()
            };
            let got = articles.get_article(request).await.expect("it is kept");
            let article = got.into_inner().article.expect("an article");
            assert_eq!(article.text, Some(text(number)), "{number}");
        }
    };
    whole(&server).await;
    server.kill().await;

    let server = Server::start_in(data.path(), &[]).await;
    limit_files(&server, Some(room + (64 << 10)));
    whole(&server).await;
    limit_files(&server, None);
    until("a file that is cleaned away", async || {
        (!journal(data.path()).exists()).then_some(())
    })
    .await;
    whole(&server).await;
    server.kill().await;
    let server = Server::start_in(data.path(), &[]).await;
    whole(&server).await;
}
