//! Slots that move while they are written to.

use basma_redis::{Ack, Command, Script, Value, slot};
use basma_test_redis::Cluster;

use crate::{connected, load::Load};

static BOTH: Script = Script::new(
    "local one = redis.call('INCR', KEYS[1]) local two = redis.call('INCR', KEYS[2]) return {one, two}",
);

#[tokio::test(flavor = "multi_thread")]
async fn slots_may_move_while_they_are_written_to() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let redis = connected(&cluster, Ack::Replica).await;
    // All writers write into the slots that move, and so do scripts on two keys.
    let tags: Vec<String> = (0..30)
        .map(|wanted| crate::key(|slot| slot == wanted))
        .collect();
    let named = tags.clone();
    let load = Load::start(&redis, 8, move |writer, number| {
        format!("{{{}}}:{writer}:{number}", named[number % named.len()])
    });
    load.more(500).await;
    let counting = {
        let (redis, tags) = (std::sync::Arc::clone(&redis), tags.clone());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let counting = tokio::spawn(async move {
            let mut rounds = 0;
            while !stop.is_closed() {
                rounds += 1;
                let both = |tag: &String| {
                    let keys = [format!("{{{tag}}}:one"), format!("{{{tag}}}:two")];
                    Command::script(&BOTH, &keys, &[] as &[&str])
                };
                let replies = redis
                    .write(tags.iter().map(both).collect())
                    .await
                    .expect("counts");
                for reply in replies {
                    // No retry was needed, since nothing broke: each was counted once.
                    assert_eq!(
                        reply,
                        Value::Array(vec![Value::Int(rounds), Value::Int(rounds)])
                    );
                }
            }
            rounds
        });
        (counting, stopped)
    };
    let from = cluster.master_of(0).await;
    let to = (from + 1) % 3;
    let before = redis.masters();
    cluster.move_slots(0..=29, to).await;
    load.more(500).await;
    cluster.move_slots(0..=29, from).await;
    load.more(500).await;
    let (counting, stopped) = counting;
    drop(stopped);
    let rounds = counting.await.expect("counts");
    let written = load.stop().await;
    println!("{} writes, {rounds} rounds of scripts", written.kept.len());
    assert_eq!(written.errors, []);
    assert!(written.kept.keys().all(|key| slot(key.as_bytes()) < 30));
    written.verify(&redis).await;
    assert_eq!(redis.masters(), before);
}
