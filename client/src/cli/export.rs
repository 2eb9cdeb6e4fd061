//! `basma export`

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use basma_proto::v1::StoredArticle;
use clap::Args;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::{
    failure::{Exit, Failure, complain},
    files::{cannot_write, create},
    progress::Progress,
    session::Session,
};
use crate::output::{ExportLine, count, write_json};

/// Articles that are asked for at once.
const PAGE: i32 = 1000;

/// Bytes that are packed at once: a frame of zstd each.
const FRAME: usize = 4 << 20;

/// Write the articles of a collection as JSON lines, to be submitted elsewhere with `basma import`
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Where to, packed with zstd if it ends in .zst; `-` for stdout
    #[arg(default_value = "-")]
    file: PathBuf,
}

impl Export {
    pub(super) async fn run(self, session: &Session) -> Result<Exit, Failure> {
        let failed = |error| cannot_write(&self.file, &error);
        let mut out: Box<dyn Write> = match self.file.to_str() {
            Some("-") => Box::new(session.stdout()),
            Some(path) if path.ends_with(".zst") => Box::new(Zstd {
                file: create(&self.file)?,
                waiting: Vec::new(),
            }),
            _ => Box::new(BufWriter::new(create(&self.file)?)),
        };
        let total = session.client.stats().await?.article_count;
        let progress = Progress::bytes();
        let (mut token, mut written, mut without) = (String::new(), 0, 0);
        loop {
            let page = session.client.list(PAGE, &token, true).await?;
            for article in &page.articles {
                without += u64::from(article.text.is_none());
                write(&mut out, article).map_err(failed)?;
            }
            written += page.articles.len() as u64;
            progress.show_count(written, total);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        out.flush().map_err(failed)?;
        progress.finish();
        complain(&format!("{} articles", count(written)));
        if without > 0 {
            complain(&format!(
                "{} of them without text, since the collection does not keep texts: they cannot be imported",
                count(without)
            ));
        }
        Ok(Exit::DONE)
    }
}

fn write(out: &mut impl Write, article: &StoredArticle) -> io::Result<()> {
    write_json(out, &ExportLine::from(article))
}

/// Frames of zstd, one after another.
struct Zstd {
    file: File,
    waiting: Vec<u8>,
}

impl Write for Zstd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= FRAME {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            let frame = compress_to_vec(&*self.waiting, CompressionLevel::Fastest);
            self.file.write_all(&frame)?;
            self.waiting.clear();
        }
        Ok(())
    }
}
