//! A single text from a file.

use std::{
    fmt,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use basma_proto::v1::EncodedText;

use super::open;

/// More than any server takes, in bytes: a wrong file is noticed before it fills the memory.
const LARGEST_TEXT: u64 = 64 << 20;

/// A text as it is sent.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    /// In UTF-8.
    Utf8(String),
    /// In another charset, which the server decodes.
    Encoded(EncodedText),
}

/// Why a text could not be read.
#[derive(Debug)]
pub(crate) struct TextError {
    path: String,
    cause: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.cause)
    }
}

/// Reads the text in the file at `path`, `-` being stdin; in `charset`, or else in UTF-8.
///
/// # Errors
/// The file cannot be read, is larger than any text may be, or is not UTF-8 and no charset is named.
pub(crate) fn read_text(path: &Path, charset: Option<&str>) -> Result<Text, TextError> {
    let failed = |cause: String| TextError {
        path: path.display().to_string(),
        cause,
    };
    let mut content = Vec::new();
    open(path, Arc::default())
        .and_then(|reader| reader.take(LARGEST_TEXT + 1).read_to_end(&mut content))
        .map_err(|error: io::Error| failed(error.to_string()))?;
    if content.len() as u64 > LARGEST_TEXT {
        return Err(failed(format!(
            "more than {} MiB of text",
            LARGEST_TEXT >> 20
        )));
    }
    if let Some(charset) = charset {
        return Ok(Text::Encoded(EncodedText {
            content,
            charset: charset.to_owned(),
        }));
    }
    let text = String::from_utf8(content).map_err(|error| {
        failed(format!(
            "not UTF-8 from byte {} on; name its charset, for example --charset windows-1256",
            error.utf8_error().valid_up_to()
        ))
    })?;
    Ok(Text::Utf8(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }))
}

/// The name of a file without folder and ending: the id of the text in it.
pub(crate) fn stem(path: &Path) -> Option<&str> {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .filter(|stem| *stem != "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8], charset: Option<&str>) -> Result<Text, TextError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("خبر.txt");
        std::fs::write(&path, content).expect("a file");
        read_text(&path, charset)
    }

    #[test]
    fn drops_the_byte_order_mark_of_utf8() {
        let text = read("\u{feff}خبر".as_bytes(), None);
        assert!(matches!(text, Ok(Text::Utf8(text)) if text == "خبر"));
    }

    #[test]
    fn another_charset_must_be_named() {
        let windows_1256 = b"\xce\xc8\xd1";
        let error = read(windows_1256, None).expect_err("not UTF-8");
        assert!(error.to_string().contains("byte 0"), "{error}");
        let text = read(windows_1256, Some("windows-1256"));
        assert!(matches!(text, Ok(Text::Encoded(text)) if text.content == windows_1256));
    }

    #[test]
    fn the_id_of_a_file_is_its_stem() {
        assert_eq!(stem(Path::new("a/b/خبر.txt")), Some("خبر"));
        assert_eq!(stem(Path::new("-")), None);
    }
}
