//! The protocol of Basma, package `basma.v1`.
//!
//! The `.proto` files beside this crate are the reference, with a comment on every field; [`v1`]
//! is generated from them at build time.

mod prost;

/// Messages, clients and servers of package `basma.v1`.
#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    rustdoc::all,
    unreachable_pub
)]
pub mod v1 {
    tonic::include_proto!("basma.v1");
}

/// The descriptor set of `basma.v1` and of what it imports, encoded, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/basma_descriptor.bin"));

/// The error domain in `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "basma";

/// The collection meant by an empty name.
pub const DEFAULT_COLLECTION: &str = "default";
