//! Several servers, one index: of any articles that arrive together and tell one story one alone is NEW.

use std::time::Duration;

use basma_proto::v1::{dedup_service_client::DedupServiceClient, *};
use basma_tests::{Server, article, redis::Cluster};
use tonic::{Code, transport::Channel};

const SERVERS: usize = 3;
/// Copies of each story, the first half of them the same to the letter.
const COPIES: usize = 6;
/// Stories under way at once.
const AT_ONCE: usize = 8;

/// Submits until the server has room for it.
async fn submit(channel: Channel, article: Article) -> Answer {
    let mut dedup = DedupServiceClient::new(channel);
    loop {
        let request = SubmitRequest {
            article: Some(article.clone()),
            ..Default::default()
        };
        match dedup.submit(request).await {
            Ok(answered) => return answered.into_inner().answer.expect("an answer"),
            Err(status) if status.code() == Code::Unavailable => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(status) => panic!("{status}"),
        }
    }
}

/// A story's copies at once, through all servers.
async fn race(channels: Vec<Channel>, story: u64) {
    let text = basma_tests::corpus().article(story).text;
    let copies = (0..COPIES).map(|copy| {
        let text = match copy < COPIES / 2 {
            true => text.clone(),
            false => format!("{text} {}", ["المصدر", "الرياض", "القاهرة"][copy % 3]),
        };
        let article = article(&format!("{story}.{copy}"), &text);
        tokio::spawn(submit(channels[copy % SERVERS].clone(), article))
    });
    let copies: Vec<_> = copies.collect();
    let (mut new, mut canonical) = (Vec::new(), Vec::new());
    for copy in copies {
        let answer = copy.await.expect("no panic");
        match answer.verdict() {
            Verdict::New | Verdict::Partial | Verdict::Template => new.push(answer.id),
            _ => canonical.push(answer.canonical_id),
        }
    }
    assert_eq!(new.len(), 1, "of story {story} these are new: {new:?}");
    // Whoever was told of another's copy was told of the same story.
    assert!(
        canonical.iter().all(|id| *id == new[0]),
        "{new:?}: {canonical:?}"
    );
}

async fn races(stories: u64) {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let (mut servers, mut channels) = (Vec::new(), Vec::new());
    for _ in 0..SERVERS {
        let server = Server::start_sharing(&cluster.url(), &["--log", "warn"]).await;
        channels.push(server.channel().await);
        servers.push(server);
    }
    let all: Vec<_> = (0..stories).collect();
    for some in all.chunks(AT_ONCE) {
        let under_way: Vec<_> = some
            .iter()
            .map(|story| tokio::spawn(race(channels.clone(), *story)))
            .collect();
        for race in under_way {
            race.await.expect("one of them is new");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_each_story_is_new() {
    races(24).await;
}

/// `BASMA_STORIES=100000 cargo test --release -p basma-tests --test shared_race -- --ignored`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as is asked for"]
async fn one_of_each_story_is_new_for_long() {
    let stories =
        std::env::var("BASMA_STORIES").map_or(1000, |count| count.parse().expect("a number"));
    races(stories).await;
}
