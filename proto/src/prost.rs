//! prost as the generated messages use it. All of it is prost's own but how a string is read: whether its bytes are
//! UTF-8 is asked of simdutf8, which looks at several at once. The standard library takes a tenth of the time of a
//! submission for it, since each letter of an Arabic text has two bytes.

pub use ::prost::*;

/// How fields are written and read.
pub mod encoding {
    pub use ::prost::encoding::*;

    /// Strings.
    pub mod string {
        pub use ::prost::encoding::string::*;
        use ::prost::{
            DecodeError,
            bytes::Buf,
            encoding::{DecodeContext, WireType, decode_varint, string},
        };

        /// Reads a string. Prost's own function reads what does not lie in one piece, and says what is wrong.
        pub fn merge(
            wire_type: WireType,
            value: &mut String,
            buf: &mut impl Buf,
            context: DecodeContext,
        ) -> Result<(), DecodeError> {
            let mut rest = buf.chunk();
            let before = rest.len();
            if wire_type == WireType::LengthDelimited
                && let Ok(length) = decode_varint(&mut rest)
                && let Some(bytes) = usize::try_from(length)
                    .ok()
                    .and_then(|length| rest.get(..length))
                && let Ok(text) = simdutf8::basic::from_utf8(bytes)
            {
                value.clear();
                value.push_str(text);
                let read = before - rest.len() + bytes.len();
                buf.advance(read);
                return Ok(());
            }
            string::merge(wire_type, value, buf, context)
        }
    }
}

#[cfg(test)]
mod tests {
    use ::prost::{
        Message as _,
        bytes::{Buf as _, Bytes},
    };

    use crate::v1::{Article, EncodedText, article::Body};

    fn article(text: &str) -> Article {
        Article {
            id: "1".to_owned(),
            body: Some(Body::Text(text.to_owned())),
            title: "عنوان".to_owned(),
            ..Article::default()
        }
    }

    /// Where the pieces of a message end must not matter.
    #[test]
    fn strings_are_read_whether_or_not_they_lie_in_one_piece() {
        let article = article(&"نص عربي ١٢٣ and Latin ".repeat(20));
        let bytes = Bytes::from(article.encode_to_vec());
        for at in 0..=bytes.len() {
            let pieces = bytes.slice(..at).chain(bytes.slice(at..));
            assert_eq!(Article::decode(pieces).as_ref(), Ok(&article));
        }
        for end in 0..bytes.len() {
            let cut = Article::decode(bytes.slice(..end));
            assert_ne!(cut.as_ref(), Ok(&article));
        }
    }

    #[test]
    fn what_is_not_utf_8_is_refused_in_prosts_own_words() {
        let mut bytes = article(&"نص عربي ".repeat(20)).encode_to_vec();
        bytes[100] = 0xff;
        let refused = Article::decode(&*bytes).expect_err("it is not UTF-8");
        let message = refused.to_string();
        assert!(message.contains("invalid string value"), "{message}");
        let charset = [0x12, 1, 0xff];
        EncodedText::decode(&charset[..]).expect_err("it is not UTF-8");
    }

    /// The last of several counts, as the format has it.
    #[test]
    fn a_string_that_comes_again_replaces_the_one_before() {
        let bytes = [
            article("أول النص").encode_to_vec(),
            article("آخره").encode_to_vec(),
        ];
        let read = Article::decode(&*bytes.concat()).expect("whole");
        assert_eq!(read, article("آخره"));
    }
}
