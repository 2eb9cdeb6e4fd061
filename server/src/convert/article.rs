//! Articles that come in, checked, and articles that go out.

use std::borrow::Cow;

use basma_engine::{Article, Metadata, Submission};
use basma_proto::v1;

use super::{answer, text, text::Body, time};
use crate::{failure::Failure, registry::now};

/// Longest title, source and url, in bytes: they are kept, so what they take must be bounded.
const MOST_TITLE: usize = 4096;
const MOST_SOURCE: usize = 1024;
const MOST_URL: usize = 8192;

/// How long an article's parts may be, in bytes, as far as that is a setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Longest {
    /// The text, in UTF-8.
    pub(crate) text: usize,
    /// The id.
    pub(crate) id: usize,
}

/// An article as it came in, checked.
pub(crate) struct Incoming<'a> {
    pub(crate) id: &'a str,
    pub(crate) text: Cow<'a, str>,
    pub(crate) metadata: Metadata,
}

impl Incoming<'_> {
    /// As it is submitted or checked, now.
    pub(crate) fn submission(&self) -> Submission<'_> {
        Submission {
            id: self.id,
            text: &self.text,
            metadata: &self.metadata,
            now: now(),
        }
    }
}

/// Reads an article; to be submitted it needs an id.
pub(crate) fn read(
    article: Option<&v1::Article>,
    longest: Longest,
    needs_id: bool,
) -> Result<Incoming<'_>, Failure> {
    let Some(article) = article else {
        return Err(Failure::invalid(
            "ARTICLE_MISSING",
            "article",
            "there is no article",
        ));
    };
    fields(article, longest, needs_id).map_err(|failure| failure.within("article"))
}

fn fields(
    article: &v1::Article,
    longest: Longest,
    needs_id: bool,
) -> Result<Incoming<'_>, Failure> {
    if needs_id && article.id.is_empty() {
        return Err(Failure::invalid(
            "ID_MISSING",
            "id",
            "an article needs an id to be submitted",
        ));
    }
    bounded("id", &article.id, longest.id)?;
    let body = article.body.as_ref().ok_or_else(text::missing)?;
    let published = article.publish_time.as_ref();
    Ok(Incoming {
        id: &article.id,
        text: Body::from(body).read(longest.text)?,
        metadata: Metadata {
            title: bounded("title", &article.title, MOST_TITLE)?,
            source: bounded("source", &article.source, MOST_SOURCE)?,
            url: bounded("url", &article.url, MOST_URL)?,
            published: published
                .map(|published| time::read(published, "publish_time"))
                .transpose()?,
        },
    })
}

fn bounded(field: &str, value: &str, most: usize) -> Result<Box<str>, Failure> {
    if value.len() <= most {
        return Ok(value.into());
    }
    let message = format!("has {} bytes, at most {most} are allowed", value.len());
    Err(Failure::invalid("FIELD_TOO_LONG", field, message))
}

/// An indexed article for a caller, with the first article of its story.
pub(crate) fn write(article: &Article, canonical_id: Box<str>) -> v1::StoredArticle {
    let Metadata {
        title,
        source,
        url,
        published,
    } = &article.metadata;
    v1::StoredArticle {
        id: article.id.to_string(),
        title: title.to_string(),
        source: source.to_string(),
        url: url.to_string(),
        publish_time: published.map(time::write),
        first_seen_time: Some(time::write(article.first_seen)),
        revision: article.revision,
        fingerprint: Some(answer::fingerprint(&article.fingerprint)),
        verdict: answer::verdict(article.verdict).into(),
        canonical_id: canonical_id.into(),
        text: None,
    }
}
