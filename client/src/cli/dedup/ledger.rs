//! What is known of every article of a run, beside the index: where its story began, and on disk all that the
//! stories and the report say of it.
//!
//! The index may have forgotten an article (`--window`), and a corpus may be larger than memory: of each
//! article 32 bytes or so stay in memory, and the rest is in a file that has no name and ends with the run.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use basma_engine::{Metadata, Verdict, collection::VERDICTS};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// An article of a run, in the order of the input.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) verdict: Verdict,
    pub(super) metadata: Metadata,
}

/// An entry as it is in the file.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
    verdict: usize,
    title: std::borrow::Cow<'a, str>,
    source: std::borrow::Cow<'a, str>,
    url: std::borrow::Cow<'a, str>,
    published: Option<i64>,
}

/// The articles so far.
pub(super) struct Ledger {
    file: BufWriter<File>,
    /// Where the entry of each article ends in the file.
    ends: Vec<u64>,
    /// The article that the story of each article began with.
    stories: Vec<u32>,
    /// By the hash of an id. That two ids of a hundred million have the same hash has a chance of one in
    /// four thousand; the second is then named by its place.
    places: HashMap<u64, u32>,
}

impl Ledger {
    /// An empty one, in a file of no name in this folder.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(tempfile::tempfile_in(folder)?),
            ends: Vec::new(),
            stories: Vec::new(),
            places: HashMap::new(),
        })
    }

    /// Whether there is an article of this id.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.places.contains_key(&xxh3_64(id.as_bytes()))
    }

    /// Adds an article of a new id; `story` is one whose story it belongs to, if any.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn add(
        &mut self,
        id: &str,
        metadata: &Metadata,
        verdict: Verdict,
        story: Option<&str>,
    ) -> io::Result<()> {
        let before = self.ends.last().copied().unwrap_or_default();
        let line = serde_json::to_vec(&Line {
            id: id.into(),
            verdict: VERDICTS
                .iter()
                .position(|other| *other == verdict)
                .unwrap_or_default(),
            title: (&*metadata.title).into(),
            source: (&*metadata.source).into(),
            url: (&*metadata.url).into(),
            published: metadata.published,
        })?;
        self.file.write_all(&line)?;
        let place = u32::try_from(self.stories.len())
            .map_err(|_| io::Error::other("more than 4,294,967,295 articles"))?;
        let known = story.and_then(|id| self.places.get(&xxh3_64(id.as_bytes())));
        let story = known.map_or(place, |known| self.stories[*known as usize]);
        self.places.insert(xxh3_64(id.as_bytes()), place);
        self.ends.push(before + line.len() as u64);
        self.stories.push(story);
        Ok(())
    }

    /// All are there.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn finish(self) -> io::Result<Stories> {
        let Self {
            file,
            ends,
            stories,
            places,
        } = self;
        drop(places);
        // The articles by story, each in its order: where the articles of each begin, then the articles.
        let mut begins = vec![0u32; stories.len() + 1];
        for story in &stories {
            begins[*story as usize + 1] += 1;
        }
        for story in 1..begins.len() {
            begins[story] += begins[story - 1];
        }
        let mut next = begins.clone();
        let mut members = vec![0; stories.len()];
        for (article, story) in (0..).zip(&stories) {
            let place = &mut next[*story as usize];
            members[*place as usize] = article;
            *place += 1;
        }
        Ok(Stories {
            file: file.into_inner().map_err(io::IntoInnerError::into_error)?,
            ends,
            begins,
            members,
        })
    }
}

/// The articles of a run that is decided, by story.
pub(super) struct Stories {
    file: File,
    ends: Vec<u64>,
    /// Where in `members` the articles of the story that began with each article begin, and where the last
    /// one's end.
    begins: Vec<u32>,
    members: Vec<u32>,
}

impl Stories {
    /// How many have more than one article.
    pub(super) fn with_duplicates(&self) -> u64 {
        let sizes = self.begins.windows(2).map(|pair| pair[1] - pair[0]);
        sizes.filter(|size| *size > 1).count() as u64
    }

    /// Calls `found` with every article, in the order of the input.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn for_each_article(&self, mut found: impl FnMut(&Entry)) -> io::Result<()> {
        let mut file = self.begin()?;
        (0..self.ends.len()).try_for_each(|article| {
            found(&self.read(&mut file, article)?);
            Ok(())
        })
    }

    /// Calls `found` with the articles of every story that has more than one, the first article first, in the
    /// order in which the stories began.
    ///
    /// # Errors
    /// Those of the file, and of `found`.
    pub(super) fn for_each(
        &self,
        mut found: impl FnMut(&[Entry]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut file = self.begin()?;
        for pair in self.begins.windows(2) {
            let members = &self.members[pair[0] as usize..pair[1] as usize];
            if members.len() < 2 {
                continue;
            }
            let entries: Result<Vec<_>, _> = members
                .iter()
                .map(|article| self.read(&mut file, *article as usize))
                .collect();
            found(&entries?)?;
        }
        Ok(())
    }

    fn begin(&self) -> io::Result<BufReader<&File>> {
        let mut file = BufReader::new(&self.file);
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    fn read(&self, file: &mut BufReader<&File>, article: usize) -> io::Result<Entry> {
        let start = article.checked_sub(1).map_or(0, |before| self.ends[before]);
        let here = file.stream_position()?;
        // What is near is in the buffer.
        file.seek_relative(start as i64 - here as i64)?;
        let mut line = vec![0; (self.ends[article] - start) as usize];
        file.read_exact(&mut line)?;
        let line: Line<'_> = serde_json::from_slice(&line)?;
        Ok(Entry {
            id: line.id.into_owned(),
            verdict: VERDICTS.get(line.verdict).copied().unwrap_or(Verdict::New),
            metadata: Metadata {
                title: (&*line.title).into(),
                source: (&*line.source).into(),
                url: (&*line.url).into(),
                published: line.published,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use basma_engine::Relation;

    #[test]
    fn stories_are_told_in_the_order_of_their_first_articles() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::new(folder.path()).expect("a file");
        let copy = Verdict::Related(Relation::Exact);
        let template = Verdict::Related(Relation::Template);
        for (id, verdict, story) in [
            ("أ", Verdict::New, None),
            ("ب", Verdict::New, None),
            ("ج", copy, Some("ب")),
            ("د", copy, Some("أ")),
            ("ه", template, None),
            ("و", copy, Some("ج")),
        ] {
            assert!(!ledger.contains(id));
            let metadata = Metadata {
                title: format!("عنوان \"{id}\"").into(),
                published: Some(-5),
                ..Metadata::default()
            };
            ledger.add(id, &metadata, verdict, story).expect("written");
            assert!(ledger.contains(id));
        }
        let stories = ledger.finish().expect("written");
        assert_eq!(stories.with_duplicates(), 2);
        let mut told = Vec::new();
        let tell = |members: &[Entry]| {
            let ids: Vec<_> = members.iter().map(|entry| entry.id.clone()).collect();
            told.push((ids.join(" "), members[1].verdict));
            Ok(())
        };
        stories.for_each(tell).expect("read");
        assert_eq!(told, [("أ د".to_owned(), copy), ("ب ج و".to_owned(), copy)]);
        let mut ids = String::new();
        let add = |entry: &Entry| {
            ids += &entry.id;
            assert_eq!(&*entry.metadata.title, format!("عنوان \"{}\"", entry.id));
            assert_eq!(entry.metadata.published, Some(-5));
        };
        stories.for_each_article(add).expect("read");
        assert_eq!(ids, "أبجدهو");
    }
}
