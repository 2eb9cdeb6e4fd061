//! Fingerprints made anew, from kept texts: after the folding or the fingerprints themselves have changed,
//! or to change those settings of a collection that are fixed once it holds articles.

use std::{path::Path, sync::atomic::AtomicU64};

use basma_engine::{Detector, Fingerprinter, Method, Shingling};
use tracing::info;

use super::{SEGMENT, entry::VERSIONS, folder::Folder, recover::recover, rewrite::rewrite};

/// What is to change beside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// What is kept of each article.
    pub method: Option<Method>,
    /// What the SimHash counts.
    pub features: Option<Shingling>,
    /// How far apart candidates may be.
    pub distance: Option<u32>,
}

/// Makes the fingerprints of a collection anew, or of all; verdicts stay as they were given. Nothing else
/// may use the folder meanwhile.
///
/// # Errors
///
/// A sentence about what stands against it, an article whose text was not kept for example. Collections
/// that come later are then as they were.
pub fn refingerprint(root: &Path, only: Option<&str>, change: Change) -> Result<(), String> {
    let folder = Folder::open(root)?;
    let names = folder.collections()?;
    if let Some(only) = only
        && !names.iter().any(|name| name == only)
    {
        return Err(format!(
            "there is no collection {only:?} in {}",
            root.display()
        ));
    }
    for name in names {
        if only.is_none_or(|only| only == name) {
            one(&folder, &name, change)?;
        }
    }
    Ok(())
}

fn one(folder: &Folder, name: &str, change: Change) -> Result<(), String> {
    let journal = folder.journal(name);
    let mut found = recover(&journal, false, &AtomicU64::new(0))?;
    let without = found.records.len() - found.texts.len();
    if without > 0 {
        return Err(format!(
            "the texts of {without} of the {} articles of {name:?} were not kept, so their fingerprints \
             cannot be made anew: submit them again, to a collection with keep_texts",
            found.records.len()
        ));
    }
    let before = found.state.settings.detector;
    let detector = Detector {
        method: change.method.unwrap_or(before.method),
        features: change.features.unwrap_or(before.features),
        distance: change.distance.unwrap_or(before.distance),
        ..before
    };
    detector
        .validate()
        .map_err(|(setting, message)| format!("{setting} {message}"))?;
    let texts = found.texts(&journal);
    let mut state = found.state.clone();
    state.settings.detector = detector;
    state.versions = VERSIONS;
    let mut fingerprinter = Fingerprinter::default();
    for record in &mut found.records {
        let text = texts.get(record.sequence());
        let text = text.map_err(|error| format!("the text of {:?}: {error}", record.id()))?;
        record.refingerprint(&mut fingerprinter, &text.unwrap_or_default(), &detector);
    }
    rewrite(folder, state, &found.records, &texts, SEGMENT)
        .map_err(|error| format!("cannot write {}: {error}", journal.display()))?;
    info!(
        collection = name,
        articles = found.records.len(),
        "fingerprinted anew"
    );
    Ok(())
}
