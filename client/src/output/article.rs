//! Indexed articles.

use std::io::{self, Write};

use basma_proto::v1::StoredArticle;
use serde::Serialize;

use super::{
    Align, Cell, FingerprintLine, Style, Table,
    answer::TITLE_COLUMNS,
    format::{count, rfc3339, utc},
    json::verdict_name,
    shorten,
    style::{HEAD, verdict_paint},
};

/// An indexed article as a line of JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ArticleLine<'a> {
    id: &'a str,
    verdict: &'static str,
    canonical_id: &'a str,
    title: &'a str,
    source: &'a str,
    url: &'a str,
    published: Option<String>,
    first_seen: Option<String>,
    revision: u32,
    fingerprint: Option<FingerprintLine<'a>>,
}

impl<'a> From<&'a StoredArticle> for ArticleLine<'a> {
    fn from(article: &'a StoredArticle) -> Self {
        Self {
            id: &article.id,
            verdict: verdict_name(article.verdict()),
            canonical_id: &article.canonical_id,
            title: &article.title,
            source: &article.source,
            url: &article.url,
            published: rfc3339(article.publish_time.as_ref()),
            first_seen: rfc3339(article.first_seen_time.as_ref()),
            revision: article.revision,
            fingerprint: article.fingerprint.as_ref().map(FingerprintLine::from),
        }
    }
}

/// An indexed article as a line that can be submitted again.
#[derive(Debug, Serialize)]
pub(crate) struct ExportLine<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    title: &'a str,
    source: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    verdict: &'static str,
    canonical_id: &'a str,
    first_seen: Option<String>,
}

impl<'a> From<&'a StoredArticle> for ExportLine<'a> {
    fn from(article: &'a StoredArticle) -> Self {
        Self {
            id: &article.id,
            text: article.text.as_deref(),
            title: &article.title,
            source: &article.source,
            url: &article.url,
            date: rfc3339(article.publish_time.as_ref()),
            verdict: verdict_name(article.verdict()),
            canonical_id: &article.canonical_id,
            first_seen: rfc3339(article.first_seen_time.as_ref()),
        }
    }
}

/// Prints all that is known of one article; times are UTC.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_article(
    out: &mut impl Write,
    style: Style,
    article: &StoredArticle,
) -> io::Result<()> {
    let mut table = Table::new([("", Align::Left), ("", Align::Left)]);
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            table.row([Cell::painted(name, HEAD), value.into()]);
        }
    };
    row("id", &article.id);
    row("verdict", verdict_name(article.verdict()));
    row("first of its story", &article.canonical_id);
    row("title", &article.title);
    row("source", &article.source);
    row("url", &article.url);
    row("published (UTC)", &utc(article.publish_time.as_ref()));
    row("first seen (UTC)", &utc(article.first_seen_time.as_ref()));
    row("revision", &article.revision.to_string());
    if let Some(print) = &article.fingerprint {
        row("words", &count(print.token_count.into()));
        row("simhash", &print.simhash_hex);
        row("exact hash", &print.exact_hash);
        row(
            "sketch",
            &format!("{} hashes", count(print.sketch_size.into())),
        );
        row("fold version", &print.fold_version.to_string());
    }
    table.write(out, style)
}

/// Prints articles as a table, one a row.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_articles(
    out: &mut impl Write,
    style: Style,
    articles: &[StoredArticle],
) -> io::Result<()> {
    let mut table = Table::new([
        ("verdict", Align::Left),
        ("id", Align::Left),
        ("source", Align::Left),
        ("first seen (UTC)", Align::Left),
        ("words", Align::Right),
        ("title", Align::Left),
    ]);
    for article in articles {
        let verdict = article.verdict();
        let words = article
            .fingerprint
            .as_ref()
            .map(|print| count(print.token_count.into()));
        table.row([
            Cell::painted(verdict_name(verdict), verdict_paint(verdict)),
            article.id.as_str().into(),
            article.source.as_str().into(),
            utc(article.first_seen_time.as_ref()).into(),
            words.unwrap_or_default().into(),
            shorten(&article.title, TITLE_COLUMNS).into(),
        ]);
    }
    table.write(out, style)
}
