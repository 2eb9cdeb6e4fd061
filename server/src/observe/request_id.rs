//! The name of a request, which stands in its answer and in every line of the log that is about it.

use std::{
    fmt,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName, HeaderValue};

/// Where callers may set it, and find it.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest one that a caller may set.
const MOST: usize = 128;

/// What a caller calls his request, or what it is called here. Never empty, printable ASCII without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's, if it can be one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let own = headers.get(HEADER).filter(|id| is_valid(id.as_bytes()));
        own.map_or_else(Self::make, |id| Self(id.clone()))
    }

    /// When the process began, and a number.
    fn make() -> Self {
        static BEGAN: LazyLock<u128> = LazyLock::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.unwrap_or_default().as_millis()
        });
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let made = HeaderValue::try_from(format!("{:x}-{count:x}", *BEGAN));
        // Hexadecimal digits can stand in a header.
        Self(made.unwrap_or(HeaderValue::from_static("-")))
    }

    /// No other answer has it, so it is to be in nobody's table of headers that come again (RFC 7541, 6.2.3).
    pub(super) fn into_header(mut self) -> HeaderValue {
        self.0.set_sensitive(true);
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.to_str().unwrap_or("-"))
    }
}

fn is_valid(id: &[u8]) -> bool {
    (1..=MOST).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(own: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(own).expect("a header"));
        RequestId::of(&headers).to_string()
    }

    #[test]
    fn a_callers_own_is_kept_and_what_cannot_be_one_is_not() {
        assert_eq!(of(b"crawl-7/42"), "crawl-7/42");
        assert_eq!(of(&[b'x'; MOST]).len(), MOST);
        let long = [b'x'; MOST + 1];
        for wrong in [b"" as &[u8], b"a b", b"a\tb", "بصمة".as_bytes(), &long] {
            let made = of(wrong);
            assert!(made.contains('-') && made.as_bytes() != wrong, "{made}");
        }
        assert_ne!(of(b""), of(b""));
    }
}
