//! The articles that `submit` and `check` are given: files of many, or single texts.

use std::path::{Path, PathBuf};

use basma_proto::v1::{Article, article::Body};
use clap::Args;
use prost_types::Timestamp;

use super::{failure::Failure, fields::FieldArgs, span::WindowArgs};
use crate::input::{Fields, Text, parse_date, read_text, stem};

/// What to ask about.
#[derive(Debug, Args)]
pub(super) struct ArticleArgs {
    /// JSON lines, plain or packed with gzip or zstd, `-` for stdin; or a single text in a .txt file
    #[arg(value_name = "FILE", required_unless_present = "text")]
    files: Vec<PathBuf>,
    /// A single text, instead of files
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "files",
        allow_hyphen_values = true
    )]
    text: Option<String>,
    /// How many matches to list at most for each article; 0 for the server's default
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) max_matches: u32,
    /// Write the results of JSON lines to this file
    #[arg(long, short, value_name = "FILE", conflicts_with = "text")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) window: WindowArgs,
    #[command(flatten)]
    fields: FieldArgs,
    #[command(flatten)]
    single: SingleArgs,
}

/// What to say about a single text.
#[derive(Debug, Args)]
#[command(next_help_heading = "A single text")]
struct SingleArgs {
    /// Its id; to submit a .txt file, the name of the file without ending is the default
    #[arg(long)]
    id: Option<String>,
    /// Its headline
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,
    /// Its outlet
    #[arg(long, default_value = "", hide_default_value = true)]
    source: String,
    /// Where it was fetched
    #[arg(long, default_value = "", hide_default_value = true)]
    url: String,
    /// When it was published: RFC 3339, or YYYY-MM-DD HH:MM:SS or YYYY-MM-DD as UTC
    #[arg(long, value_parser = date)]
    date: Option<Timestamp>,
    /// The charset of the .txt file, for example windows-1256, if it is not UTF-8
    #[arg(long)]
    charset: Option<String>,
}

/// What is to be done.
pub(super) enum Articles {
    /// Go through files of JSON lines.
    Lines(Vec<PathBuf>, Fields),
    /// Ask about single texts.
    Texts(Vec<Article>),
}

/// Whether an article needs an id.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ids {
    /// It is to be indexed under it.
    Required,
    /// None is better than a made-up one: an indexed article of the same id is no match.
    Optional,
}

impl ArticleArgs {
    /// Reads single texts; files of many are read as they are gone through.
    pub(super) fn articles(&mut self, ids: Ids) -> Result<Articles, Failure> {
        if let Some(text) = self.text.take() {
            if self.single.id.is_none() && ids == Ids::Required {
                return Err(Failure::Other("give the text an id with --id".to_owned()));
            }
            let article = self.single.article(None, Body::Text(text));
            return Ok(Articles::Texts(vec![article]));
        }
        let files = std::mem::take(&mut self.files);
        let texts = files.iter().filter(|path| is_text(path)).count();
        if texts == 0 {
            return Ok(Articles::Lines(files, self.fields.fields()));
        }
        if texts < files.len() {
            let message = "single texts (.txt) and JSON lines do not go together: call twice";
            return Err(Failure::Other(message.to_owned()));
        }
        if files.len() > 1 && self.single.id.is_some() {
            return Err(Failure::Other(
                "one --id does not do for several files".to_owned(),
            ));
        }
        let read = |path: &PathBuf| {
            let body = match read_text(path, self.single.charset.as_deref())? {
                Text::Utf8(text) => Body::Text(text),
                Text::Encoded(text) => Body::EncodedText(text),
            };
            let id = if ids == Ids::Required {
                stem(path)
            } else {
                None
            };
            Ok(self.single.article(id, body))
        };
        files
            .iter()
            .map(read)
            .collect::<Result<_, Failure>>()
            .map(Articles::Texts)
    }
}

impl SingleArgs {
    fn article(&self, id: Option<&str>, body: Body) -> Article {
        Article {
            id: self.id.as_deref().or(id).unwrap_or_default().to_owned(),
            body: Some(body),
            title: self.title.clone(),
            source: self.source.clone(),
            url: self.url.clone(),
            publish_time: self.date,
        }
    }
}

/// Reads when an article was published.
pub(super) fn date(given: &str) -> Result<Timestamp, String> {
    let wanted = "neither RFC 3339 nor YYYY-MM-DD, with HH:MM:SS or without";
    parse_date(given).ok_or_else(|| wanted.to_owned())
}

/// Whether a file holds a single text, by its name.
pub(super) fn is_text(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("txt"))
}
