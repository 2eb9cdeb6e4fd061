//! Reads a Parquet file as JSON lines, one a row: so everything that reads lines reads it too.

use std::{
    fs::File,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parquet::{
    basic::CompressionCodec,
    column::page::{Page, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        reader::{FileReader, RowGroupReader},
        serialized_reader::{SerializedFileReader, SerializedPageReader},
    },
    record::reader::RowIter,
    schema::types::Type,
};

use super::zstd::ZstdReader;

/// What a Parquet file begins with.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// No page that is larger, in bytes, is unpacked: pages of a megabyte are usual.
const LARGEST_PAGE: u64 = 256 << 20;

/// The rows of a file as lines of JSON: a column is a field.
pub(super) struct ParquetReader {
    rows: RowIter<'static>,
    line: Vec<u8>,
    /// How much of `line` is taken.
    taken: usize,
    progress: Arc<AtomicU64>,
    bytes: u64,
    row_count: u64,
    /// Rows read so far.
    read: u64,
}

impl ParquetReader {
    /// Opens a file; `progress` counts the bytes read of it, the rows being taken to be of one size.
    pub(super) fn new(file: File, progress: Arc<AtomicU64>) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        let rows = Rows::new(file).map_err(invalid)?;
        let row_count = rows.file.metadata().file_metadata().num_rows();
        Ok(Self {
            rows: RowIter::from_file_into(Box::new(rows)),
            line: Vec::new(),
            taken: 0,
            progress,
            bytes,
            row_count: u64::try_from(row_count).unwrap_or_default(),
            read: 0,
        })
    }

    /// Puts the next row into `line`; false if there is none.
    fn next_row(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.taken = 0;
        let Some(row) = self.rows.next() else {
            return Ok(false);
        };
        let row = row.map_err(invalid)?;
        serde_json::to_writer(&mut self.line, &row.to_json_value())?;
        self.line.push(b'\n');
        let share = |rows: u64| {
            u128::from(self.bytes) * u128::from(rows) / u128::from(self.row_count.max(1))
        };
        let step = share(self.read + 1) - share(self.read);
        self.read += 1;
        self.progress.fetch_add(step as u64, Ordering::Relaxed);
        Ok(true)
    }
}

impl Read for ParquetReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.line.len() && !self.next_row()? {
            return Ok(0);
        }
        let count = (&self.line[self.taken..]).read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

fn invalid(error: ParquetError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// A Parquet file whose columns may be packed with zstd: the library unpacks that with a C library
/// only, so such columns are declared not to be packed, and their pages unpacked here.
struct Rows {
    file: SerializedFileReader<File>,
    raw: Arc<File>,
}

impl Rows {
    fn new(file: File) -> Result<Self> {
        let raw = Arc::new(file.try_clone()?);
        let file = SerializedFileReader::new(file)?;
        Ok(Self { file, raw })
    }
}

impl FileReader for Rows {
    fn metadata(&self) -> &ParquetMetaData {
        self.file.metadata()
    }

    fn num_row_groups(&self) -> usize {
        self.file.num_row_groups()
    }

    fn get_row_group(&self, i: usize) -> Result<Box<dyn RowGroupReader + '_>> {
        Ok(Box::new(RowGroup {
            group: self.file.get_row_group(i)?,
            raw: Arc::clone(&self.raw),
        }))
    }

    fn get_row_iter(&self, projection: Option<Type>) -> Result<RowIter<'_>> {
        RowIter::from_file(projection, self)
    }
}

struct RowGroup<'a> {
    group: Box<dyn RowGroupReader + 'a>,
    raw: Arc<File>,
}

impl RowGroupReader for RowGroup<'_> {
    fn metadata(&self) -> &RowGroupMetaData {
        self.group.metadata()
    }

    fn num_columns(&self) -> usize {
        self.group.num_columns()
    }

    fn get_column_page_reader(&self, i: usize) -> Result<Box<dyn PageReader>> {
        let column = self.metadata().column(i);
        if column.compression_codec() != CompressionCodec::ZSTD {
            return self.group.get_column_page_reader(i);
        }
        let builder = column.clone().into_builder();
        let unpacked = builder.set_compression_codec(CompressionCodec::UNCOMPRESSED);
        let row_count = usize::try_from(self.metadata().num_rows())?;
        let raw = Arc::clone(&self.raw);
        let pages = SerializedPageReader::new(raw, &unpacked.build()?, row_count, None)?;
        Ok(Box::new(ZstdPages(pages)))
    }

    fn get_column_bloom_filter(&self, i: usize) -> Option<&parquet::bloom_filter::Sbbf> {
        self.group.get_column_bloom_filter(i)
    }

    fn get_row_iter(&self, projection: Option<Type>) -> Result<RowIter<'_>> {
        RowIter::from_row_group(projection, self)
    }
}

/// Unpacks the pages of a column.
struct ZstdPages(SerializedPageReader<File>);

impl PageReader for ZstdPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.0.get_next_page()?.map(unpack).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.0.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.0.skip_next_page()
    }
}

impl Iterator for ZstdPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

fn unpack(mut page: Page) -> Result<Page> {
    match &mut page {
        Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => {
            *buf = unpack_behind(0, buf)?.into();
        }
        // The levels stand before the values, and are not packed.
        Page::DataPageV2 {
            buf,
            def_levels_byte_len,
            rep_levels_byte_len,
            is_compressed: true,
            ..
        } => {
            let levels = *def_levels_byte_len as usize + *rep_levels_byte_len as usize;
            *buf = unpack_behind(levels, buf)?.into();
        }
        Page::DataPageV2 { .. } => {}
    }
    Ok(page)
}

/// The first `plain` bytes as they are, and what is packed behind them.
fn unpack_behind(plain: usize, bytes: &[u8]) -> Result<Vec<u8>> {
    let too_short = || ParquetError::General("a page is shorter than its header says".to_owned());
    let mut unpacked = bytes.get(..plain).ok_or_else(too_short)?.to_vec();
    let packed = ZstdReader::new(&bytes[plain..]);
    let size = packed.take(LARGEST_PAGE + 1).read_to_end(&mut unpacked)?;
    if size as u64 > LARGEST_PAGE {
        let message = format!("a page of more than {} MiB", LARGEST_PAGE >> 20);
        return Err(ParquetError::General(message));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::{
        basic::{BrotliLevel, Compression, GzipLevel},
        data_type::{ByteArray, ByteArrayType, Int64Type},
        file::{
            properties::{WriterProperties, WriterVersion},
            writer::SerializedFileWriter,
        },
        schema::parser::parse_message_type,
    };

    /// Rows in two groups: a number, a text, and a source that some lack.
    fn write(compression: Compression, version: WriterVersion) -> File {
        let schema = "message articles { required int64 id; required binary text (UTF8);
            optional binary source (UTF8); }";
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_writer_version(version)
            .build();
        let file = tempfile::tempfile().expect("a file");
        let schema = Arc::new(parse_message_type(schema).expect("a schema"));
        let mut writer = SerializedFileWriter::new(
            file.try_clone().expect("a file"),
            schema,
            Arc::new(properties),
        )
        .expect("a writer");
        for group in 0..2 {
            let mut rows = writer.next_row_group().expect("a group");
            let mut column = rows.next_column().expect("a column").expect("a column");
            let ids: Vec<i64> = (0..300).map(|row| group * 300 + row).collect();
            let typed = column.typed::<Int64Type>();
            typed.write_batch(&ids, None, None).expect("numbers");
            column.close().expect("a column");
            let mut column = rows.next_column().expect("a column").expect("a column");
            let texts: Vec<ByteArray> = ids
                .iter()
                .map(|id| format!("خبر رقم {id} \"عاجل\"").as_str().into())
                .collect();
            let typed = column.typed::<ByteArrayType>();
            typed.write_batch(&texts, None, None).expect("texts");
            column.close().expect("a column");
            let mut column = rows.next_column().expect("a column").expect("a column");
            let levels: Vec<i16> = ids.iter().map(|id| i16::from(id % 3 != 0)).collect();
            let count = levels.iter().filter(|level| **level == 1).count();
            let sources = vec![ByteArray::from("الوطن"); count];
            let typed = column.typed::<ByteArrayType>();
            typed
                .write_batch(&sources, Some(&levels), None)
                .expect("sources");
            column.close().expect("a column");
            rows.close().expect("a group");
        }
        writer.close().expect("a file");
        file
    }

    fn expected() -> String {
        let row = |id| {
            let source = if id % 3 == 0 {
                "null"
            } else {
                "\"الوطن\""
            };
            format!("{{\"id\":{id},\"source\":{source},\"text\":\"خبر رقم {id} \\\"عاجل\\\"\"}}\n")
        };
        (0..600).map(row).collect()
    }

    #[test]
    fn rows_are_lines_whatever_packs_them() {
        for compression in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::GZIP(GzipLevel::default()),
            Compression::BROTLI(BrotliLevel::default()),
            Compression::LZ4_RAW,
        ] {
            for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
                let file = write(compression, version);
                let length = file.metadata().expect("a file").len();
                let progress = Arc::default();
                let mut reader = ParquetReader::new(file, Arc::clone(&progress)).expect("a file");
                let mut lines = String::new();
                reader.read_to_string(&mut lines).expect("rows");
                assert_eq!(lines, expected(), "{compression:?} {version:?}");
                assert_eq!(progress.load(Ordering::Relaxed), length);
            }
        }
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        let file = write(Compression::SNAPPY, WriterVersion::PARQUET_1_0);
        let length = file.metadata().expect("a file").len();
        file.set_len(length - 5).expect("a file");
        assert!(ParquetReader::new(file, Arc::default()).is_err());
    }

    #[test]
    fn packed_values_follow_plain_levels() {
        use ruzstd::encoding::{CompressionLevel, compress_to_vec};
        let packed = compress_to_vec("قيم".as_bytes(), CompressionLevel::Fastest);
        let page = [b"ab".as_slice(), &packed].concat();
        let unpacked = unpack_behind(2, &page).expect("a page");
        assert_eq!(unpacked, "abقيم".as_bytes());
        assert!(unpack_behind(1000, &page).is_err());
    }
}
