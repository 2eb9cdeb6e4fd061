//! Every method, asked the same of an index that a server keeps itself and of one that it shares in a cluster:
//! what is said must be right, and of both the same to the letter.
//!
//! - [`collections`], [`submissions`], [`articles`], [`questions`], [`ages`], [`refusals`]: the cases, each with a
//!   collection of its own;
//! - [`servers`]: two servers that share a cluster;
//! - [`expected`]: short forms of what cases ask and expect.

mod ages;
mod articles;
mod collections;
mod expected;
mod questions;
mod refusals;
mod servers;
mod submissions;

use std::{pin::Pin, sync::Arc};

use basma_proto::v1::Collection;
use basma_tests::{Dialogue, Grant, Grants, Server, grant, redis::Cluster};
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::{JoinSet, spawn_blocking},
};

type Case = fn(Arc<Dialogue>) -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! cases {
    ($($module:ident { $($case:ident),* $(,)? })*) => {
        const CASES: &[(&str, Case)] = &[
            $($((stringify!($case), |told| Box::pin($module::$case(told)))),*),*
        ];
    };
}

cases! {
    collections {
        are_made_read_changed_and_deleted,
        have_names_that_are_names,
        keep_what_shaped_their_fingerprints,
        obey_changed_settings,
        are_listed_by_name,
        count_what_they_hold,
    }
    submissions {
        copies_of_every_kind_are_told,
        the_same_again_gets_the_first_answer,
        another_text_replaces,
        two_stories_on_a_page_are_two,
        a_batch_is_answered_in_its_order,
        a_stream_is_answered_in_its_order,
    }
    articles {
        are_remembered_as_submitted,
        are_listed_to_the_end_while_they_change,
        are_deleted,
        a_story_is_paged_and_gets_another_first,
        texts_are_kept_where_they_are_to_be,
    }
    questions {
        a_check_changes_nothing,
        what_is_near_is_found,
        texts_and_articles_are_compared,
        a_text_is_fingerprinted,
    }
    ages {
        what_is_older_than_the_retention_goes,
        what_was_published_long_ago_goes,
        what_is_beyond_the_window_is_not_matched,
    }
    refusals {
        unknown_names_are_told,
        what_is_beyond_a_limit_is_refused,
        a_token_is_good_for_its_collections,
    }
}

/// Cases at once: some do nothing but wait.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn an_index_answers_alike_wherever_it_is_kept() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let root = grant("root", &["--admin", "*"]).await;
    let guest = grant(refusals::GUEST, &["--read", "mine", "--write", "mine"]).await;
    let grants = Grants::new(folder.path(), &[&root, &guest]);
    let arguments = [&grants.arguments()[..], &["--log", "warn"]].concat();
    refusals::GUESTS.set(guest).expect("once");
    let alone = Server::start_in(&folder.path().join("alone"), &arguments).await;
    let sharing = Server::start_sharing(&cluster.url(), &arguments).await;
    let other = Server::start_sharing(&cluster.url(), &arguments).await;

    let both = [
        Dialogue::with(&sharing, &root, "both").await,
        Dialogue::with(&other, &root, "both").await,
    ];
    let (failed, ()) = tokio::join!(
        failures(&alone, &sharing, &root),
        servers::see_what_the_other_did(&cluster, both),
    );
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Asks both servers all cases.
async fn failures(alone: &Server, sharing: &Server, root: &Grant) -> Vec<String> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut under_way = JoinSet::new();
    for (name, case) in CASES {
        let both = [
            Dialogue::with(alone, root, name).await,
            Dialogue::with(sharing, root, name).await,
        ];
        let places = Arc::clone(&places);
        under_way.spawn(async move {
            let _place = places.acquire().await;
            (*name, differences(*case, both).await)
        });
    }
    let mut failed = Vec::new();
    while let Some(ended) = under_way.join_next().await {
        let (name, differences) = ended.expect("no panic");
        failed.extend(differences.map(|said| format!("{name}: {said}")));
    }
    failed
}

/// Where a case failed, or the two servers said something else.
async fn differences(case: Case, both: [Dialogue; 2]) -> Option<String> {
    let both = both.map(Arc::new);
    for (place, told) in ["by itself", "in a cluster"].iter().zip(&both) {
        told.create(Collection::default()).await;
        let (runtime, asked) = (Handle::current(), Arc::clone(told));
        // A thread of its own, on which it may fail.
        let run = spawn_blocking(move || runtime.block_on(case(asked)));
        if run.await.is_err() {
            let last = told.said().pop().unwrap_or_default();
            return Some(format!("fails {place} after {last}"));
        }
    }
    let [alone, sharing] = both.map(|told| told.said());
    let differ = alone.iter().zip(&sharing).find(|(a, b)| a != b);
    match differ {
        Some((a, b)) => Some(format!("by itself: {a}\nin a cluster: {b}")),
        None => (alone.len() != sharing.len()).then(|| "one was asked more".to_owned()),
    }
}
