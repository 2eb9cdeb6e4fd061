//! The stories of a deduplicated corpus, for machines.

use std::{
    io::{self, Write},
    sync::Arc,
};

use basma_engine::{Article, Collection};
use serde::Serialize;

use crate::output::{rfc3339, write_json};

/// Articles that are asked for at once.
const PAGE: usize = 1000;

#[derive(Serialize)]
struct ClusterLine<'a> {
    canonical_id: &'a str,
    size: usize,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    id: &'a str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<String>,
}

impl<'a> From<&'a Article> for Member<'a> {
    fn from(article: &'a Article) -> Self {
        let published = article
            .metadata
            .published
            .map(|time| prost_types::Timestamp {
                seconds: time.div_euclid(1000),
                nanos: (time.rem_euclid(1000) * 1_000_000) as i32,
            });
        Self {
            id: &article.id,
            verdict: article.verdict.name(),
            source: &article.metadata.source,
            url: &article.metadata.url,
            published: rfc3339(published.as_ref()),
        }
    }
}

/// Calls `found` with every article, in the order of the input.
pub(super) fn for_each_article<E>(
    collection: &Collection,
    mut found: impl FnMut(&Arc<Article>) -> Result<(), E>,
) -> Result<(), E> {
    let mut from = Some(0);
    while let Some(start) = from {
        let (page, next) = collection.list(start, PAGE);
        page.iter().try_for_each(&mut found)?;
        from = next;
    }
    Ok(())
}

/// Calls `found` with the articles of every story that has more than one, the first article first, in
/// the order in which the stories began.
pub(super) fn for_each<E>(
    collection: &Collection,
    mut found: impl FnMut(&[Arc<Article>]) -> Result<(), E>,
) -> Result<(), E> {
    for_each_article(collection, |article| {
        // A story begins with the one article of it that is no duplicate.
        if article.verdict.is_duplicate() {
            return Ok(());
        }
        match collection.cluster(article, 0, usize::MAX) {
            (members, size) if size > 1 => found(&members),
            _ => Ok(()),
        }
    })
}

/// Writes a line for every story that has more than one article.
pub(super) fn write(out: &mut impl Write, collection: &Collection) -> io::Result<()> {
    for_each(collection, |members| {
        write_json(
            out,
            &ClusterLine {
                canonical_id: &members[0].id,
                size: members.len(),
                members: members
                    .iter()
                    .map(|member| Member::from(&**member))
                    .collect(),
            },
        )
    })
}
