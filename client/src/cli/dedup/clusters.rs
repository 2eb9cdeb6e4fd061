//! The stories of a deduplicated corpus, for machines.

use std::io::{self, Write};

use serde::Serialize;

use super::ledger::{Entry, Stories};
use crate::output::{rfc3339, write_json};

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

impl<'a> From<&'a Entry> for Member<'a> {
    fn from(article: &'a Entry) -> Self {
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

/// Writes a line for every story that has more than one article.
pub(super) fn write(out: &mut impl Write, stories: &Stories) -> io::Result<()> {
    stories.for_each(|members| {
        write_json(
            out,
            &ClusterLine {
                canonical_id: &members[0].id,
                size: members.len(),
                members: members.iter().map(Member::from).collect(),
            },
        )
    })
}
