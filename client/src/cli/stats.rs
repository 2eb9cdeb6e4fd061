//! `basma stats`

use std::{collections::BTreeMap, io::Write};

use clap::Args;
use serde::Serialize;

use super::{
    failure::{Exit, Failure},
    session::Session,
};
use crate::output::{Align, Cell, HEAD, Table, bytes, count, rfc3339, utc, write_json};

/// Count what the collection holds
#[derive(Debug, Args)]
pub(super) struct Stats {}

#[derive(Serialize)]
struct Line<'a> {
    collection: &'a str,
    articles: u64,
    simhashes: u64,
    clusters: u64,
    index_bytes: u64,
    /// Submissions since the server started.
    verdicts: BTreeMap<&'a str, u64>,
    server_version: &'a str,
    server_start: Option<String>,
}

impl Stats {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let stats = session.client.stats().await?;
        let mut out = session.stdout();
        if session.json {
            let verdicts = stats
                .verdicts
                .iter()
                .map(|one| (one.verdict.as_str(), one.count));
            let line = Line {
                collection: &stats.collection,
                articles: stats.article_count,
                simhashes: stats.simhash_count,
                clusters: stats.cluster_count,
                index_bytes: stats.index_bytes,
                verdicts: verdicts.collect(),
                server_version: &stats.server_version,
                server_start: rfc3339(stats.start_time.as_ref()),
            };
            write_json(&mut out, &line)?;
        } else {
            let mut table = Table::new([("", Align::Left), ("", Align::Right)]);
            let mut row = |name: &str, value: String| {
                table.row([Cell::painted(name, HEAD), value.into()]);
            };
            row("collection", stats.collection);
            row("articles", count(stats.article_count));
            row("different simhashes", count(stats.simhash_count));
            row("stories", count(stats.cluster_count));
            row("index", bytes(stats.index_bytes));
            for verdict in stats.verdicts {
                row(
                    &format!("submitted: {}", verdict.verdict),
                    count(verdict.count),
                );
            }
            row("server", stats.server_version);
            row("started (UTC)", utc(stats.start_time.as_ref()));
            table.write(&mut out, session.style)?;
        }
        out.flush()?;
        Ok(Exit::DONE)
    }
}
