//! What a collection was told: how it decides, how long it remembers, and what it keeps.

use basma_engine::{Age, Detector};

/// The settings of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    /// How it decides.
    pub(crate) detector: Detector,
    /// Older articles are deleted.
    pub(crate) retention: Option<Age>,
    /// Only articles whose times lie no further apart match.
    pub(crate) window: Option<Age>,
    /// Whether texts are kept.
    pub(crate) keep_texts: bool,
}
