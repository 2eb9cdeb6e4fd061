//! The command `basma`.

fn main() {}
