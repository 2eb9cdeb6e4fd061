//! The heart of Basma.

pub mod text;
