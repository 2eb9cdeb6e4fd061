//! Where the programs are that are tested.
//!
//! Cargo tells a test only of the binaries of its own package. So cargo itself is asked: it knows
//! whether they are fresh, builds them if not, and says where they are. That is once for each test
//! program, in the profile and the target folder of that program; nothing is done if all is fresh.

use std::{env, path::PathBuf, process::Command, sync::OnceLock};

use serde_json::Value;

/// The two programs.
#[derive(Debug)]
pub struct Binaries {
    /// The server.
    pub basmad: PathBuf,
    /// The command line.
    pub basma: PathBuf,
}

/// The programs, as fresh as their sources.
///
/// # Panics
///
/// If they cannot be built, with what cargo says.
pub fn binaries() -> &'static Binaries {
    static BINARIES: OnceLock<Result<Binaries, String>> = OnceLock::new();
    let binaries = BINARIES.get_or_init(build).as_ref();
    binaries.unwrap_or_else(|messages| panic!("the binaries cannot be built\n{messages}"))
}

fn build() -> Result<Binaries, String> {
    // target/PROFILE/deps/test-0123456789abcdef
    let test = env::current_exe().expect("a program knows where it is");
    let profile_folder = test.ancestors().nth(2).expect("a profile's folder");
    let target_folder = profile_folder.parent().expect("a target folder");
    let profile = match profile_folder.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => "dev",
        Some(other) => other,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        // There are no examples. Asking for them makes cargo choose the features of dependencies as
        // `cargo test --workspace` does, so that what that has built need not be built again.
        .args(["build", "--quiet", "--workspace", "--bins", "--examples"])
        .args(["--message-format", "json", "--profile", profile])
        .arg("--target-dir")
        .arg(target_folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let messages: Vec<Value> = String::from_utf8_lossy(&built.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    if !built.status.success() {
        let rendered = messages
            .iter()
            .filter_map(|message| message["message"]["rendered"].as_str());
        let own = String::from_utf8_lossy(&built.stderr);
        return Err(rendered.collect::<String>() + &own);
    }
    let executable = |name: &str| {
        let made = |message: &&Value| {
            message["target"]["name"] == name && message["executable"].is_string()
        };
        let path = messages
            .iter()
            .find(made)
            .and_then(|message| message["executable"].as_str());
        path.map(PathBuf::from)
            .ok_or_else(|| format!("cargo built no {name}"))
    };
    Ok(Binaries {
        basmad: executable("basmad")?,
        basma: executable("basma")?,
    })
}
