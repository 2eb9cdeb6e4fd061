//! Articles from JSON lines. A broken line is named and passed over; the reading goes on.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use basma_proto::v1::{Article, article::Body};
use prost::Message;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    date,
    records::{Broken, Records},
};

/// A larger article, in bytes, cannot be sent: gRPC messages are 4 MiB at most, and one that is
/// larger would take its whole stream down with it. Some room is for what goes with the article.
const LARGEST_ARTICLE: usize = (4 << 20) - (4 << 10);

/// Which fields of a line hold what. Id and text must be there; the others may be.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) title: String,
    pub(crate) source: String,
    pub(crate) url: String,
    pub(crate) date: String,
}

/// What a line holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parsed {
    /// Its id is empty if the line has none.
    pub(crate) article: Article,
    /// It has a date that cannot be read, and goes without.
    pub(crate) unreadable_date: bool,
}

impl Fields {
    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub(crate) fn parse(&self, line: &[u8]) -> Result<Parsed, String> {
        let mut record: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
            if error.is_data() {
                return "not a JSON object".to_owned();
            }
            // It counts lines of its own; ours is the one that helps.
            let message = error.to_string();
            let cause = message.split(" at line ").next().unwrap_or(&message);
            format!("not JSON: {cause} at byte {}", error.column())
        })?;
        let id = match record.remove(&self.id) {
            Some(Value::String(id)) => id,
            Some(Value::Number(id)) => id.to_string(),
            Some(Value::Null) | None => String::new(),
            Some(_) => return Err(format!("field `{}` is no string", self.id)),
        };
        let text = match record.remove(&self.text) {
            Some(Value::String(text)) => text,
            Some(_) => return Err(format!("field `{}` is no string", self.text)),
            None => return Err(format!("no field `{}` (see --text-field)", self.text)),
        };
        let mut optional = |field: &str| match record.remove(field) {
            Some(Value::String(value)) => value,
            _ => String::new(),
        };
        let publish_date = optional(&self.date);
        let publish_time = date::parse(&publish_date);
        Ok(Parsed {
            unreadable_date: publish_time.is_none() && !publish_date.is_empty(),
            article: Article {
                id,
                body: Some(Body::Text(text)),
                title: optional(&self.title),
                source: optional(&self.source),
                url: optional(&self.url),
                publish_time,
            },
        })
    }
}

/// The articles of files, one after the other.
pub(crate) struct Articles {
    records: Records,
    fields: Fields,
    line: Vec<u8>,
    /// Hashes of the ids so far: 16 bytes each, whatever their length.
    ids: HashSet<u128>,
    unreadable_dates: u64,
}

impl Articles {
    /// The articles of `files`; `progress` counts the bytes read of them.
    pub(crate) fn new(files: Vec<PathBuf>, fields: Fields, progress: Arc<AtomicU64>) -> Self {
        Self {
            records: Records::new(files, progress),
            fields,
            line: Vec::new(),
            ids: HashSet::new(),
            unreadable_dates: 0,
        }
    }

    /// How many articles had a date that could not be read, and go without.
    pub(crate) fn unreadable_dates(&self) -> u64 {
        self.unreadable_dates
    }

    fn article(&mut self) -> Result<Article, String> {
        let Parsed {
            article,
            unreadable_date,
        } = self.fields.parse(&self.line)?;
        if article.id.is_empty() {
            return Err(format!("no field `{}` (see --id-field)", self.fields.id));
        }
        if !self.ids.insert(xxh3_128(article.id.as_bytes())) {
            return Err(format!("id `{}` was there before", article.id));
        }
        self.unreadable_dates += u64::from(unreadable_date);
        match article.encoded_len() {
            0..=LARGEST_ARTICLE => Ok(article),
            bytes => Err(format!(
                "an article of {bytes} bytes; {LARGEST_ARTICLE} can be sent"
            )),
        }
    }
}

impl Iterator for Articles {
    type Item = Result<Article, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = match self.records.next(&mut self.line)? {
            Ok(place) => place,
            Err(broken) => return Some(Err(broken)),
        };
        let article = self.article();
        Some(article.map_err(|cause| Broken { place, cause }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    fn fields() -> Fields {
        let name = str::to_owned;
        Fields {
            id: name("id"),
            text: name("text"),
            title: name("title"),
            source: name("source"),
            url: name("url"),
            date: name("date"),
        }
    }

    fn articles(files: &[&Path]) -> Articles {
        let files = files.iter().map(|path| path.to_path_buf()).collect();
        Articles::new(files, fields(), Arc::default())
    }

    /// Writes `content` to a file and reads it: the ids, and the messages behind `file:`.
    fn read(content: &[u8]) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("أخبار.jsonl");
        fs::write(&path, content).expect("a file");
        let prefix = format!("{}:", path.display());
        let (mut ids, mut messages) = (Vec::new(), Vec::new());
        for item in articles(&[&path]) {
            match item {
                Ok(article) => ids.push(article.id),
                Err(broken) => {
                    let message = broken.to_string();
                    messages.push(message.strip_prefix(&prefix).expect("the file").to_owned());
                }
            }
        }
        (ids, messages)
    }

    #[test]
    fn reads_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        let line =
            r#"{"id":7,"text":"نص","title":"عنوان","source":null,"date":"1970-01-02","x":[1]}"#;
        fs::write(&path, line).expect("a file");
        let article = articles(&[&path])
            .next()
            .expect("an article")
            .expect("a good line");
        assert_eq!(article.id, "7");
        assert_eq!(article.body, Some(Body::Text("نص".to_owned())));
        assert_eq!(article.title, "عنوان");
        assert_eq!(article.source, "");
        assert_eq!(article.publish_time.map(|time| time.seconds), Some(86_400));
    }

    #[test]
    fn names_every_broken_line_and_goes_on() {
        let (ids, messages) = read(
            "\u{feff}{\"id\":\"1\",\"text\":\"نص\"}\r\n\
             \r\n\
             {\"id\":\"2\",\"text\":\n\
             {\"id\":\"3\"}\n\
             {\"text\":\"نص\"}\n\
             {\"id\":\"1\",\"text\":\"نص\"}\n\
             {\"id\":\"4\",\"text\":9}\n\
             [1]\n\
             {\"id\":\"5\",\"text\":\"\"}"
                .as_bytes(),
        );
        assert_eq!(ids, ["1", "5"]);
        let lines: Vec<_> = messages.iter().map(|m| m.split(':').next()).collect();
        assert_eq!(lines, ["3", "4", "5", "6", "7", "8"].map(Some));
        assert!(messages[0].contains("not JSON"), "{messages:?}");
        assert!(messages[1].contains("no field `text`"), "{messages:?}");
        assert!(messages[2].contains("no field `id`"), "{messages:?}");
        assert!(messages[3].contains("`1` was there before"), "{messages:?}");
        assert!(messages[4].contains("is no string"), "{messages:?}");
        assert!(messages[5].contains("not a JSON object"), "{messages:?}");
    }

    #[test]
    fn an_article_that_no_message_can_hold_breaks_its_line_only() {
        let title = "س".repeat(LARGEST_ARTICLE / 2);
        let long = format!(r#"{{"id":"1","text":"نص","title":"{title}"}}"#);
        let (ids, messages) = read(format!("{long}\n{}", r#"{"id":"2","text":"نص"}"#).as_bytes());
        assert_eq!(ids, ["2"]);
        assert!(messages[0].contains("can be sent"), "{messages:?}");
    }

    #[test]
    fn invalid_utf8_breaks_its_line_only() {
        let (ids, messages) =
            read(b"{\"id\":\"1\",\"text\":\"\xff\"}\n{\"id\":\"2\",\"text\":\"a\"}\n");
        assert_eq!(ids, ["2"]);
        assert!(messages[0].starts_with("1: not JSON"), "{messages:?}");
    }

    #[test]
    fn a_truncated_gzip_gives_what_it_holds_and_says_where_it_breaks() {
        use flate2::{Compression, write::GzEncoder};
        use std::io::Write;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        for id in 1..=3 {
            writeln!(encoder, "{{\"id\":\"{id}\",\"text\":\"نص\"}}").expect("memory");
        }
        let mut packed = encoder.finish().expect("memory");
        packed.truncate(packed.len() - 12);
        let (ids, messages) = read(&packed);
        assert_eq!(ids, ["1", "2"]);
        assert!(
            messages[0].starts_with("3: cannot be read on"),
            "{messages:?}"
        );
    }

    #[test]
    fn a_missing_file_does_not_stop_the_next_and_ids_are_unique_over_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, none) = (folder.path().join("one"), folder.path().join("none"));
        fs::write(&one, "{\"id\":\"1\",\"text\":\"نص\",\"date\":\"أمس\"}").expect("a file");
        let mut articles = articles(&[&none, &one, &one]);
        let broken = articles.next().expect("an item").expect_err("no file");
        assert_eq!(broken.place.line, None);
        assert!(articles.next().expect("an item").is_ok());
        assert!(articles.next().expect("an item").is_err());
        assert!(articles.next().is_none());
        assert_eq!(articles.unreadable_dates(), 1);
    }
}
