//! Articles that go through the engine in this program.

use basma_engine::Metadata;
use basma_proto::v1::{Article, article::Body};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// An article.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) metadata: Metadata,
}

impl Item {
    /// The day it was published, counted from 1970-01-01 UTC.
    pub(super) fn day(&self) -> Option<i64> {
        Some(self.metadata.published?.div_euclid(DAY_MS))
    }
}

impl From<Article> for Item {
    fn from(article: Article) -> Self {
        let published = article
            .publish_time
            .map(|time| time.seconds * 1000 + i64::from(time.nanos) / 1_000_000);
        let text = match article.body {
            Some(Body::Text(text)) => text,
            _ => String::new(),
        };
        Self {
            id: article.id,
            text,
            metadata: Metadata {
                title: article.title.into(),
                source: article.source.into(),
                url: article.url.into(),
                published,
            },
        }
    }
}
