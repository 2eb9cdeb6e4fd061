//! Several servers, one index: of any articles that arrive together and tell one story one alone is NEW.

use std::time::Duration;

use basma_proto::v1::{dedup_service_client::DedupServiceClient, detector_settings::Method, *};
use basma_tests::{
    Server,
    article::{article, chance_words},
    redis::Cluster,
};
use tokio::task::JoinSet;
use tonic::{Code, transport::Channel};

/// A collection of SimHashes alone.
const NEAR: &str = "near";
/// Copies of each story, the first half of them the same to the letter.
const COPIES: usize = 16;
/// Stories under way at once.
const AT_ONCE: usize = 32;

/// Submits until the server has room for it.
async fn submit(channel: Channel, collection: &str, article: Article) -> Answer {
    let mut dedup = DedupServiceClient::new(channel);
    loop {
        let request = SubmitRequest {
            article: Some(article.clone()),
            collection: collection.to_owned(),
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

/// Copies of a story, some the same and some with a word more.
fn copies(story: u64, count: usize) -> Vec<String> {
    // With no words of another: of generated news one in a thousand is contained in another.
    let text = chance_words(story, 80);
    let copies = (0..count).map(|copy| match copy < count / 2 {
        true => text.clone(),
        false => format!("{text} {}", ["المصدر", "الرياض", "القاهرة"][copy % 3]),
    });
    copies.collect()
}

/// A story's copies at once, through all servers.
async fn race(channels: Vec<Channel>, collection: &'static str, story: u64, copies: Vec<String>) {
    let copies = copies.iter().enumerate().map(|(copy, text)| {
        let article = article(&format!("{story}.{copy}"), text);
        let channel = channels[copy % channels.len()].clone();
        tokio::spawn(async move { submit(channel, collection, article).await })
    });
    let copies: Vec<_> = copies.collect();
    let (mut new, mut told, mut canonical) = (Vec::new(), Vec::new(), Vec::new());
    for copy in copies {
        let answer = copy.await.expect("no panic");
        match answer.verdict() {
            Verdict::New | Verdict::Partial | Verdict::Template => {
                told.push(answer.verdict());
                new.push(answer.id);
            }
            _ => canonical.push(answer.canonical_id),
        }
    }
    assert_eq!(
        told,
        [Verdict::New],
        "of story {story} these are new: {new:?}"
    );
    // Whoever was told of another's copy was told of the same story.
    assert!(
        canonical.iter().all(|id| *id == new[0]),
        "{new:?}: {canonical:?}"
    );
}

/// So many copies of each of so many stories, through so many servers.
async fn races(cluster: &Cluster, stories: u64, count: usize, through: usize) {
    let (mut servers, mut channels) = (Vec::new(), Vec::new());
    for _ in 0..through {
        let server = Server::start_sharing(&cluster.url(), &["--log", "warn"]).await;
        channels.push(server.channel().await);
        servers.push(server);
    }
    let mut under_way = JoinSet::new();
    for story in 0..stories {
        if under_way.len() == AT_ONCE {
            let race = under_way.join_next().await;
            race.expect("some").expect("one of them is new");
        }
        under_way.spawn(race(channels.clone(), "", story, copies(story, count)));
    }
    while let Some(race) = under_way.join_next().await {
        race.expect("one of them is new");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_each_story_is_new() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    races(&cluster, 24, COPIES, 3).await;
    near_races(&cluster, 24).await;
}

/// Two texts whose SimHashes are near, and have no block of 16 bits in common.
async fn near_pair(channel: Channel, story: u64) -> Vec<String> {
    let mut dedup = DedupServiceClient::new(channel);
    let mut simhash = async |text: &str| {
        let request = FingerprintRequest {
            collection: NEAR.to_owned(),
            body: Some(fingerprint_request::Body::Text(text.to_owned())),
        };
        let answered = dedup.fingerprint(request).await.expect("an answer");
        answered.into_inner().fingerprint.expect("one").simhash
    };
    let text = basma_tests::corpus().article(story).text;
    let own = simhash(&text).await;
    let words: Vec<_> = text.split(' ').collect();
    for place in 0.. {
        let mut changed = words.clone();
        let from = place % words.len();
        let end = words.len().min(from + 1 + place / words.len());
        changed.drain(from..end);
        let changed = changed.join(" ");
        let differ = own ^ simhash(&changed).await;
        let apart = (0..4).all(|block| differ >> (16 * block) & 0xffff != 0);
        if apart && differ.count_ones() <= 8 {
            return vec![text, changed];
        }
    }
    unreachable!("the words are taken away one by one, then two by two")
}

/// Of a collection of SimHashes alone, two that are near and append to no list in common.
async fn near_races(cluster: &Cluster, stories: u64) {
    let servers = [
        Server::start_sharing(&cluster.url(), &["--log", "warn"]).await,
        Server::start_sharing(&cluster.url(), &["--log", "warn"]).await,
    ];
    let channels = [servers[0].channel().await, servers[1].channel().await];
    let collection = Collection {
        name: NEAR.to_owned(),
        detector: Some(DetectorSettings {
            method: Method::SimhashOnly.into(),
            ..DetectorSettings::default()
        }),
        ..Collection::default()
    };
    let request = CreateCollectionRequest {
        collection: Some(collection),
    };
    let mut collections = servers[0].collections().await;
    collections.create_collection(request).await.expect("made");
    for story in 0..stories {
        let copies = near_pair(channels[0].clone(), story).await;
        race(channels.to_vec(), NEAR, story, copies).await;
    }
}

/// `BASMA_STORIES=100000 BASMA_SERVERS=3 cargo test --release -p basma-tests --test shared_race -- --ignored`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "as long as is asked for"]
async fn one_of_each_story_is_new_for_long() {
    let stories =
        std::env::var("BASMA_STORIES").map_or(1000, |count| count.parse().expect("a number"));
    if let Some(cluster) = Cluster::start().await {
        let through = std::env::var("BASMA_SERVERS");
        let through = through.map_or(3, |count| count.parse().expect("a number"));
        races(&cluster, stories, 4, through).await;
    }
}
