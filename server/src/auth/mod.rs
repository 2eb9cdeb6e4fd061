//! Who may do what: tokens, and what each is good for.
//!
//! - `secret`: the tokens themselves, and what is kept of one;
//! - `tokens`: the file that says who has which;
//! - `rights`: the roles, each in some collections;
//! - `methods`: what each method needs;
//! - `access`: the rights under which a call looks for a collection;
//! - `layer`: gives every request its access, or refuses it, and ends the streams of a token that is gone.
//!
//! The layer knows who calls and what the method needs; which collection is meant is known when the request is
//! read. So it hands the service an `Access`, and the registry gives nothing out without one: there it
//! is asked about the collection, before anything else is said of it.

mod access;
mod layer;
mod methods;
mod rights;
mod secret;
mod tokens;

pub(crate) use self::{
    access::Access,
    layer::{AuthLayer, Door},
};
pub use self::{
    rights::{Names, Rights, Role},
    secret::Secret,
    tokens::Token,
};
