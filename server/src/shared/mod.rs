//! An index that any number of servers share, kept by a Redis or Valkey cluster.
//!
//! The tables are lists in Redis ([`keys`] names them, [`lists`] says what is in them); the decisions are
//! made here, from what the lists say ([`basma_engine::shared`]).
//!
//! - [`catalog`]: the collections by name; [`entries`]: what stands of them in the cluster; [`gone`]: those that were
//!   deleted;
//! - [`collection`]: one of them, as an [`crate::index::Index`]; [`questions`]: what changes nothing; [`texts`]: those that
//!   are kept;
//! - [`task`]: each question a task;
//! - [`submit`]: check-and-add; [`resubmission`]: of a text that its id had before; [`order`]: of two that arrive
//!   together, which is the earlier; [`waiting`]: until that is decided;
//!   [`under_way`]: what this server itself is about to decide;
//! - [`parts`]: two stories on one page;
//! - [`ask`]: what the lists say to a question; [`articles`]: the articles that they lead to; [`ids`]: those that have
//!   an id; [`members`]: those of a story;
//! - [`withdraw`]: deletions and expiry; [`calendar`]: the articles in the order of their coming;
//! - [`migration`]: all articles, given out and taken in;
//! - [`stories`]: what is counted over all articles, by all servers together;
//! - [`meter`]: what is told of the cluster;
//! - [`stamps`]: the sequences of articles;
//! - [`reply`]: reading what Redis says.

mod articles;
mod ask;
mod calendar;
mod catalog;
mod collection;
mod entries;
mod gone;
mod ids;
mod keys;
mod lists;
mod members;
mod meter;
mod migration;
mod order;
mod parts;
mod questions;
mod reply;
mod resubmission;
mod stamps;
mod stories;
mod submit;
mod task;
#[cfg(test)]
mod tests;
mod texts;
mod under_way;
mod waiting;
mod withdraw;

pub(crate) use catalog::Shared;
