//! `basma backup`

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use tokio_stream::StreamExt as _;

use super::{
    failure::{Exit, Failure, complain},
    files::{cannot_write, create},
    progress::Progress,
    session::Session,
};
use crate::output::count;

/// Copy all that the server keeps to a file, while it goes on; `basmad restore FILE` makes a store of it
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// Where to; what is there is replaced when the copy is whole
    file: PathBuf,
}

/// Beside it, and not to be taken for it.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

impl Backup {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let part = part_of(&self.file);
        let copied = self.copy(session, &part).await;
        if copied.is_err() {
            // Half a copy is of no use.
            let _removed = std::fs::remove_file(&part);
        }
        complain(&format!(
            "copied and verified {} bytes to {}",
            count(copied?),
            self.file.display()
        ));
        Ok(Exit::DONE)
    }

    /// Copies to `part`, and when that is whole makes it the file.
    async fn copy(&self, session: &Session, part: &Path) -> Result<u64, Failure> {
        let mut pieces = session.client.backup().await?;
        let failed = |error| cannot_write(part, &error);
        let mut out = BufWriter::new(create(part)?);
        let progress = Progress::bytes();
        let mut written = 0;
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            out.write_all(&piece.piece).map_err(failed)?;
            written += piece.piece.len() as u64;
            progress.show_bytes(written, piece.total_bytes);
        }
        let out = out
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        out.sync_all().map_err(failed)?;
        std::fs::rename(part, &self.file).map_err(|error| cannot_write(&self.file, &error))?;
        progress.finish();
        Ok(written)
    }
}
