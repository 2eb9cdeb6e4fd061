//! `Compare`: two texts, or what the index remembers of two articles, side by side.

use std::sync::Arc;

use basma_engine::{
    Article, Compared, Metadata,
    compare::{Kind, Segment, Span},
};
use basma_proto::v1::{self, compare_side};

use super::Service;
use crate::{
    auth::Access,
    convert::{
        answer,
        article::{self, Incoming},
        text::{self, Body},
    },
    failure::Failure,
    index::Index,
};

impl Service {
    pub(super) async fn compare_sides(
        &self,
        access: &Access,
        request: &v1::CompareRequest,
    ) -> Result<v1::CompareResponse, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let a = self.side(request.a.as_ref(), &*index).await;
        let a = a.map_err(|failure| failure.within("a"))?;
        let b = self.side(request.b.as_ref(), &*index).await;
        let b = b.map_err(|failure| failure.within("b"))?;
        let compared = index.compare(borrowed(&a), borrowed(&b)).await?;
        Ok(v1::CompareResponse {
            relation: compared
                .relation
                .map(|relation| answer::relation(relation).into()),
            a: Some(answer::fingerprint(&compared.a)),
            b: Some(answer::fingerprint(&compared.b)),
            segments: compared.segments.into_iter().map(segment).collect(),
            evidence: Some(answer::evidence(compared.evidence)),
        })
    }

    async fn side<'a>(
        &self,
        side: Option<&'a v1::CompareSide>,
        index: &dyn Index,
    ) -> Result<Side<'a>, Failure> {
        let side = side
            .and_then(|side| side.side.as_ref())
            .ok_or_else(text::missing)?;
        let alone = |body: Body<'a>| {
            Ok(Side::Given(Incoming {
                id: "",
                text: body.read(self.longest.text)?,
                metadata: Metadata::default(),
            }))
        };
        match side {
            compare_side::Side::Text(text) => alone(Body::Utf8(text)),
            compare_side::Side::EncodedText(encoded) => alone(Body::Encoded(encoded)),
            compare_side::Side::Article(article) => {
                article::read(Some(article), self.longest, false).map(Side::Given)
            }
            compare_side::Side::Id(id) => {
                let article = index.get(id).await?;
                let article = article.ok_or_else(|| Failure::article_not_found(id))?;
                let kept = index.text(&article).await?;
                Ok(Side::Indexed(article, kept))
            }
        }
    }
}

/// One side of a comparison: a text that came in, or an indexed article.
enum Side<'a> {
    Given(Incoming<'a>),
    /// With its text, if that was kept.
    Indexed(Arc<Article>, Option<String>),
}

fn borrowed<'a>(side: &'a Side<'_>) -> Compared<'a> {
    match side {
        Side::Given(Incoming { text, metadata, .. }) => Compared::Text {
            title: &metadata.title,
            text,
            published: metadata.published,
        },
        Side::Indexed(article, None) => Compared::Indexed(Arc::clone(article)),
        Side::Indexed(article, Some(text)) => Compared::Kept(Arc::clone(article), text),
    }
}

fn segment(segment: Segment) -> v1::Segment {
    let kind = match segment.kind {
        Kind::Equal => v1::segment::Kind::Equal,
        Kind::Folded => v1::segment::Kind::Folded,
        Kind::OnlyA => v1::segment::Kind::OnlyA,
        Kind::OnlyB => v1::segment::Kind::OnlyB,
    };
    v1::Segment {
        kind: kind.into(),
        a: segment.a.map(range),
        b: segment.b.map(range),
    }
}

fn range(span: Span) -> v1::TextRange {
    v1::TextRange {
        tokens: Some(v1::TokenRange {
            start: span.words.start,
            end: span.words.end,
        }),
        start_byte: span.bytes.start,
        end_byte: span.bytes.end,
    }
}
