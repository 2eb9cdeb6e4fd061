//! The tables of a collection, all on dashmap, and what keeps them consistent.
//!
//! [`hamming`] finds fingerprints within a distance, [`postings`] articles that share shingles,
//! [`exact`] the same text; [`articles`] holds what is known of each article, [`clusters`] who belongs
//! to whose story, [`stories`] counts what is common, and [`arrivals`] makes check-and-add one step. A guard of a dashmap is never held
//! while another one is taken.

pub(crate) mod arrivals;
pub(crate) mod articles;
pub(crate) mod clusters;
pub(crate) mod exact;
mod group;
pub(crate) mod hamming;
pub(crate) mod postings;
mod slot;
pub(crate) mod stories;

pub use hamming::MAX_DISTANCE;
pub(crate) use slot::{Slot, Slots};
