//! Generated articles as they are sent.

use basma_proto::v1::{Article, article::Body};

use crate::corpus;

/// A generated article with all that is known of it, but its date.
pub fn of_corpus(article: corpus::Article) -> Article {
    Article {
        url: article.url(),
        id: article.id,
        body: Some(Body::Text(article.text)),
        title: article.title,
        source: article.source.to_owned(),
        publish_time: None,
    }
}
