//! Opens a file or stdin, and unpacks it by what it begins with, not by its name.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Seek},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;

use super::{
    parquet::{self, ParquetReader},
    zstd::ZstdReader,
};

const BUFFER_BYTES: usize = 256 << 10;

/// Opens `path`, `-` being stdin. `progress` counts the bytes that are read of it, as they lie on
/// disk.
///
/// # Errors
/// Those of opening and of the first read.
pub(crate) fn open(path: &Path, progress: Arc<AtomicU64>) -> io::Result<Box<dyn BufRead + Send>> {
    let raw: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let mut file = File::open(path)?;
        if file.metadata()?.is_file() && begins_with(&mut file, parquet::MAGIC)? {
            let rows = ParquetReader::new(file, progress)?;
            return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, rows)));
        }
        Box::new(file)
    };
    unpack(Counted { raw, progress })
}

fn begins_with(file: &mut File, magic: &[u8]) -> io::Result<bool> {
    let mut beginning = Vec::with_capacity(magic.len());
    file.take(magic.len() as u64).read_to_end(&mut beginning)?;
    file.rewind()?;
    Ok(beginning == magic)
}

fn unpack(mut raw: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    // A pipe may hand over its first bytes one by one.
    let mut magic = Vec::with_capacity(4);
    raw.by_ref().take(4).read_to_end(&mut magic)?;
    let begins = |with: &[u8]| magic.starts_with(with);
    let (gzip, zstd) = (begins(&[0x1f, 0x8b]), begins(&[0x28, 0xb5, 0x2f, 0xfd]));
    if begins(parquet::MAGIC) {
        let message =
            "Parquet has its table of contents at its end: it can be read from a file only";
        return Err(io::Error::new(io::ErrorKind::Unsupported, message));
    }
    let whole = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(magic).chain(raw));
    Ok(if gzip {
        Box::new(BufReader::with_capacity(
            BUFFER_BYTES,
            MultiGzDecoder::new(whole),
        ))
    } else if zstd {
        Box::new(BufReader::with_capacity(
            BUFFER_BYTES,
            ZstdReader::new(whole),
        ))
    } else {
        Box::new(whole)
    })
}

struct Counted<R> {
    raw: R,
    progress: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.raw.read(buffer)?;
        self.progress.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::Write;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    }

    fn zstd(text: &str) -> Vec<u8> {
        compress_to_vec(text.as_bytes(), CompressionLevel::Fastest)
    }

    fn read(bytes: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        unpack(Cursor::new(bytes))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn plain_gzip_and_zstd_read_alike() {
        let text = "خبر قصير\n".repeat(5000);
        assert_eq!(read(text.clone().into()).expect("plain"), text);
        assert_eq!(read(gzip(&text)).expect("gzip"), text);
        assert_eq!(read(zstd(&text)).expect("zstd"), text);
    }

    #[test]
    fn members_and_frames_follow_one_another() {
        assert_eq!(
            read([gzip("أول\n"), gzip("ثان\n")].concat()).expect("gzip"),
            "أول\nثان\n"
        );
        // A skippable frame of 3 bytes between two others, as parallel compressors write them.
        let skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
        let frames = [zstd("أول\n"), skippable, zstd("ثان\n")].concat();
        assert_eq!(read(frames).expect("zstd"), "أول\nثان\n");
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        for mut packed in [gzip(&"خبر ".repeat(999)), zstd(&"خبر ".repeat(999))] {
            packed.truncate(packed.len() - 9);
            assert!(read(packed).is_err());
        }
    }

    #[test]
    fn nothing_and_less_than_a_magic_number_are_plain() {
        assert_eq!(read(Vec::new()).expect("empty"), "");
        assert_eq!(read(b"{}".to_vec()).expect("short"), "{}");
    }
}
