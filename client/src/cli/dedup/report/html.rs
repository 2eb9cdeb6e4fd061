//! Text that others wrote, as a part of a page.

use std::fmt;

use crate::output::{clean, is_right_to_left, shorten};

/// A text, safe wherever text or an attribute's value stands: what means something to a browser is
/// escaped, and control characters and marks of direction are gone, so that it cannot reach beyond the
/// element that it stands in. Line breaks stay, empty lines do not.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.matches('\n').count();
        for (index, line) in self.0.split('\n').enumerate() {
            if index > 0 && index < last && line.trim().is_empty() {
                continue;
            }
            if index > 0 {
                f.write_str("\n")?;
            }
            for c in clean(line).chars() {
                match c {
                    '&' => f.write_str("&amp;")?,
                    '<' => f.write_str("&lt;")?,
                    '>' => f.write_str("&gt;")?,
                    '"' => f.write_str("&quot;")?,
                    '\'' => f.write_str("&#39;")?,
                    // No character of a text, and browsers make replacement characters of some.
                    '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' => {}
                    c => write!(f, "{c}")?,
                }
            }
        }
        Ok(())
    }
}

/// A name or a headline in one line, shortened, in a direction of its own.
pub(super) struct Name<'a>(pub(super) &'a str);

/// The longest name that is shown whole, in columns of a terminal.
const LONGEST_NAME: usize = 160;

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = clean(self.0);
        let direction = direction(&name);
        write!(
            f,
            "<bdi dir=\"{direction}\">{}</bdi>",
            Text(&shorten(name.trim(), LONGEST_NAME))
        )
    }
}

/// The direction of a text: from right to left if any of it is, whatever it begins with.
pub(super) fn direction(text: &str) -> &'static str {
    if is_right_to_left(text) { "rtl" } else { "ltr" }
}

/// An address that a browser may be led to, as the value of an attribute; `None` for what is no address
/// of the web (a script, say).
pub(super) fn link(url: &str) -> Option<Text<'_>> {
    let scheme = url.split_once("://")?.0;
    let web = ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    web.then_some(Text(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_beyond_its_element() {
        let hostile = "</bdi><script>alert('1')</script>\"&\u{202e}\u{0}\u{1b}\u{2069}";
        let shown = "&lt;/bdi&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;";
        assert_eq!(Text(hostile).to_string(), shown);
        assert_eq!(
            Name(hostile).to_string(),
            format!("<bdi dir=\"ltr\">{shown}</bdi>")
        );
        assert_eq!(Text("أ\n\n \nب\n").to_string(), "أ\nب\n");
        assert_eq!(
            Name(" خبر\nCNN ").to_string(),
            "<bdi dir=\"rtl\">خبر CNN</bdi>"
        );
    }

    #[test]
    fn a_long_name_is_shortened_before_it_is_escaped() {
        let name = Name(&"<".repeat(1000)).to_string();
        assert_eq!(name.matches("&lt;").count(), LONGEST_NAME - 1);
        assert!(name.ends_with("&lt;…</bdi>"), "{name}");
    }

    #[test]
    fn only_the_web_is_linked_to() {
        let linked = |url| link(url).map(|url| url.to_string());
        assert_eq!(
            linked("https://a.example/'\"?a&b").as_deref(),
            Some("https://a.example/&#39;&quot;?a&amp;b")
        );
        assert_eq!(
            linked("HTTP://a.example").as_deref(),
            Some("HTTP://a.example")
        );
        for url in [
            "javascript:alert(1)",
            "javascript://x/%0aalert(1)",
            " data:text/html,x",
            "file:///etc",
            "a.example",
            "",
        ] {
            assert_eq!(linked(url), None, "{url}");
        }
    }
}
