//! Callers who submit articles whatever happens to the store: one after the other, and what was refused again.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use basma_proto::v1::{
    Answer, GetArticleRequest, SubmitRequest, article_service_client::ArticleServiceClient,
    dedup_service_client::DedupServiceClient,
};
use tokio::{sync::watch, task::JoinSet};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{Refusal, Server, article, corpus, until};

/// How many there are.
const WRITERS: u64 = 4;

/// Who is at work.
#[derive(Debug)]
pub struct Writers {
    channel: Channel,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    refused: watch::Receiver<String>,
    under_way: JoinSet<Written>,
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Written {
    /// What was acknowledged, by the number of the article.
    acknowledged: Vec<(u64, Answer)>,
    /// How often what was refused.
    refusals: BTreeMap<String, u64>,
    /// The longest time between two acknowledgements of one writer.
    gap: Duration,
}

async fn submit(channel: &Channel, number: u64) -> Result<Answer, Status> {
    let text = corpus().article(number).text;
    let request = SubmitRequest {
        article: Some(article(&number.to_string(), &text)),
        ..Default::default()
    };
    let mut dedup = DedupServiceClient::new(channel.clone());
    let answered = dedup.submit(request).await?.into_inner();
    Ok(answered.answer.expect("an answer"))
}

async fn write(
    (channel, writer): (Channel, u64),
    done: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    refused: watch::Sender<String>,
) -> Written {
    let mut written = Written::default();
    let (mut number, mut last) = (writer, Instant::now());
    while !stop.load(Ordering::Relaxed) {
        match submit(&channel, number).await {
            Ok(answer) => {
                written.acknowledged.push((number, answer));
                written.gap = written.gap.max(last.elapsed());
                last = Instant::now();
                done.fetch_add(1, Ordering::Relaxed);
                number += WRITERS;
            }
            // The same again: it may be there already.
            Err(status) => {
                assert_eq!(status.code(), Code::Unavailable, "{status}");
                let retry = status.get_details_retry_info();
                assert!(retry.and_then(|retry| retry.retry_delay).is_some());
                let reason = Refusal::from(&status).reason;
                refused.send_replace(reason.clone());
                *written.refusals.entry(reason).or_default() += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    written
}

impl Writers {
    /// Begins to submit to a server. Whatever is refused must be UNAVAILABLE, and say when to try again.
    pub async fn start(server: &Server) -> Self {
        let channel = server.channel().await;
        let (done, stop) = (Arc::default(), Arc::default());
        let (sender, refused) = watch::channel(String::new());
        let mut under_way = JoinSet::new();
        for writer in 0..WRITERS {
            let caller = (channel.clone(), writer);
            let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
            under_way.spawn(write(caller, done, stop, sender.clone()));
        }
        Self {
            channel,
            stop,
            done,
            refused,
            under_way,
        }
    }

    /// Waits until so many more articles are acknowledged.
    pub async fn more(&self, count: u64) {
        let count = self.done.load(Ordering::Relaxed) + count;
        until("more to be acknowledged", async || {
            (self.done.load(Ordering::Relaxed) >= count).then_some(())
        })
        .await;
    }

    /// Waits until something is refused for this reason.
    pub async fn refused(&mut self, reason: &str) {
        let refused = self.refused.wait_for(|last| last == reason);
        let refused = tokio::time::timeout(crate::LIMIT, refused).await;
        drop(refused.expect("a refusal in time").expect("writers"));
    }

    /// Ends it, and looks whether all that was acknowledged is there as it was answered. Says how long a writer
    /// waited at most.
    ///
    /// # Panics
    ///
    /// If something is lost.
    pub async fn stop(self, what: &str) -> Written {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Written::default();
        for written in self.under_way.join_all().await {
            all.acknowledged.extend(written.acknowledged);
            all.gap = all.gap.max(written.gap);
            for (reason, count) in written.refusals {
                *all.refusals.entry(reason).or_default() += count;
            }
        }
        let mut articles = ArticleServiceClient::new(self.channel.clone());
        for (number, first) in &all.acknowledged {
            let again = until("an answer", async || {
                submit(&self.channel, *number).await.ok()
            })
            .await;
            assert!(
                again.resubmission,
                "{number} is not there: {again:?}, {first:?}"
            );
            assert_eq!(
                (again.verdict, &again.canonical_id),
                (first.verdict, &first.canonical_id),
                "{number}"
            );
            let request = GetArticleRequest {
                id: number.to_string(),
                ..Default::default()
            };
            let got = articles.get_article(request).await;
            assert!(got.is_ok(), "{number}: {got:?}");
        }
        println!(
            "{what}: all of {} articles are there; refused: {:?}; a caller waited {:?} at most",
            all.acknowledged.len(),
            all.refusals,
            all.gap
        );
        all
    }
}

impl Written {
    /// How often something was refused for this reason.
    pub fn refusals(&self, reason: &str) -> u64 {
        self.refusals.get(reason).copied().unwrap_or_default()
    }
}
