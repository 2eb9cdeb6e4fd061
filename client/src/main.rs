//! The command `basma`.

use std::process::ExitCode;

fn main() -> ExitCode {
    basma_client::cli::main()
}
