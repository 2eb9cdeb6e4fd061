//! TLS: certificates from files, and connections that are encrypted with them.
//!
//! - [`identity`]: what the files hold, as rustls wants it;
//! - [`accept`]: handshakes, beside each other and within a limit of time;
//! - [`connection`]: a connection, encrypted or not.

mod accept;
mod connection;
mod identity;

pub(crate) use self::{
    accept::secured,
    connection::Connection,
    identity::{Identity, open},
};
