//! `Compare`: two texts, or what the index remembers of two articles, side by side.

use std::{borrow::Cow, sync::Arc};

use basma_engine::{Article, Compared, FoldedText, compare::Segment};
use basma_proto::v1::{self, segment::Kind};

use super::Service;
use crate::{
    convert::{
        answer,
        text::{self, Body},
    },
    failure::Failure,
    registry::Named,
};

impl Service {
    pub(super) fn compare_sides(
        &self,
        request: &v1::CompareRequest,
    ) -> Result<v1::CompareResponse, Failure> {
        let named = self.registry.get(&request.collection)?;
        let collection = &named.collection;
        let a = self
            .side(request.a.as_ref(), &named)
            .map_err(|failure| failure.within("a"))?;
        let b = self
            .side(request.b.as_ref(), &named)
            .map_err(|failure| failure.within("b"))?;
        let places = (places(&a), places(&b));
        let compared = collection.compare(&borrowed(&a), &borrowed(&b));
        let segments = compared
            .segments
            .iter()
            .map(|found| segment(found, &places));
        Ok(v1::CompareResponse {
            relation: compared
                .relation
                .map(|relation| answer::relation(relation).into()),
            a: Some(answer::fingerprint(&compared.a)),
            b: Some(answer::fingerprint(&compared.b)),
            segments: segments.collect(),
            evidence: Some(answer::evidence(compared.evidence)),
        })
    }

    fn side<'a>(
        &self,
        side: Option<&'a v1::CompareSide>,
        named: &Named,
    ) -> Result<Side<'a>, Failure> {
        let side = side
            .and_then(|side| side.side.as_ref())
            .ok_or_else(text::missing)?;
        match Body::or_id(side) {
            Ok(body) => body.read(self.max_text_bytes).map(Side::Text),
            Err(id) => {
                let article =
                    (named.collection.get(id)).ok_or_else(|| Failure::article_not_found(id))?;
                let kept = named.text(&article)?;
                Ok(Side::Indexed(article, kept))
            }
        }
    }
}

/// One side of a comparison: a text, or an indexed article.
enum Side<'a> {
    Text(Cow<'a, str>),
    /// With its text, if that was kept.
    Indexed(Arc<Article>, Option<String>),
}

fn borrowed<'a>(side: &'a Side<'_>) -> Compared<'a> {
    match side {
        Side::Text(text) => Compared::Text(text),
        Side::Indexed(article, None) => Compared::Indexed(Arc::clone(article)),
        Side::Indexed(article, Some(text)) => Compared::Kept(Arc::clone(article), text),
    }
}

/// Where the words of a text stand in it.
fn places(side: &Side<'_>) -> FoldedText {
    match side {
        Side::Text(text) => FoldedText::new(text),
        Side::Indexed(_, Some(text)) => FoldedText::new(text),
        Side::Indexed(_, None) => FoldedText::default(),
    }
}

fn segment(segment: &Segment, (a, b): &(FoldedText, FoldedText)) -> v1::Segment {
    let kind = match (segment.equal, segment.a.is_empty()) {
        (true, _) => Kind::Equal,
        (false, false) => Kind::OnlyA,
        (false, true) => Kind::OnlyB,
    };
    v1::Segment {
        kind: kind.into(),
        a: range(&segment.a, a),
        b: range(&segment.b, b),
    }
}

/// Where words stand in the original; `None` if there are none.
fn range(words: &std::ops::Range<u32>, text: &FoldedText) -> Option<v1::TextRange> {
    let tokens = text
        .tokens()
        .get(words.start as usize..words.end as usize)?;
    Some(v1::TextRange {
        tokens: Some(v1::TokenRange {
            start: words.start,
            end: words.end,
        }),
        start_byte: tokens.first()?.start,
        end_byte: tokens.last()?.end,
    })
}
