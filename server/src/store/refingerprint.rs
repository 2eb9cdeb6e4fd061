//! Fingerprints made anew, from kept texts: after the folding or the fingerprints themselves have changed,
//! or to change those settings of a collection that are fixed once it holds articles.

use std::{path::Path, sync::atomic::AtomicU64};

use basma_engine::{Detector, Fingerprinter, Method, Record, Shingling};
use tracing::info;

use super::{
    SEGMENT, entry::VERSIONS, folder::Folder, recover::recover, rewrite::rewrite, texts::unpack,
};

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
    let found = recover(&folder.journal(name), false, &AtomicU64::new(0))?;
    let articles = found.sequences.len();
    let without = found.replay(|admissions| {
        let without = admissions.iter().filter(|one| one.text.is_empty());
        Ok(without.count())
    })?;
    let without: usize = without.into_iter().sum();
    if without > 0 {
        return Err(format!(
            "the texts of {without} of the {articles} articles of {name:?} were not kept, so their \
             fingerprints cannot be made anew: submit them again, to a collection with keep_texts"
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
    let mut state = found.state.clone();
    state.settings.detector = detector;
    state.versions = VERSIONS;
    rewrite(folder, &found, state, SEGMENT, |admission| {
        let record = Record::decode_without_content(admission.record);
        let mut record = record.map_err(|malformed| admission.damaged(malformed))?;
        let text = unpack(admission.text);
        let text = text.map_err(|error| format!("the text of {:?}: {error}", record.id()))?;
        // Making one costs nothing beside a fingerprint.
        record.refingerprint(&mut Fingerprinter::default(), &text, &detector);
        let mut anew = Vec::new();
        record.write(&mut anew);
        Ok(anew)
    })?;
    info!(collection = name, articles, "fingerprinted anew");
    Ok(())
}
