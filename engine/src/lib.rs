//! The heart of Basma: what a text becomes, the index of what was seen, and the decision.
//!
//! Nothing here knows of RPCs, clocks or disks. The way of an article:
//!
//! - [`text`]: folding, from the text as it was written to plain words with their places;
//! - [`shingle`]: the overlapping runs of words or characters that texts are compared by;
//! - [`fingerprint`]: exact hash, SimHash and sketch of a text;
//! - `index`: the tables that lead from a fingerprint to the articles near it, all on dashmap;
//! - `rarity`: how common a text's words and shingles are among the stories of an index;
//! - `query`: a text that an index is asked about, and the answer that its candidates come to; `measured`: these, one
//!   after the other;
//! - `evidence`: how much of one article stands in another, and what that makes it; `witnesses`: what copies say to it;
//! - `passages`: where it stands; `story`: to which story a text belongs;
//! - [`answer`]: what a caller is told;
//! - [`collection`]: check, check-and-add, find and delete, over one index;
//! - [`shared`]: the same over an index whose tables are elsewhere;
//! - [`age`]: how far apart in time two articles may be;
//! - [`detector`]: a collection's settings;
//! - [`journal`]: what a collection tells whoever writes its changes down;
//! - [`spill`]: where a collection puts what it need not have in memory;
//! - [`record`]: an indexed article as bytes, read and written with [`codec`];
//! - [`block`]: such bytes with a checksum;
//! - `wide`: work compiled for the instructions that the processor has; `prefetch`: far memory, asked for early; `padded`:
//!   whole lines of it;
//! - `sieve`: a set that says no fast; `spread`: sorting hashes;
//! - `sync`: the locks of check-and-add, which a test can schedule;
//! - [`compare`]: where two texts differ.
//!
//! ```
//! use basma_engine::{Collection, Fingerprinter, Metadata, Submission, Verdict};
//!
//! let collection = Collection::new(Default::default());
//! let mut fingerprinter = Fingerprinter::default();
//! let metadata = Metadata::default();
//! let mut submit = |id, text| {
//!     let submission = Submission { id, text, metadata: &metadata, now: 0 };
//!     collection.submit(&mut fingerprinter, submission, 10, &()).unwrap()
//! };
//! let first = submit("1", "افتتح الوزير صباح اليوم المعرض السنوي للكتاب في العاصمة");
//! assert_eq!(first.verdict, Verdict::New);
//! let second = submit("2", "اِفتتح الوزيرُ صباحَ اليوم، المعرضَ السنويَّ للكتاب في العاصمة.");
//! assert_eq!(second.verdict.name(), "EXACT");
//! assert_eq!(second.canonical_id.as_deref(), Some("1"));
//! ```

pub mod age;
pub mod answer;
pub mod block;
pub mod codec;
pub mod collection;
pub mod compare;
pub mod detector;
mod evidence;
pub mod fingerprint;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod index;
pub mod journal;
mod measured;
#[cfg(any(test, fuzzing))]
mod oracle;
mod padded;
mod passages;
mod prefetch;
mod query;
mod rarity;
pub mod record;
pub mod shared;
pub mod shingle;
mod sieve;
pub mod spill;
mod spread;
mod story;
mod sync;
pub mod text;
mod wide;
mod witnesses;

pub use age::{Age, Clock, Scope};
pub use answer::{Answer, Evidence, Match, Relation, Verdict};
pub use collection::{Collection, Compared, Decision, IndexFull, Restoration, Stats, Submission};
pub use detector::{Detector, Method};
pub use fingerprint::{ExactHash, Fingerprint, Fingerprinter, SimHash};
pub use index::{
    HammingIndex, MAX_DISTANCE, Slot,
    articles::{Article, Metadata, Timestamp},
    stories::Stories,
};
pub use journal::Journal;
pub use record::Record;
pub use shingle::Shingling;
pub use spill::Spill;
pub use text::{FOLD_VERSION, FoldedText};
