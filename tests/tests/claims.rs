//! The tests that SECURITY.md and OPERATIONS.md name are there, in the files that they name.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All sources of the workspace, and of the fuzz targets.
fn sources() -> Vec<PathBuf> {
    let folders = ["benches", "client", "engine", "fuzz", "server", "tests"];
    let mut folders: Vec<_> = folders.map(|folder| project().join(folder)).into();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(path);
            }
        }
    }
    sources
}

/// What a document says, in its order.
#[derive(Debug)]
enum Said<'a> {
    /// A piece of code: perhaps the name of a file.
    Code(&'a str),
    /// A word that can only be the name of a test; one that ends in "…" is its beginning.
    Test(&'a str),
}

fn said(document: &str) -> Vec<Said<'_>> {
    let mut said = Vec::new();
    for (number, piece) in document.split('`').enumerate() {
        if number % 2 == 1 {
            said.push(Said::Code(piece));
            continue;
        }
        let words = piece.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '…'));
        let tests = words.filter(|word| word.matches('_').count() >= 2);
        said.extend(tests.map(Said::Test));
    }
    said
}

/// The sources that a piece of code names, with or without their ending, and the tests of each where they are apart.
fn named<'a>(code: &str, sources: &'a [PathBuf]) -> Vec<&'a PathBuf> {
    let name = code.trim_end_matches(".rs");
    let files = [format!("{name}.rs"), format!("{name}/tests.rs")];
    let names = |path: &&PathBuf| files.iter().any(|file| path.ends_with(file));
    sources.iter().filter(names).collect()
}

fn holds(path: &Path, test: &str) -> bool {
    let source = fs::read_to_string(path).expect("a source");
    let function = match test.strip_suffix('…') {
        Some(beginning) => format!("fn {beginning}"),
        None => format!("fn {test}("),
    };
    // Everything between a function and the one before it is said of it.
    source.match_indices(&function).any(|(at, _)| {
        let before = source[..at].trim_end_matches("async ").trim_end();
        let attributes = before.lines().rev();
        attributes
            .take_while(|line| line.trim_start().starts_with("#["))
            .any(|line| line.contains("test]") || line.contains("test("))
    })
}

/// What a document names and is not there.
fn missing(document: &str, least: usize) -> Vec<String> {
    let text = fs::read_to_string(project().join(document)).expect("a document");
    // A fenced block has no tests in it, and an odd number of accents.
    let prose: Vec<_> = text.split("```").step_by(2).collect();
    let prose = prose.concat();
    let sources = sources();
    let (mut files, mut tests, mut missing) = (Vec::new(), 0, Vec::new());
    for said in said(&prose) {
        match said {
            Said::Code(code) => {
                let found = named(code, &sources);
                if !found.is_empty() {
                    files = found;
                } else if code.ends_with(".rs") {
                    missing.push(code.to_owned());
                }
            }
            Said::Test(test) => {
                tests += 1;
                if !files.iter().any(|path| holds(path, test)) {
                    missing.push(format!("{test} in {files:?}"));
                }
            }
        }
    }
    assert!(tests >= least, "{document} names only {tests} tests");
    missing
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    assert_eq!(missing("SECURITY.md", 20), [""; 0]);
}

#[test]
fn every_test_that_operations_name_is_there() {
    assert_eq!(missing("OPERATIONS.md", 10), [""; 0]);
}
