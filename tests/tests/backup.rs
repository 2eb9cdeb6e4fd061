//! Copies of a store that is in use.

#![cfg(unix)]

use std::{fs, path::Path};

use basma_proto::v1::{
    backup_service_client::BackupServiceClient,
    backup_service_server::{BackupService, BackupServiceServer},
    *,
};
use basma_tests::{
    Basma, Server, article,
    server::basmad,
    store::{fill, told},
    until,
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_taken_while_writes_go_on() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    fill(&server, 60).await;
    let before = told(&server, 60).await;
    // In a collection of their own, so that what was is still to be asked for.
    server
        .basma(&["collections", "create", "busy"])
        .run()
        .await
        .expect(0);
    let mut dedup = server.dedup().await;
    let writer = tokio::spawn(async move {
        for number in 0u64.. {
            let request = SubmitRequest {
                collection: "busy".to_owned(),
                article: Some(article(&number.to_string(), &format!("نص رقم {number}"))),
                ..Default::default()
            };
            if dedup.submit(request).await.is_err() {
                return number;
            }
        }
        0
    });
    let busy = async || {
        server
            .basma(&["--collection", "busy", "stats", "--json"])
            .run()
            .await
            .expect(0)
            .json()[0]["articles"]
            .as_u64()
            .expect("a number")
    };
    let at_least = until("writes", async || {
        Some(busy().await).filter(|count| *count > 20)
    })
    .await;
    server.basma(&["backup", "copy"]).run().await.expect(0);
    let copy = server.folder().join("copy");
    let bytes = fs::read(&copy).expect("a backup");
    server.terminate();
    writer.await.expect("no panic");

    let other = tempfile::tempdir().expect("a folder");
    let restore = async |file: &Path, folder: &Path| {
        let ended = basmad(&["restore"])
            .arg(file)
            .arg("--data-dir")
            .arg(folder)
            .output()
            .await;
        let ended = ended.expect("basmad starts");
        (
            ended.status.success(),
            String::from_utf8(ended.stderr).expect("text"),
        )
    };
    // Damaged, cut off, or with something behind it: nothing is restored.
    let bad = server.folder().join("bad");
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 3] ^= 16;
    for damaged in [
        &flipped[..],
        &bytes[..bytes.len() - 1],
        &bytes[..bytes.len() / 2],
        &[&bytes[..], b"x"].concat(),
        b"",
        b"{}",
    ] {
        fs::write(&bad, damaged).expect("room");
        let (ok, message) = restore(&bad, other.path()).await;
        assert!(!ok && message.contains("is no whole backup"), "{message}");
        let left: Vec<_> = fs::read_dir(other.path().join("collections"))
            .expect("a folder")
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    let (ok, message) = restore(&copy, other.path()).await;
    assert!(ok, "{message}");
    let restored = Server::start_in(other.path(), &[]).await;
    assert_eq!(told(&restored, 60).await, before);
    let count = restored
        .basma(&["--collection", "busy", "stats", "--json"])
        .run()
        .await
        .expect(0)
        .json()[0]["articles"]
        .as_u64();
    assert!(count.is_some_and(|count| count >= at_least));
    restored.stop().await;
    let (ok, message) = restore(&copy, other.path()).await;
    assert!(
        !ok && message.contains("holds a store already"),
        "{message}"
    );
}

/// What becomes of a copy on its way.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    Nothing,
    Flipped,
    Missing,
    Twice,
    CutOff,
    Longer,
}

/// Stands between the command line and a server, and hands on the pieces of a backup with a mishap.
struct Relay {
    server: String,
    mishap: Mishap,
}

#[tonic::async_trait]
impl BackupService for Relay {
    type BackupStream = tokio_stream::Iter<std::vec::IntoIter<Result<BackupResponse, Status>>>;

    async fn backup(
        &self,
        request: Request<BackupRequest>,
    ) -> Result<Response<Self::BackupStream>, Status> {
        let client = BackupServiceClient::connect(self.server.clone()).await;
        let mut copy = client
            .expect("a server")
            .backup(request)
            .await?
            .into_inner();
        let mut pieces = Vec::new();
        while let Some(piece) = copy.message().await? {
            pieces.push(piece);
        }
        let middle = pieces.len() / 2;
        match self.mishap {
            Mishap::Nothing => {}
            Mishap::Flipped => {
                let at = pieces[middle].piece.len() / 2;
                pieces[middle].piece[at] ^= 1;
            }
            Mishap::Missing => drop(pieces.remove(middle)),
            Mishap::Twice => pieces.insert(middle, pieces[middle].clone()),
            Mishap::CutOff => drop(pieces.pop()),
            Mishap::Longer => pieces.push(pieces[middle].clone()),
        }
        let pieces: Vec<_> = pieces.into_iter().map(Ok).collect();
        Ok(Response::new(tokio_stream::iter(pieces)))
    }
}

#[tokio::test]
async fn a_backup_that_is_damaged_on_its_way_is_none() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(data.path(), &[]).await;
    fill(&server, 12).await;
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    let taken = async |mishap| {
        let relay = Relay {
            server: server.address().to_owned(),
            mishap,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(BackupServiceServer::new(relay))
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        let backup = Basma::new(&address, &["backup", "copy"]);
        let ended = backup.within(folder.path()).run().await;
        serving.abort();
        ended
    };
    taken(Mishap::Nothing).await.expect(0);
    let whole = fs::read(&copy).expect("a backup");
    use Mishap::{CutOff, Flipped, Longer, Missing, Twice};
    for mishap in [Flipped, Missing, Twice, CutOff, Longer] {
        let refused = taken(mishap).await;
        let says_so = refused.stderr.contains("damaged or cut off");
        assert!(refused.status == 2 && says_so, "{mishap:?}: {refused:?}");
        // The one before is as it was, and there is nothing else.
        assert_eq!(fs::read(&copy).expect("a backup"), whole);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
