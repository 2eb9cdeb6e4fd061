//! SIGKILL at random moments: what was acknowledged is there after the restart, as it was told.

#![cfg(unix)]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use basma_benches::corpus::Edit;
use basma_proto::v1::{
    Answer, BatchSubmitRequest, DeleteArticleRequest, GetArticleRequest, SubmitRequest,
    article_service_client::ArticleServiceClient, dedup_service_client::DedupServiceClient,
};
use basma_tests::{Server, article, corpus, refusal::outcome, until};
use tonic::{Code, transport::Channel};

/// Requests under way at once.
const WRITERS: usize = 6;

/// What is known of one id: the last change of it, and whether that was acknowledged.
#[derive(Clone, Debug)]
enum Known {
    Submitted {
        text: String,
        answer: Answer,
    },
    Deleted,
    /// The server was killed before it answered.
    Unanswered,
}

#[derive(Default)]
struct Ledger {
    known: Mutex<BTreeMap<String, Known>>,
    /// Changes that were acknowledged, in all rounds.
    acknowledged: AtomicU64,
}

impl Ledger {
    fn note(&self, id: &str, known: Known) {
        let acknowledged = u64::from(!matches!(known, Known::Unanswered));
        let mut all = self.known.lock().expect("no panic");
        all.insert(id.to_owned(), known);
        self.acknowledged.fetch_add(acknowledged, Ordering::Relaxed);
    }

    fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }
}

/// Chance, from the time of day: a failure prints the seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Texts that are new, or copies, parts or edits of others.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let corpus = corpus();
    let originals = (0..150).map(|number| corpus.article(number).text);
    let variants = originals.flat_map(|text| {
        let part: Vec<_> = text.split(' ').take(60).collect();
        [
            Edit::Orthography.apply(&text, 0.5, 1),
            Edit::Words.apply(&text, 0.1, 1),
            part.join(" "),
            text,
        ]
    });
    variants.collect()
});

fn text(chance: &mut Chance) -> String {
    TEXTS[chance.below(TEXTS.len() as u64) as usize].clone()
}

/// Submits, revises and deletes until the server is gone. Every writer has ids of its own.
async fn write(
    channel: Channel,
    writer: usize,
    round: u64,
    mut chance: Chance,
    ledger: Arc<Ledger>,
) {
    let mut dedup = DedupServiceClient::new(channel.clone());
    let mut articles = ArticleServiceClient::new(channel);
    for number in 0u64.. {
        let id = match chance.below(5) {
            0 if number > 0 => format!("{round}.{writer}.{}", chance.below(number)),
            _ => format!("{round}.{writer}.{number}"),
        };
        let before = ledger.known.lock().expect("no panic").get(&id).cloned();
        if chance.below(8) == 0 && matches!(before, Some(Known::Submitted { .. })) {
            ledger.note(&id, Known::Unanswered);
            let request = DeleteArticleRequest {
                id: id.clone(),
                ..Default::default()
            };
            match articles.delete_article(request).await {
                Ok(_) => ledger.note(&id, Known::Deleted),
                Err(_) => return,
            }
            continue;
        }
        if chance.below(6) == 0 {
            let batch: Vec<_> = (0..5)
                .map(|item| article(&format!("{id}/{item}"), &text(&mut chance)))
                .collect();
            batch
                .iter()
                .for_each(|one| ledger.note(&one.id, Known::Unanswered));
            let request = BatchSubmitRequest {
                articles: batch.clone(),
                ..Default::default()
            };
            let Ok(response) = dedup.batch_submit(request).await else {
                return;
            };
            for (one, item) in batch.iter().zip(&response.into_inner().results) {
                ledger.note(
                    &one.id,
                    submitted(one, outcome(item).expect("an answer").clone()),
                );
            }
            continue;
        }
        let one = article(&id, &text(&mut chance));
        ledger.note(&id, Known::Unanswered);
        let request = SubmitRequest {
            article: Some(one.clone()),
            ..Default::default()
        };
        match dedup.submit(request).await {
            Ok(response) => {
                let answer = response.into_inner().answer.expect("an answer");
                ledger.note(&id, submitted(&one, answer));
            }
            Err(_) => return,
        }
    }
}

fn submitted(one: &basma_proto::v1::Article, answer: Answer) -> Known {
    use basma_proto::v1::article::Body;
    let Some(Body::Text(text)) = one.body.clone() else {
        panic!("a text");
    };
    Known::Submitted { text, answer }
}

/// Every acknowledged change is there, with the verdict that was told. Submitting it again gets the first
/// answer; what may change meanwhile is whether its matches still exist.
async fn check(server: &Server, ledger: &Ledger) {
    let channel = server.channel().await;
    let all: Vec<_> = ledger
        .known
        .lock()
        .expect("no panic")
        .clone()
        .into_iter()
        .collect();
    let parts = all.chunks(all.len().div_ceil(WRITERS).max(1));
    let checks = parts.map(|part| tokio::spawn(check_part(channel.clone(), part.to_vec())));
    for check in checks.collect::<Vec<_>>() {
        check.await.expect("nothing is lost");
    }
}

async fn check_part(channel: Channel, part: Vec<(String, Known)>) {
    let mut dedup = DedupServiceClient::new(channel.clone());
    let mut articles = ArticleServiceClient::new(channel);
    for (id, known) in part {
        let request = GetArticleRequest {
            id: id.clone(),
            ..Default::default()
        };
        let found = articles.get_article(request).await;
        let (text, answer) = match known {
            Known::Unanswered => continue,
            Known::Deleted => {
                let status = found.expect_err("it was deleted, and that was acknowledged");
                assert_eq!(status.code(), Code::NotFound, "{id}");
                continue;
            }
            Known::Submitted { text, answer } => (text, answer),
        };
        let found =
            found.unwrap_or_else(|status| panic!("{id} was acknowledged and is lost: {status}"));
        let stored = found.into_inner().article.expect("an article");
        assert_eq!(stored.verdict, answer.verdict, "{id}");
        assert_eq!(stored.revision, answer.revision, "{id}");
        assert_eq!(stored.fingerprint, answer.fingerprint, "{id}");
        let request = SubmitRequest {
            article: Some(article(&id, &text)),
            ..Default::default()
        };
        let again = dedup.submit(request).await.expect("an answer").into_inner();
        let again = again.answer.expect("an answer");
        assert!(again.resubmission, "{id}");
        assert_eq!(again.verdict, answer.verdict, "{id}");
        assert_eq!(again.revision, answer.revision, "{id}");
        for found in &again.matches {
            let first = answer.matches.iter().find(|first| first.id == found.id);
            let first = first.unwrap_or_else(|| panic!("{id} did not match {}", found.id));
            assert_eq!(found.relation, first.relation);
            assert_eq!(found.evidence, first.evidence);
            assert_eq!(found.first_seen_time, first.first_seen_time);
        }
    }
}

async fn rounds(count: u64, durability: &str, data: &Path) {
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock")
        .as_nanos() as u64;
    eprintln!("seed {seed}");
    let mut chance = Chance(seed);
    let arguments = ["--durability", durability];
    let ledger = Arc::new(Ledger::default());
    let mut unanswered = 0;
    for round in 0..count {
        let server = Server::start_in(data, &arguments).await;
        check(&server, &ledger).await;
        // The next rounds look at what this one writes; not all of them at all that ever was.
        if round % 5 == 4 {
            ledger.known.lock().expect("no panic").clear();
        }
        let wanted = ledger.acknowledged() + chance.below(100);
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            let chance = Chance(chance.below(u64::MAX));
            let channel = server.channel().await;
            writers.push(tokio::spawn(write(
                channel,
                writer,
                round,
                chance,
                ledger.clone(),
            )));
        }
        until("changes that are acknowledged", async || {
            (ledger.acknowledged() > wanted).then_some(())
        })
        .await;
        // At any moment of what comes then.
        tokio::time::sleep(Duration::from_micros(chance.below(10_000))).await;
        server.kill().await;
        for writer in writers {
            writer.await.expect("no panic");
        }
        let prefix = format!("{round}.");
        let known = ledger.known.lock().expect("no panic");
        let of_this = known.iter().filter(|(id, _)| id.starts_with(&prefix));
        unanswered += of_this
            .filter(|(_, known)| matches!(known, Known::Unanswered))
            .count();
    }
    let server = Server::start_in(data, &arguments).await;
    check(&server, &ledger).await;
    let acknowledged = ledger.acknowledged();
    eprintln!("{count} kills, {acknowledged} changes acknowledged, {unanswered} cut off");
    // Else it was never killed at work, and this says nothing.
    assert!(unanswered > 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_in_fifty_kills() {
    let data = tempfile::tempdir().expect("a folder");
    rounds(50, "sync", data.path()).await;
}

/// The page cache outlives the process: nothing is lost before the machine ends.
#[tokio::test(flavor = "multi_thread")]
async fn nor_when_syncs_are_put_off() {
    let data = tempfile::tempdir().expect("a folder");
    rounds(10, "interval", data.path()).await;
}

/// `BASMA_KILLS=2000 cargo test --release -p basma-tests --test kill -- --ignored`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as is asked for"]
async fn nothing_acknowledged_is_lost_in_many_kills() {
    let count = std::env::var("BASMA_KILLS").map_or(500, |count| count.parse().expect("a number"));
    let data = tempfile::tempdir().expect("a folder");
    rounds(count, "sync", data.path()).await;
}
