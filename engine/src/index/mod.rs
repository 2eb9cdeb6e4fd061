//! The tables of a collection, nearly all on dashmap, and what keeps them consistent.
//!
//! [`hamming`] finds fingerprints within a distance (one [`table`] a block, whose rows it looks at
//! by a [`plan`]), [`postings`] articles that share shingles,
//! [`keys`] the same text or id; [`articles`] holds what is known of each article, its [`first_matches`] as well, in a [`page`] that may be
//! spilled ([`spilling`]), [`clusters`] who belongs
//! to whose story, [`stories`] counts what is common, and [`arrivals`] makes check-and-add one step. What is
//! restored is put in at once ([`gather`]). A guard of a table is never held while another one is taken,
//! but for the rows of [`hamming`] and the shards of [`postings`], which all take in one order; each of these locks is
//! [`padded`](crate::padded), and those of rows are for [`big_reader`]s.

pub(crate) mod arrivals;
pub(crate) mod articles;
mod big_reader;
pub(crate) mod clusters;
pub(crate) mod first_matches;
pub(crate) mod gather;
pub(crate) mod hamming;
pub(crate) mod keys;
mod memory;
pub(crate) mod packed;
mod page;
mod plan;
pub(crate) mod postings;
pub(crate) mod row;
mod slot;
pub(crate) mod spilling;
pub(crate) mod stories;
mod table;

pub(crate) use gather::{Gathered, Part, share_out};
pub use hamming::{HammingIndex, MAX_DISTANCE};
pub use slot::Slot;
pub(crate) use slot::Slots;
pub(crate) use spilling::Spilling;
