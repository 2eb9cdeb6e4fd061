//! What is counted of a deduplicated corpus.

use std::{
    collections::{BTreeMap, HashMap},
    io,
};

use basma_engine::Metadata;

use super::super::ledger::{Entry, Stories};

/// Outlets in the table of who copies whom; the others are taken together.
const OUTLETS: usize = 12;
/// Stories that are listed, the largest ones.
const LARGEST: usize = 12;
/// Sizes of stories that are counted together: from, to.
const SIZES: [(usize, usize); 8] = [
    (2, 2),
    (3, 3),
    (4, 5),
    (6, 10),
    (11, 20),
    (21, 50),
    (51, 100),
    (101, usize::MAX),
];

/// An outlet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) articles: u64,
    /// Of them, those that came after another article of their story.
    pub(super) duplicates: u64,
    /// Of those, the ones whose story began in the same outlet.
    pub(super) own: u64,
    /// Articles of other outlets in stories that began in this one.
    pub(super) copied: u64,
}

/// Stories of some sizes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) stories: u64,
    pub(super) articles: u64,
}

/// A story that many have.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) size: usize,
    pub(super) sources: usize,
    pub(super) first: Metadata,
    pub(super) id: String,
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// With the most duplicates first.
    pub(super) sources: Vec<Source>,
    /// Those that copy and are copied most, by their names.
    pub(super) outlets: Vec<String>,
    /// Articles of the outlet of the row in stories that began in the outlet of the column; the last row
    /// and column are of all others. Empty if no outlet has copied another.
    pub(super) matrix: Vec<Vec<u64>>,
    pub(super) sizes: Vec<Size>,
    pub(super) largest: Vec<Story>,
    pub(super) stories: u64,
}

impl Figures {
    pub(super) fn new(stories: &Stories) -> io::Result<Self> {
        let mut sources: HashMap<String, Source> = HashMap::new();
        stories.for_each_article(|article| {
            let name = outlet(&article.metadata);
            sources.entry(name).or_default().articles += 1;
        })?;
        let mut copies: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut figures = Self {
            sizes: SIZES
                .iter()
                .map(|(from, to)| Size {
                    from: *from,
                    to: *to,
                    ..Size::default()
                })
                .collect(),
            ..Self::default()
        };
        stories.for_each(|members| {
            let first = outlet(&members[0].metadata);
            for later in &members[1..] {
                let name = outlet(&later.metadata);
                *copies.entry((name, first.clone())).or_default() += 1;
            }
            figures.count(members);
            Ok(())
        })?;
        for ((later, first), count) in &copies {
            let source = sources.entry(later.clone()).or_default();
            source.duplicates += count;
            if later == first {
                source.own += count;
            } else {
                sources.entry(first.clone()).or_default().copied += count;
            }
        }
        figures.sources = sources
            .into_iter()
            .map(|(name, source)| Source { name, ..source })
            .collect();
        figures.sources.sort_by(|a, b| {
            let key = |source: &Source| (source.duplicates, source.articles);
            key(b).cmp(&key(a)).then(a.name.cmp(&b.name))
        });
        figures.cross(&copies);
        Ok(figures)
    }

    /// Counts a story.
    fn count(&mut self, members: &[Entry]) {
        let size = members.len();
        self.stories += 1;
        for sizes in self
            .sizes
            .iter_mut()
            .filter(|sizes| (sizes.from..=sizes.to).contains(&size))
        {
            sizes.stories += 1;
            sizes.articles += size as u64;
        }
        if self.largest.len() == LARGEST
            && self.largest.last().is_some_and(|last| size <= last.size)
        {
            return;
        }
        let sources: std::collections::HashSet<_> = members
            .iter()
            .map(|member| outlet(&member.metadata))
            .collect();
        let place = self.largest.partition_point(|other| other.size >= size);
        self.largest.insert(
            place,
            Story {
                size,
                sources: sources.len(),
                first: members[0].metadata.clone(),
                id: members[0].id.clone(),
            },
        );
        self.largest.truncate(LARGEST);
    }

    /// Who copies whom.
    fn cross(&mut self, copies: &BTreeMap<(String, String), u64>) {
        if copies.keys().all(|(later, first)| later == first) {
            return;
        }
        let with_others = |source: &&Source| source.duplicates - source.own + source.copied;
        let mut outlets: Vec<&Source> = self.sources.iter().collect();
        outlets.retain(|source| with_others(source) > 0);
        outlets.sort_by_key(|source| std::cmp::Reverse(with_others(source)));
        let others = outlets.len() > OUTLETS;
        outlets.truncate(OUTLETS);
        self.outlets = outlets.iter().map(|source| source.name.clone()).collect();
        let place = |name: &String| {
            self.outlets
                .iter()
                .position(|other| other == name)
                .unwrap_or(self.outlets.len())
        };
        let side = self.outlets.len() + usize::from(others);
        self.matrix = vec![vec![0; side]; side];
        for ((later, first), count) in copies {
            // Who only repeats itself is in neither.
            let (row, column) = (place(later), place(first));
            if row < side && column < side {
                self.matrix[row][column] += count;
            }
        }
    }
}

/// Who published an article: its source, else the host of its address; empty if neither is known.
pub(super) fn outlet(metadata: &Metadata) -> String {
    if !metadata.source.is_empty() {
        return metadata.source.to_string();
    }
    let host = metadata.url.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use basma_engine::{Relation, Verdict};

    use super::{super::super::ledger::Ledger, *};

    /// Of articles by source and story: the first of a story is named by it.
    fn figures(articles: &[(&str, &str)]) -> Figures {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::new(folder.path()).expect("a file");
        for (n, (source, story)) in articles.iter().enumerate() {
            let metadata = Metadata {
                source: (*source).into(),
                ..Metadata::default()
            };
            let (id, verdict, matched) = match ledger.contains(story) {
                false => ((*story).to_owned(), Verdict::New, None),
                true => (
                    n.to_string(),
                    Verdict::Related(Relation::Exact),
                    Some(*story),
                ),
            };
            ledger
                .add(&id, &metadata, verdict, matched)
                .expect("written");
        }
        Figures::new(&ledger.finish().expect("written")).expect("read")
    }

    #[test]
    fn counts_who_came_first_and_who_after() {
        let (one, two) = ("افتتح الوزير المعرض", "فاز الفريق في المباراة");
        let found = figures(&[
            ("أ", one),
            ("ب", one),
            ("ب", one),
            ("ب", two),
            ("أ", two),
            ("أ", "غير ذلك"),
        ]);
        let source = |name: &str, articles, duplicates, own, copied| Source {
            name: name.to_owned(),
            articles,
            duplicates,
            own,
            copied,
        };
        assert_eq!(
            found.sources,
            [source("ب", 3, 2, 0, 1), source("أ", 3, 1, 0, 2)]
        );
        assert_eq!(found.stories, 2);
        assert_eq!((found.sizes[0].stories, found.sizes[1].articles), (1, 3));
        assert_eq!((found.largest[0].size, found.largest[0].sources), (3, 2));
        // Rows come after, columns first.
        let place = |name: &str| {
            found
                .outlets
                .iter()
                .position(|other| other == name)
                .expect("an outlet")
        };
        assert_eq!(found.matrix[place("ب")][place("أ")], 2);
        assert_eq!(found.matrix[place("أ")][place("ب")], 1);
    }

    #[test]
    fn of_many_outlets_the_least_are_taken_together() {
        let text = "افتتح الوزير المعرض";
        let names: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
        let articles: Vec<_> = names.iter().map(|name| (name.as_str(), text)).collect();
        let found = figures(&articles);
        assert_eq!(found.matrix.len(), OUTLETS + 1);
        assert_eq!(found.matrix.iter().flatten().sum::<u64>(), 39);
    }

    #[test]
    fn an_outlet_is_known_by_its_address() {
        let of = |source: &str, url: &str| {
            outlet(&Metadata {
                source: source.into(),
                url: url.into(),
                ..Metadata::default()
            })
        };
        assert_eq!(of("أ", "https://b.example/1"), "أ");
        assert_eq!(of("", "https://www.b.example/1?x"), "b.example");
        assert_eq!(of("", "b"), "");
    }
}
