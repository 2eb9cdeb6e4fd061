//! SIGKILL while files of the journal are cleaned, a backup is taken, and a collection is deleted and made
//! again: what was acknowledged is there after the restart.

#![cfg(unix)]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use basma_proto::v1::{backup_service_client::BackupServiceClient, *};
use basma_tests::{Basma, Server, article, article::chance_words, server::basmad, until};
use tonic::{Code, Status, transport::Channel};

/// What is revised over and over, so that nearly all of its journal is dead.
const BIG: &str = "big";
/// What is deleted and made again.
const COMING: &str = "coming";
const WRITERS: u64 = 4;
const IDS: u64 = 4;

/// A text of its own for each number, 64 kB.
fn text(number: u64) -> String {
    chance_words(number, 4600)
}

/// The number of the text that an id had last for certain, and of one that it may have instead.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    last: Option<u64>,
    perhaps: Option<u64>,
}

/// By id.
type Ledger = Arc<Mutex<BTreeMap<String, Known>>>;

async fn submit(channel: &Channel, collection: &str, id: &str, number: u64) -> Result<(), Status> {
    let request = SubmitRequest {
        collection: collection.to_owned(),
        article: Some(article(id, &text(number))),
        ..Default::default()
    };
    let mut dedup = dedup_service_client::DedupServiceClient::new(channel.clone());
    dedup.submit(request).await.map(drop)
}

/// The number of the text that an article has.
async fn stored(channel: &Channel, collection: &str, id: &str) -> Result<String, Status> {
    let request = GetArticleRequest {
        collection: collection.to_owned(),
        id: id.to_owned(),
        with_text: true,
    };
    let mut articles = article_service_client::ArticleServiceClient::new(channel.clone());
    let got = articles.get_article(request).await?.into_inner();
    Ok(got
        .article
        .and_then(|article| article.text)
        .expect("texts are kept"))
}

fn kept(name: &str) -> Collection {
    let detector = DetectorSettings {
        method: detector_settings::Method::SimhashOnly.into(),
        simhash_distance: Some(0),
        ..Default::default()
    };
    Collection {
        name: name.to_owned(),
        detector: Some(detector),
        keep_texts: true,
        ..Default::default()
    }
}

async fn create(channel: &Channel, name: &str) -> Result<(), Status> {
    let request = CreateCollectionRequest {
        collection: Some(kept(name)),
    };
    let mut collections = collection_service_client::CollectionServiceClient::new(channel.clone());
    collections.create_collection(request).await.map(drop)
}

async fn delete(channel: &Channel, name: &str) -> Result<(), Status> {
    let request = DeleteCollectionRequest {
        name: name.to_owned(),
    };
    let mut collections = collection_service_client::CollectionServiceClient::new(channel.clone());
    collections.delete_collection(request).await.map(drop)
}

/// Revises articles of its own until the server is gone.
async fn revise(channel: Channel, writer: u64, round: u64, ledger: Ledger) {
    for number in 0.. {
        let id = format!("{writer}.{}", number % IDS);
        let number = (round << 32 | number) * WRITERS + writer;
        let note = |change: &dyn Fn(&mut Known)| {
            change(
                ledger
                    .lock()
                    .expect("no panic")
                    .entry(id.clone())
                    .or_default(),
            );
        };
        note(&|known| known.perhaps = Some(number));
        if submit(&channel, BIG, &id, number).await.is_err() {
            return;
        }
        note(&|known| known.last = Some(number));
    }
}

/// Makes a collection with one article and deletes it again, until the server is gone. Returns the last
/// step that was acknowledged.
async fn come_and_go(channel: Channel) -> Step {
    let mut done = Step::Deleted;
    loop {
        if create(&channel, COMING).await.is_err() {
            return done;
        }
        done = Step::Created;
        if submit(&channel, COMING, "1", 7).await.is_err() {
            return done;
        }
        done = Step::Filled;
        if delete(&channel, COMING).await.is_err() {
            return done;
        }
        done = Step::Deleted;
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Created,
    Filled,
    Deleted,
}

async fn check(channel: &Channel, ledger: &Ledger, step: Step) {
    let all = ledger.lock().expect("no panic").clone();
    for (id, known) in all {
        let mut may_be = [known.last, known.perhaps].into_iter().flatten();
        let last = match stored(channel, BIG, &id).await {
            Ok(found) => {
                let is = may_be.find(|number| text(*number) == found);
                assert!(is.is_some(), "{id} has another text: {known:?}");
                is
            }
            Err(status) => {
                assert_eq!((status.code(), known.last), (Code::NotFound, None), "{id}");
                None
            }
        };
        // What has been found is there for certain, whether or not it was acknowledged.
        let found = Known {
            last,
            perhaps: None,
        };
        ledger.lock().expect("no panic").insert(id, found);
    }
    // The step that was under way may have been taken.
    match (step, stored(channel, COMING, "1").await) {
        (Step::Filled, Ok(found)) | (Step::Created, Ok(found)) => assert_eq!(found, text(7)),
        (Step::Created | Step::Deleted, Err(status)) => assert_eq!(status.code(), Code::NotFound),
        (Step::Filled, Err(status)) => {
            // Without its article only if it was deleted as a whole.
            assert!(status.message().contains("no collection"), "{status}");
        }
        (Step::Deleted, Ok(_)) => panic!("it was deleted, and that was acknowledged"),
    }
    match delete(channel, COMING).await {
        Ok(()) => {}
        Err(status) => assert_eq!(status.code(), Code::NotFound),
    }
}

/// The number of the oldest file of the journal that is cleaned.
fn oldest(data: &Path) -> Option<u32> {
    let files = fs::read_dir(data.join("collections").join(BIG)).ok()?;
    let numbers = files.filter_map(|file| {
        let name = file.ok()?.file_name();
        name.to_str()?.strip_suffix(".log")?.parse().ok()
    });
    numbers.min()
}

async fn rounds(count: u64) {
    let data = tempfile::tempdir().expect("a folder");
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let chance = now.expect("a clock").as_nanos() as u64;
    let ledger = Ledger::default();
    let mut step = Step::Deleted;
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    for round in 0..count {
        let server = Server::start_in(data.path(), &["--max-idle-seconds", "5"]).await;
        let channel = server.channel().await;
        check(&channel, &ledger, step).await;
        if round == 0 {
            create(&channel, BIG).await.expect("a collection");
        }
        let before = oldest(data.path()).expect("a journal");
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(revise(channel.clone(), writer, round, ledger.clone())))
            .collect();
        let coming = tokio::spawn(come_and_go(channel.clone()));
        let take = || Basma::new(server.address(), &["backup", "copy"]).within(folder.path());
        // Whole in the last round, while all that goes on; in the others cut off wherever it is.
        let cut_off = (round + 1 < count).then(|| tokio::spawn(take().run()));
        if cut_off.is_none() {
            until("a copy", async || {
                (take().run().await.status == 0).then_some(())
            })
            .await;
        }
        // One that nobody reads must not keep files from being cleaned for ever.
        let mut copies_of = BackupServiceClient::new(channel.clone());
        let _unread = copies_of.backup(BackupRequest {}).await.expect("an answer");
        until("a file that is cleaned away", async || {
            oldest(data.path()).filter(|now| *now > before)
        })
        .await;
        let moment = chance.rotate_left(round as u32) % 100_000;
        tokio::time::sleep(Duration::from_micros(moment)).await;
        server.kill().await;
        for writer in writers {
            writer.await.expect("no panic");
        }
        step = coming.await.expect("no panic");
        if let Some(backup) = cut_off {
            backup.await.expect("no panic");
        }
    }
    let server = Server::start_in(data.path(), &[]).await;
    check(&server.channel().await, &ledger, step).await;
    server.stop().await;
    let restored = tempfile::tempdir().expect("a folder");
    let mut restore = basmad(&["restore"]);
    restore.arg(&copy).arg("--data-dir").arg(restored.path());
    let ended = restore.output().await.expect("basmad starts");
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let server = Server::start_in(restored.path(), &[]).await;
    let channel = server.channel().await;
    assert!(
        !stored(&channel, BIG, "0.0")
            .await
            .expect("an article")
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_at_any_work() {
    rounds(3).await;
}

/// `BASMA_KILLS=200 cargo test --release -p basma-tests --test kill_busy -- --ignored`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as is asked for"]
async fn nothing_acknowledged_is_lost_at_any_work_for_long() {
    let count = std::env::var("BASMA_KILLS").map_or(50, |count| count.parse().expect("a number"));
    rounds(count).await;
}
