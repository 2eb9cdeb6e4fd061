//! The Basma server: RPC services over the engine.
//!
//! The way of a request, and of these modules:
//!
//! - [`config`]: what the server was told, from built-in defaults, file, environment and flags;
//! - [`run()`]: binds the services to a listener, serves until told to stop, drains;
//! - [`Logs`]: what it says on stderr, and to whom it tells traces;
//! - `connections`: how many there may be, and which are closed;
//! - `exposure`: whether to listen at all where others can reach it;
//! - `tls`: connections, encrypted if there is a certificate;
//! - [`auth`]: who calls, and what he may do; tokens and rights;
//! - `reload`: certificates and tokens, read again when they change;
//! - `health`: how it is, for probes; [`probe()`]: one of them;
//! - `heap`: memory that was freed, given back to the system;
//! - `supervisor`: what systemd is told;
//! - `observe`: a span for each request, and errors that never reached a service;
//! - `limits`: what keeps the server within bounds, whatever is asked of it;
//! - `methods`: what can be asked for;
//! - `metrics`: what the server tells of itself;
//! - `service`: the RPCs, one group a file, each a few lines between `convert` and an index;
//! - `convert`: messages to the engine's types, checked, and back;
//! - [`failure`]: every way in which a request can fail, with its status code and reason;
//! - `expiry`: deletes what is older than its collection's retention;
//! - `index`: what is asked of an index, wherever that is;
//! - `registry`: the collections of this process by name, each a `named`, with their `settings`;
//! - `shared`: an index that servers share in a Redis cluster;
//! - `fingerprinting`: a fingerprinter for each thread;
//! - [`Signals`]: what the outside may ask of a running server: to stop, to read its files again;
//! - `store`: what keeps them when the process ends.

pub mod auth;
pub mod config;
mod connections;
mod convert;
mod expiry;
mod exposure;
pub mod failure;
mod fingerprinting;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod health;
mod heap;
mod index;
mod limits;
mod logs;
mod methods;
mod metrics;
mod named;
mod observe;
mod probe;
mod registry;
mod reload;
mod run;
mod service;
mod settings;
mod shared;
mod signals;
mod store;
mod supervisor;
mod tls;

pub use config::Config;
pub use logs::Logs;
pub use probe::probe;
pub use run::run;
pub use signals::Signals;
pub use store::{Change, Durability, SpillFile, refingerprint, restore};
