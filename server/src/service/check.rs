//! One article: submit, check, fingerprint.

use basma_engine::Fingerprinter;
use basma_proto::v1;

use super::{Service, scope};
use crate::{
    auth::Access,
    convert::{self, text, text::Body},
    failure::Failure,
};

impl Service {
    pub(super) async fn submit_article(
        &self,
        access: &Access,
        request: &v1::SubmitRequest,
    ) -> Result<v1::SubmitResponse, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let scope = scope(&*index, request.max_matches, request.window.as_ref())?;
        let answer = self
            .submit_one(&*index, request.article.as_ref(), scope)
            .await?;
        Ok(v1::SubmitResponse {
            answer: Some(answer),
        })
    }

    pub(super) async fn check_article(
        &self,
        access: &Access,
        request: &v1::CheckRequest,
    ) -> Result<v1::CheckResponse, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let scope = scope(&*index, request.max_matches, request.window.as_ref())?;
        let answer = self
            .check_one(&*index, request.article.as_ref(), scope)
            .await?;
        Ok(v1::CheckResponse {
            answer: Some(answer),
        })
    }

    pub(super) async fn fingerprint_text(
        &self,
        access: &Access,
        request: &v1::FingerprintRequest,
    ) -> Result<v1::FingerprintResponse, Failure> {
        let index = self.catalog.get(access, &request.collection).await?;
        let body = request.body.as_ref().ok_or_else(text::missing)?;
        let text = Body::from(body).read(self.longest.text)?;
        let mut fingerprinter = Fingerprinter::default();
        let fingerprint = fingerprinter.fingerprint("", &text, &index.settings().detector);
        Ok(v1::FingerprintResponse {
            fingerprint: Some(convert::answer::fingerprint(&fingerprint)),
            folded_text: fingerprinter.text().text(),
        })
    }
}
