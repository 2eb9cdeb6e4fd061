//! Pipelines to the masters of a Redis or Valkey cluster, confirmed by a replica.
//!
//! [`Redis`] sends each [`Command`] to the master of its key's slot. What is asked at the same time
//! goes there in one pipeline, whoever asks; a pipeline that writes ends with `WAIT`, so that a write
//! which was answered is on a replica, too. Slots may move and masters change meanwhile.
//!
//! - `address`: where the cluster is, and as whom to go there;
//! - `slot`, `command`, `script`: what is sent;
//! - `topology`: which master has which slot; `watch`: asks for it again;
//! - `link`: one connection; `lane`: what waits for one, and goes there at once;
//!   `fence`: what makes `WAIT` wait for all that came before; `nodes`: every node's lanes;
//! - `outcome`: what a reply means;
//! - [`Meter`]: what is measured of all that; [`CALLS`]: where it is told what is asked;
//! - `inspect`: whether a cluster is fit for this at all;
//! - `error`: how it can fail.

mod address;
mod backoff;
mod calls;
mod command;
mod error;
mod fence;
mod inspect;
mod lane;
mod link;
mod meter;
mod nodes;
mod outcome;
mod route;
mod script;
mod slot;
mod topology;
mod watch;

pub use address::{Address, Endpoint, Malformed};
pub use calls::CALLS;
pub use command::Command;
pub use error::Error;
pub use meter::Meter;
pub use redis::{Cmd, Value, cmd};
pub use route::{Ack, Redis};
pub use script::Script;
pub use slot::{SLOTS, slot, tag};
