//! Generates the Rust code from `basma/v1/*.proto` with protox, so that no `protoc` is needed.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from("basma/v1");
    println!("cargo:rerun-if-changed=basma");
    let mut protos = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            protos.push(path);
        }
    }
    // The order of a folder's entries is the file system's own; the descriptor set must not depend on it.
    protos.sort();

    let descriptors = protox::Compiler::new(["."])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(&protos)?
        .file_descriptor_set();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut reflected = descriptors.clone();
    for file in &mut reflected.file {
        // Comments are for the generated documentation; reflection does not need them.
        file.source_code_info = None;
    }
    fs::write(out.join("basma_descriptor.bin"), reflected.encode_to_vec())?;
    let mut config = tonic_prost_build::Config::new();
    config.prost_path("crate::prost");
    tonic_prost_build::configure().compile_fds_with_config(descriptors, config)?;
    Ok(())
}
