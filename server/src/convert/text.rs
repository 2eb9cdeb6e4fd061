//! The text of an article: UTF-8 as it is, other charsets decoded.

use std::borrow::Cow;

use basma_proto::v1::{EncodedText, article, fingerprint_request};
use encoding_rs::Encoding;

use crate::failure::Failure;

/// A text as the protocol carries it, wherever it stands.
pub(crate) enum Body<'a> {
    Utf8(&'a str),
    Encoded(&'a EncodedText),
}

impl<'a> From<&'a article::Body> for Body<'a> {
    fn from(body: &'a article::Body) -> Self {
        match body {
            article::Body::Text(text) => Self::Utf8(text),
            article::Body::EncodedText(encoded) => Self::Encoded(encoded),
        }
    }
}

impl<'a> From<&'a fingerprint_request::Body> for Body<'a> {
    fn from(body: &'a fingerprint_request::Body) -> Self {
        match body {
            fingerprint_request::Body::Text(text) => Self::Utf8(text),
            fingerprint_request::Body::EncodedText(encoded) => Self::Encoded(encoded),
        }
    }
}

impl<'a> Body<'a> {
    /// The text in UTF-8, at most `most` bytes of it.
    pub(crate) fn read(self, most: usize) -> Result<Cow<'a, str>, Failure> {
        let (text, field) = match self {
            Self::Utf8(text) => (Cow::Borrowed(text), "text"),
            // Decoding can only make it longer by a small factor, so that the limit on what comes in
            // bounds what is allocated.
            Self::Encoded(encoded) if encoded.content.len() > most => {
                return Err(too_large(
                    "encoded_text.content",
                    encoded.content.len(),
                    most,
                ));
            }
            Self::Encoded(encoded) => (decode(encoded)?, "encoded_text.content"),
        };
        if text.len() > most {
            return Err(too_large(field, text.len(), most));
        }
        Ok(text)
    }
}

/// What is said where a text should be and is not.
pub(crate) fn missing() -> Failure {
    Failure::invalid(
        "TEXT_MISSING",
        "text",
        "there is no text: set text, or encoded_text with its charset",
    )
}

fn too_large(field: &str, size: usize, most: usize) -> Failure {
    let message = format!("the text has {size} bytes in UTF-8, at most {most} are allowed");
    Failure::invalid("TEXT_TOO_LARGE", field, message)
}

fn decode(encoded: &EncodedText) -> Result<Cow<'_, str>, Failure> {
    let charset = Encoding::for_label(encoded.charset.as_bytes()).ok_or_else(|| {
        let message = format!("{:?} is not the label of a known charset", encoded.charset);
        Failure::invalid("CHARSET_UNKNOWN", "encoded_text.charset", message)
    })?;
    charset
        .decode_without_bom_handling_and_without_replacement(&encoded.content)
        .ok_or_else(|| {
            let message = format!("the bytes are not valid {}", charset.name());
            Failure::invalid("TEXT_MALFORMED", "encoded_text.content", message)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(content: &[u8], charset: &str) -> EncodedText {
        EncodedText {
            content: content.to_vec(),
            charset: charset.to_owned(),
        }
    }

    #[test]
    fn windows_1256_is_arabic() {
        let text = encoded(&[0xc8, 0xd5, 0xe3, 0xc9], "Windows-1256");
        assert_eq!(Body::Encoded(&text).read(100).as_deref(), Ok("بصمة"));
    }

    #[test]
    fn unknown_charsets_bad_bytes_and_long_texts_are_refused() {
        let refuse = |text: &EncodedText, most| {
            Body::Encoded(text)
                .read(most)
                .expect_err("refused")
                .into_item_error()
                .reason
        };
        assert_eq!(refuse(&encoded(b"x", "koi9"), 100), "CHARSET_UNKNOWN");
        assert_eq!(
            refuse(&encoded(&[0xff, 0xfe], "utf-8"), 100),
            "TEXT_MALFORMED"
        );
        assert_eq!(
            refuse(&encoded(&[0xc8; 101], "windows-1256"), 100),
            "TEXT_TOO_LARGE"
        );
        assert_eq!(
            refuse(&encoded(&[0xc8; 51], "windows-1256"), 100),
            "TEXT_TOO_LARGE"
        );
    }
}
