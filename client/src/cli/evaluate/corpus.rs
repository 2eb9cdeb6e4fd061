//! The articles that are replayed.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::gold::Gold;
use crate::{
    cli::{
        failure::{Failure, complain},
        files::can_open,
        item::Item,
    },
    input::{Articles, Fields},
};

/// All articles, in the order of the replay: an article's place in it is its name in `evaluate`.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    pub(super) items: Vec<Item>,
    by_id: HashMap<String, u32>,
    /// Lines that hold no usable article.
    pub(super) broken: u64,
}

impl Corpus {
    /// Reads a file, and names its broken lines.
    pub(super) fn read(file: &Path, fields: Fields) -> Result<Self, Failure> {
        can_open(file)?;
        let mut articles = Articles::new(vec![file.to_owned()], fields, Arc::default());
        let (mut items, mut broken) = (Vec::new(), 0);
        for article in articles.by_ref() {
            match article {
                Ok(article) => items.push(article.into()),
                Err(line) => {
                    complain(&line.to_string());
                    broken += 1;
                }
            }
        }
        if articles.unreadable_dates() > 0 {
            complain(&format!(
                "{} unreadable dates were left out (see --date-field)",
                articles.unreadable_dates()
            ));
        }
        if items.is_empty() {
            let message = format!("{}: there is no article in it", file.display());
            return Err(Failure::Other(message));
        }
        Ok(Self {
            broken,
            ..Self::new(items)
        })
    }

    /// The corpus of these articles, whose ids differ.
    pub(super) fn new(items: Vec<Item>) -> Self {
        let by_id = items
            .iter()
            .zip(0..)
            .map(|(item, at)| (item.id.clone(), at))
            .collect();
        Self {
            items,
            by_id,
            broken: 0,
        }
    }

    /// The place of an article.
    pub(super) fn place(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// The different days, in the order of the replay; `None` for articles without a date.
    pub(super) fn days(&self) -> Vec<Option<i64>> {
        let mut days = Vec::new();
        for item in &self.items {
            if days.last() != Some(&item.day()) && !days.contains(&item.day()) {
                days.push(item.day());
            }
        }
        days
    }

    /// The articles that the gold names, in the same order.
    pub(super) fn only(&self, gold: &Gold) -> Self {
        let named: HashSet<u32> = gold
            .pairs
            .iter()
            .flat_map(|pair| [pair.earlier, pair.later])
            .collect();
        let places = self.items.iter().zip(0..);
        let items = places.filter(|(_, place)| named.contains(place));
        Self::new(items.map(|(item, _)| item.clone()).collect())
    }

    /// The same articles with their days in another order, which `seed` decides. The articles of a day
    /// stay in their order.
    pub(super) fn shuffle_days(self, seed: u64) -> Self {
        let mut days = self.days();
        fastrand::Rng::with_seed(seed).shuffle(&mut days);
        let rank: HashMap<_, _> = days.into_iter().zip(0..).collect::<HashMap<_, u32>>();
        let mut items = self.items;
        items.sort_by_cached_key(|item| rank.get(&item.day()).copied());
        Self {
            broken: self.broken,
            ..Self::new(items)
        }
    }
}

/// Articles that are submitted before the corpus, and not evaluated. They are read anew for each
/// replay: there may be more of them than memory holds.
#[derive(Clone, Debug)]
pub(super) struct Background {
    files: Vec<PathBuf>,
    fields: Fields,
}

impl Background {
    /// None of no files.
    pub(super) fn new(files: &[PathBuf], fields: Fields) -> Result<Option<Self>, Failure> {
        files.iter().try_for_each(|file| can_open(file))?;
        let files = files.to_vec();
        Ok((!files.is_empty()).then_some(Self { files, fields }))
    }

    /// Calls `submit` with each article; how many lines held none. They are named if `complaining`.
    pub(super) fn for_each(
        &self,
        complaining: bool,
        mut submit: impl FnMut(Item) -> Result<(), Failure>,
    ) -> Result<u64, Failure> {
        let mut broken = 0;
        for article in Articles::new(self.files.clone(), self.fields.clone(), Arc::default()) {
            match article {
                Ok(article) => submit(article.into())?,
                Err(line) => {
                    if complaining {
                        complain(&line.to_string());
                    }
                    broken += 1;
                }
            }
        }
        Ok(broken)
    }
}
