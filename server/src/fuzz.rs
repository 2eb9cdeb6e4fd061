//! What must hold of any input, for the fuzz targets in `fuzz/`; they are no part of the library. The tests run
//! them on the corpus that is kept there.

use crate::{service, store};

/// A message is answered, or refused with a reason.
pub fn request(bytes: &[u8]) {
    service::fuzz::request(bytes);
}

/// A file of a journal is read, or refused.
pub fn journal(bytes: &[u8]) {
    store::fuzz::journal(bytes);
}

/// A backup is restored, or refused and leaves nothing.
pub fn backup(bytes: &[u8]) {
    store::fuzz::backup(bytes);
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Runs a target on what is kept for it.
    fn run(name: &str, target: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../fuzz/corpus")
            .join(name);
        let mut count = 0;
        for file in fs::read_dir(folder).expect("a corpus") {
            target(&fs::read(file.expect("a file").path()).expect("bytes"));
            count += 1;
        }
        assert!(count > 0);
    }

    #[test]
    fn what_is_kept_for_requests() {
        run("request", super::request);
    }

    #[test]
    fn what_is_kept_for_journals() {
        run("journal", super::journal);
    }

    #[test]
    fn what_is_kept_for_backups() {
        run("backup", super::backup);
    }
}
